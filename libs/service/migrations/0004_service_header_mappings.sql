-- Headings of an office's own for our columns, as a person confirmed them; and what a failed job asks about them
-- depends: 0003_service_job_rows

-- migrate: apply

-- Every version stays, so that what an import was read by can be looked up. columns NULL: taken back in this version.
CREATE TABLE header_mappings (
    unit    char(12)    NOT NULL,
    kind    text        NOT NULL,
    version int         NOT NULL CHECK (version > 0),
    columns jsonb,
    actor   text        NOT NULL,
    kept_at timestamptz NOT NULL,
    PRIMARY KEY (unit, kind, version)
);

ALTER TABLE jobs ADD COLUMN asks jsonb, ADD COLUMN sealed_asks text;

-- migrate: rollback

ALTER TABLE jobs DROP COLUMN asks, DROP COLUMN sealed_asks;

DROP TABLE header_mappings;
