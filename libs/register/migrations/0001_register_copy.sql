-- What a measure's service knows of the register by its published facts; rows follow the newest fact.
-- depends:

-- migrate: apply

CREATE TABLE women (
    woman_id   uuid PRIMARY KEY,
    division   text COLLATE "C" NOT NULL,
    status     text NOT NULL,
    number     bigint NOT NULL,
    gone       boolean NOT NULL DEFAULT false,
    restricted boolean NOT NULL DEFAULT false,
    erased     boolean NOT NULL DEFAULT false
);
CREATE INDEX women_division ON women (division);

CREATE TABLE divisions (
    code     text COLLATE "C" PRIMARY KEY,
    name     text NOT NULL,
    level    text NOT NULL,
    parent   text COLLATE "C" NOT NULL,
    valid_to date,
    number   bigint NOT NULL
);

-- migrate: rollback

DROP TABLE divisions, women;
