-- Exits by household that a unit keeps itself, and where they and the poverty office say otherwise. Read models.
-- depends: 0005_duplicate_pairs

-- migrate: apply

CREATE TABLE exit_processes (
    process_id   uuid PRIMARY KEY,
    household_id uuid NOT NULL,
    division     text COLLATE "C" NOT NULL,
    ordinal      int NOT NULL,
    step         text NOT NULL,
    running      boolean NOT NULL,
    since        date NOT NULL,
    due          date,
    persons      smallint NOT NULL,
    women        smallint NOT NULL,
    proposed_on  date NOT NULL,
    year         smallint NOT NULL,
    income_fen   bigint NOT NULL,
    line_fen     bigint NOT NULL,
    unmet        text[] NOT NULL,
    notice_first date,
    notice_until date,
    objections   smallint NOT NULL DEFAULT 0,
    confirmed_on date,
    township_visited boolean NOT NULL DEFAULT false,
    county_visited   boolean NOT NULL DEFAULT false,
    ended_by     text,
    version      int NOT NULL
);
CREATE INDEX exit_processes_listed ON exit_processes (division, process_id);
CREATE INDEX exit_processes_household ON exit_processes (household_id, ordinal);

CREATE TABLE exit_differences (
    process_id   uuid PRIMARY KEY,
    household_id uuid NOT NULL,
    division     text COLLATE "C" NOT NULL,
    ours         text NOT NULL,
    ours_since   date NOT NULL,
    office       text NOT NULL,
    valid        text NOT NULL,
    source       text NOT NULL,
    found_at     timestamptz NOT NULL,
    state        text NOT NULL,
    ended_on     date,
    version      int NOT NULL
);
CREATE INDEX exit_differences_listed ON exit_differences (division, process_id);

-- migrate: rollback

DROP TABLE exit_differences, exit_processes;
