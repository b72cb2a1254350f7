-- Measures that other services told of each record, for "fewest measures so far" in the order by need.
-- depends: 0007_registry_incomes

-- migrate: apply

-- Under the id by which the measure was told: merges are followed when it is read. `number` is the publisher's.
CREATE TABLE woman_measures (
    woman_id   uuid NOT NULL,
    source     text NOT NULL,
    measure_id uuid NOT NULL,
    holds      boolean NOT NULL,
    number     bigint NOT NULL,
    PRIMARY KEY (woman_id, source, measure_id)
);

-- migrate: rollback

DROP TABLE woman_measures;
