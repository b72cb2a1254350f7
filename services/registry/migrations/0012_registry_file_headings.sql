-- By which of an office's own headings a kept file was read: without them nobody can find a person's rows in it.
-- depends: 0011_registry_file_parts

-- migrate: apply

ALTER TABLE import_files ADD COLUMN headings jsonb;

-- migrate: rollback

ALTER TABLE import_files DROP COLUMN headings;
