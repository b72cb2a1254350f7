-- Kept files lie in sealed parts of a megabyte, so that no size of theirs costs memory; older ones stay whole in body and refused.
-- depends: 0010_registry_quality

-- migrate: apply

-- Of a file in parts body is empty, and refused empty or, without bad rows, null.
CREATE TABLE import_file_parts (
    import_id uuid  NOT NULL REFERENCES import_files ON DELETE CASCADE,
    part      text  NOT NULL CHECK (part IN ('raw', 'refused')),
    n         int   NOT NULL,
    body      bytea NOT NULL,
    PRIMARY KEY (import_id, part, n)
);

ALTER TABLE import_file_parts ALTER COLUMN body SET STORAGE EXTERNAL;

-- migrate: rollback

DROP TABLE import_file_parts;
