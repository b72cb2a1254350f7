-- What the world of the death tests keeps: a tally per stream, and every fact taken, without a key that hides doubles.
-- depends:

-- migrate: apply

CREATE TABLE tally (
    place text NOT NULL, stream uuid NOT NULL, count int NOT NULL, total bigint NOT NULL, last int NOT NULL,
    broken boolean NOT NULL DEFAULT false, PRIMARY KEY (place, stream)
);
CREATE TABLE taken (
    seen bigserial PRIMARY KEY, event_id uuid NOT NULL, number bigint NOT NULL, stream uuid NOT NULL, n int NOT NULL
);

CREATE TABLE mended (stream uuid PRIMARY KEY);

-- migrate: rollback

DROP TABLE mended, taken, tally;
