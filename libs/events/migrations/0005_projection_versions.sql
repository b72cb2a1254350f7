-- Versions of a read model: one serves, at most one lies beside it, being rebuilt or kept to go back to.
-- depends: 0002_kernel_functions

-- migrate: apply

-- Where a version beside stands, in the form of `cursors` for a read model of the log, as `recorded` for one of kept
-- facts; it moves in the transaction that writes the version's rows. The serving version stands where its reader does.
CREATE TABLE projection_versions (
    projection    text NOT NULL,
    version       int NOT NULL CHECK (version > 0),
    state         text NOT NULL CHECK (state IN ('serving', 'beside', 'previous', 'stale')),
    prev          pg_snapshot,
    cur           pg_snapshot,
    page_position bigint NOT NULL DEFAULT 0,
    recorded      bigint NOT NULL DEFAULT 0,
    passed        bigint NOT NULL DEFAULT 0,
    total         bigint NOT NULL DEFAULT 0,
    seconds       float8 NOT NULL DEFAULT 0,
    started_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    moved_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    compared_at   timestamptz,
    equal         boolean,
    PRIMARY KEY (projection, version)
) WITH (fillfactor = 50);
CREATE UNIQUE INDEX projection_versions_two ON projection_versions (projection, (state = 'serving'));

-- migrate: rollback

DROP TABLE projection_versions;
