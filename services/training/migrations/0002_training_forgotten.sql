-- Which erased women's words have been looked for in the results of imports, too.
-- depends: 0001_training_read_models

-- migrate: apply

ALTER TABLE women ADD COLUMN forgotten boolean NOT NULL DEFAULT false;
CREATE INDEX women_to_forget ON women (woman_id) WHERE erased AND NOT forgotten;

-- migrate: rollback

DROP INDEX women_to_forget;
ALTER TABLE women DROP COLUMN forgotten;
