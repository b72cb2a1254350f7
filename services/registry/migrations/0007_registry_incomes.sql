-- A household's income per head, year by year, and in which years each woman's needs were assessed. Read models.
-- depends: 0006_registry_exits

-- migrate: apply

-- per_head_fen, as_of and source are what counts for the year: an assessment before what a register says.
CREATE TABLE incomes (
    household_id   uuid NOT NULL,
    year           int NOT NULL,
    per_head_fen   bigint NOT NULL,
    as_of          date NOT NULL,
    source         text NOT NULL,
    persons        smallint,
    assessed_fen   bigint,
    assessed_on    date,
    register_fen   bigint,
    register_as_of date,
    PRIMARY KEY (household_id, year)
);

-- The last day of each year on which somebody assessed her needs; what was said stays in the log.
CREATE TABLE woman_needs (
    woman_id    uuid NOT NULL,
    year        int NOT NULL,
    assessed_on date NOT NULL,
    PRIMARY KEY (woman_id, year)
);

-- migrate: rollback

DROP TABLE woman_needs, incomes;
