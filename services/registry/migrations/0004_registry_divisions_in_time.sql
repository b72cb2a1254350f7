-- Divisions in time: one row a unit and version, days half-open; what became what; what waits for a person.
-- depends: 0003_registry_presence

-- migrate: apply

ALTER TABLE divisions
    ADD COLUMN since     date NOT NULL DEFAULT '-infinity',
    ADD COLUMN until     date NOT NULL DEFAULT 'infinity',
    ADD COLUMN known     text NOT NULL DEFAULT 'unknown',
    ADD COLUMN listed    date NOT NULL DEFAULT '-infinity',
    ADD COLUMN opened_by text NOT NULL DEFAULT '',
    ADD COLUMN closed_by text NOT NULL DEFAULT '',
    ADD COLUMN placed    boolean NOT NULL DEFAULT false,
    ADD CONSTRAINT divisions_days CHECK (since < until);
ALTER TABLE divisions DROP CONSTRAINT divisions_pkey;
ALTER TABLE divisions ADD CONSTRAINT divisions_pkey PRIMARY KEY (code, since);
CREATE INDEX divisions_name ON divisions (name text_pattern_ops, code);

CREATE TABLE division_changes (
    change_id text PRIMARY KEY,
    kind      text NOT NULL,
    valid     text NOT NULL,
    day       date NOT NULL,
    because   text NOT NULL,
    reason    text NOT NULL
);

CREATE TABLE division_links (
    old_code  text COLLATE "C" NOT NULL,
    day       date NOT NULL,
    new_code  text COLLATE "C" NOT NULL,
    change_id text NOT NULL,
    PRIMARY KEY (old_code, day, new_code, change_id)
);
CREATE INDEX division_links_back ON division_links (new_code, day);

-- Units of which a person must say what they, or who lives in them, became.
CREATE TABLE division_undecided (
    code       text COLLATE "C" PRIMARY KEY,
    change_id  text NOT NULL,
    day        date NOT NULL,
    candidates text[] NOT NULL,
    whole      boolean NOT NULL,
    kind       text NOT NULL
);

-- What a later edition shows otherwise than the one before, and no change explains yet.
CREATE TABLE division_unexplained (
    code    text COLLATE "C" NOT NULL,
    finding text NOT NULL,
    listing text COLLATE "C" NOT NULL,
    edition text NOT NULL,
    name    text NOT NULL,
    was     text NOT NULL,
    PRIMARY KEY (code, finding)
);
CREATE INDEX division_unexplained_listing ON division_unexplained (listing);

-- By hash: who stands in one unit is asked by equality alone, and ranges of rights go by their own indexes.
CREATE INDEX persons_division ON persons USING hash (division);
CREATE INDEX household_codes_division ON household_codes USING hash (division);

-- migrate: rollback

DROP INDEX household_codes_division, persons_division;
DROP TABLE division_unexplained, division_undecided, division_links, division_changes;
DROP INDEX divisions_name;
DELETE FROM divisions d USING divisions later WHERE later.code = d.code AND later.since > d.since;
ALTER TABLE divisions DROP CONSTRAINT divisions_pkey;
ALTER TABLE divisions DROP CONSTRAINT divisions_days, DROP COLUMN placed, DROP COLUMN closed_by, DROP COLUMN opened_by,
    DROP COLUMN listed, DROP COLUMN known, DROP COLUMN until, DROP COLUMN since;
ALTER TABLE divisions ADD CONSTRAINT divisions_pkey PRIMARY KEY (code);
