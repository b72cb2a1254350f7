-- Keys of persons, in a database of their own with other backups; a destroyed key leaves its row behind.
-- depends:

-- migrate: apply

CREATE TABLE subject_keys (
    subject_id  uuid NOT NULL,
    key_version smallint NOT NULL,
    wrapped_key bytea,
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    shredded_at timestamptz,
    PRIMARY KEY (subject_id, key_version),
    CHECK ((wrapped_key IS NULL) = (shredded_at IS NOT NULL))
);

-- migrate: rollback

DROP TABLE subject_keys;
