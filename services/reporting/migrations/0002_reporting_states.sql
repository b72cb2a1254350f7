-- States as versions: a row holds for numbers from `recorded` until before `until`; the greatest bigint = still holds.
-- depends: 0001_reporting_ledger

-- migrate: apply

CREATE TABLE women (
    woman_id      uuid NOT NULL,   -- the id under which she counts, after merges
    recorded      bigint NOT NULL,
    until         bigint NOT NULL,
    household_id  uuid NOT NULL,
    division      text NOT NULL,
    status        text NOT NULL,
    baseline_exit boolean NOT NULL,
    lifted        boolean NOT NULL,
    birth_year    int NOT NULL,
    labour        text NOT NULL,
    in_school     boolean NOT NULL,
    head          boolean NOT NULL,
    as_of         date NOT NULL,
    target_group  text NOT NULL,
    measures      text[] NOT NULL, -- kinds of her measures
    classes       text[] NOT NULL, -- and their classes
    PRIMARY KEY (woman_id, recorded),
    CHECK (recorded < until)
);
CREATE INDEX women_division ON women (division, woman_id, until);
CREATE UNIQUE INDEX women_one_open ON women (woman_id) WHERE until = 9223372036854775807;

-- What a woman counts as, each column of the report once: the report sums it, the drill-down filters by it.
CREATE VIEW women_cells AS
SELECT w.woman_id, w.recorded, w.until, w.household_id, w.division, w.status, w.target_group, w.measures,
       true AS population,
       w.status = 'exited' AS exited,
       w.status <> 'exited' AS not_exited,
       w.baseline_exit AS baseline_exited,
       w.lifted,
       w.status = 'returned' AS returned,
       w.classes && ARRAY['development', 'relief'] AS matched,
       w.status = 'exited' AND w.classes && ARRAY['development', 'relief'] AS matched_exited,
       w.status <> 'exited' AND w.classes && ARRAY['development', 'relief'] AS matched_not_exited,
       w.status <> 'exited' AND NOT w.classes && ARRAY['development', 'relief'] AS unmatched,
       w.status <> 'exited' AND w.target_group = 'able_adult' AS able_adults,
       w.status <> 'exited' AND w.target_group = 'able_adult' AND NOT 'development' = ANY (w.classes)
           AS unmatched_able_adults
FROM women w;

CREATE TABLE households (
    household_id uuid NOT NULL,
    recorded     bigint NOT NULL,
    until        bigint NOT NULL,
    division     text NOT NULL,
    persons      int NOT NULL,
    women        int NOT NULL,
    status       text NOT NULL,
    PRIMARY KEY (household_id, recorded),
    CHECK (recorded < until)
);
CREATE INDEX households_division ON households (division, household_id, until);

-- Names of units; `listing` is the unit whose list holds the row.
CREATE TABLE divisions (
    listing  text NOT NULL,
    code     text NOT NULL,
    recorded bigint NOT NULL,
    until    bigint NOT NULL,
    name     text NOT NULL,
    level    text NOT NULL,
    parent   text NOT NULL,
    PRIMARY KEY (listing, code, recorded),
    CHECK (recorded < until)
);
CREATE INDEX divisions_parent ON divisions (parent, code);
CREATE INDEX divisions_code ON divisions (code);

-- Merges as edges between records. Facts of different women arrive in any order, so two edges of one record may hold
-- for a moment; that is why these are not the kernel's `aliases`, which allow one.
CREATE TABLE merges (
    merged   uuid NOT NULL,
    survivor uuid NOT NULL,
    recorded bigint NOT NULL,
    until    bigint NOT NULL,
    PRIMARY KEY (merged, survivor, recorded),
    CHECK (recorded < until)
);
CREATE INDEX merges_survivor ON merges (survivor);

-- migrate: rollback

DROP TABLE merges, divisions, households;
DROP VIEW women_cells;
DROP TABLE women;
