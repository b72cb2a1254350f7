-- Measures that other services told of each record, for "fewest measures so far" in the order by need.
-- depends: 0008_registry_rights

-- migrate: apply

-- Under the id by which the measure was told: merges are followed when it is read. `measure` names it with its publisher
-- (training:…), `number` is the publisher's.
CREATE TABLE woman_measures (
    woman_id uuid NOT NULL,
    measure  text NOT NULL,
    division text COLLATE "C", -- where she was registered then, where it is told
    holds    boolean NOT NULL,
    number   bigint NOT NULL,
    PRIMARY KEY (woman_id, measure)
);

-- migrate: rollback

DROP TABLE woman_measures;
