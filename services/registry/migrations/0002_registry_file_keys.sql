-- A kept file out of which an erased person's rows were taken has a new key; the old keys wait to be destroyed.
-- depends: 0001_registry_tables

-- migrate: apply

ALTER TABLE import_files ADD COLUMN key_id uuid, ADD COLUMN retired_keys uuid[] NOT NULL DEFAULT '{}';
UPDATE import_files SET key_id = import_id;
ALTER TABLE import_files ALTER COLUMN key_id SET NOT NULL;
CREATE INDEX import_files_retired ON import_files (import_id) WHERE retired_keys <> '{}';

-- migrate: rollback

DROP INDEX import_files_retired;
ALTER TABLE import_files DROP COLUMN retired_keys, DROP COLUMN key_id;
