-- Counts notes per stream, at each place that reads them.
-- depends:

-- migrate: apply

CREATE TABLE tally (
    place text NOT NULL, stream uuid NOT NULL, count int NOT NULL, total bigint NOT NULL, last int NOT NULL,
    broken boolean NOT NULL DEFAULT false, PRIMARY KEY (place, stream)
);

-- migrate: rollback

DROP TABLE tally;
