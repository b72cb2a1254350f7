-- What a process has asked to be woken for, and folded states that save reading long streams.
-- depends: 0002_kernel_functions

-- migrate: apply

-- `process` also names an outward call: 'outward.<port>'. `next_at` is `due_at` until a firing failed.
CREATE TABLE timeouts (
    id       uuid PRIMARY KEY,
    process  text NOT NULL,
    due_at   timestamptz NOT NULL,
    payload  jsonb NOT NULL,
    meta     jsonb NOT NULL,
    next_at  timestamptz NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    error    text
);
CREATE INDEX timeouts_next ON timeouts (next_at, id);

-- Never needed: all rows may be deleted at any time. `event_id` is that of the last event folded into `state`.
CREATE TABLE snapshots (
    stream_id      uuid NOT NULL,
    decider        text NOT NULL,
    schema_version int NOT NULL,
    version        int NOT NULL,
    event_id       uuid NOT NULL,
    state          jsonb NOT NULL,
    taken_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (stream_id, decider, schema_version)
);

-- migrate: rollback

DROP TABLE snapshots, timeouts;
