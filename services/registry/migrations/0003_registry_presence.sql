-- Who is missing from a full register, who left, who is monitored; former register codes lead to their woman for ever.
-- depends: 0002_registry_file_keys

-- migrate: apply

ALTER TABLE women
    ADD COLUMN monitoring   text,
    ADD COLUMN risk_removed boolean,
    ADD COLUMN missing      date,   -- the day of the full register that did not name her
    ADD COLUMN gone         text,   -- why she left
    ADD COLUMN gone_valid   text;
CREATE INDEX women_missing ON women (division, woman_id) WHERE missing IS NOT NULL AND merged_into IS NULL;

ALTER TABLE households
    ADD COLUMN monitoring   text,
    ADD COLUMN risk_removed boolean,
    ADD COLUMN dissolved    boolean NOT NULL DEFAULT false;

-- Tokens of a 人编号 or 证件号码 that a person bore before; written with the reservation that replaces it.
CREATE TABLE former_codes (
    token     bytea NOT NULL,
    person_id uuid NOT NULL,
    PRIMARY KEY (token, person_id)
);
CREATE INDEX persons_listed ON persons (division, as_of) WHERE woman AND NOT erased AND survivor_id IS NULL;
CREATE INDEX household_codes_listed ON household_codes (division, as_of);

-- migrate: rollback

DROP TABLE former_codes;
DROP INDEX household_codes_listed, persons_listed;
ALTER TABLE households DROP COLUMN dissolved, DROP COLUMN risk_removed, DROP COLUMN monitoring;
ALTER TABLE women DROP COLUMN gone_valid, DROP COLUMN gone, DROP COLUMN missing, DROP COLUMN risk_removed,
    DROP COLUMN monitoring;
