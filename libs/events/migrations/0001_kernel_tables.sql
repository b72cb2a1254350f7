-- The log of a service, its published word, and where its readers are.
-- depends:

-- migrate: apply

CREATE TABLE logs (
    log_id     uuid PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO logs (log_id) VALUES (gen_random_uuid());

CREATE TABLE events (
    position       bigint GENERATED ALWAYS AS IDENTITY (CACHE 1) PRIMARY KEY,
    xid            xid8 NOT NULL DEFAULT pg_current_xact_id(),
    stream_id      uuid NOT NULL,
    version        int NOT NULL,
    event_id       uuid NOT NULL UNIQUE,
    type           text NOT NULL,
    schema_version smallint NOT NULL,
    data           jsonb NOT NULL,
    meta           jsonb NOT NULL,
    recorded_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (stream_id, version)
);
CREATE INDEX events_xid ON events (xid, position);

CREATE TABLE commands (
    command_id  uuid PRIMARY KEY,
    client      text NOT NULL,
    fingerprint text NOT NULL,
    status      jsonb NOT NULL,
    body        bytea,
    at          timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX commands_at ON commands (at);

CREATE TABLE cursors (
    name          text PRIMARY KEY,
    prev          pg_snapshot,
    cur           pg_snapshot,
    page_position bigint NOT NULL DEFAULT 0,
    last_number   bigint NOT NULL DEFAULT 0,
    owner         uuid,
    epoch         bigint NOT NULL DEFAULT 0,
    lease_until   timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);

CREATE TABLE published (
    number    bigint PRIMARY KEY,
    partition smallint NOT NULL CHECK (partition BETWEEN 0 AND 23),
    previous  bigint NOT NULL,
    event_id  uuid NOT NULL UNIQUE,
    type      text NOT NULL,
    key       uuid NOT NULL,
    data      jsonb NOT NULL,
    meta      jsonb NOT NULL,
    at        timestamptz NOT NULL,
    UNIQUE (partition, number)
);

CREATE TABLE offsets (
    consumer  text NOT NULL,
    log_id    uuid NOT NULL,
    partition smallint NOT NULL,
    number    bigint NOT NULL,
    event_id  uuid,
    at        timestamptz,
    PRIMARY KEY (consumer, log_id, partition)
) WITH (fillfactor = 50);

CREATE TABLE counters (
    name text PRIMARY KEY,
    last bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE aliases (
    merged      uuid NOT NULL,
    survivor    uuid NOT NULL CHECK (survivor <> merged),
    recorded    bigint NOT NULL,
    valid       date NOT NULL,
    ended       bigint,
    ended_valid date,
    PRIMARY KEY (merged, recorded),
    CHECK (ended IS NULL OR ended > recorded)
);
CREATE UNIQUE INDEX aliases_live ON aliases (merged) WHERE ended IS NULL;
CREATE INDEX aliases_survivor ON aliases (survivor);

-- migrate: rollback

DROP TABLE aliases, counters, offsets, published, cursors, commands, events, logs;
