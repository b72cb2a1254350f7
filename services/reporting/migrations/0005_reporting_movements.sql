-- How women came into a unit and left it, by the day it happened: what the balance of persons sums.
-- depends: 0004_reporting_groups

-- migrate: apply

-- A record's movements in their order, as versions like all states. No unit it came from: she was not of the register.
CREATE TABLE movements (
    woman_id      uuid NOT NULL,
    seq           int NOT NULL,
    recorded      bigint NOT NULL,
    until         bigint NOT NULL,
    day           date NOT NULL,
    kind          text NOT NULL,
    from_division text,
    to_division   text,
    event_id      uuid NOT NULL,
    division      text NOT NULL, -- where she went, else where she was: whose the row is
    PRIMARY KEY (woman_id, seq, recorded),
    CHECK (recorded < until),
    CHECK (from_division IS NOT NULL OR to_division IS NOT NULL)
);
CREATE INDEX movements_to ON movements (to_division, day);
CREATE INDEX movements_from ON movements (from_division, day);
-- The merges and un-merges of a record, whichever record they made it one with.
CREATE INDEX facts_merged ON facts (((body ->> 'merged_id')::uuid), recorded)
    WHERE type IN ('registry.woman-merged.v1', 'registry.woman-unmerged.v1');

-- migrate: rollback

DROP INDEX facts_merged;
DROP TABLE movements;
