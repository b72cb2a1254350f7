-- Who has left the register (died, moved, married out) leaves the waiting lists and joins no more.
-- depends: 0004_training_waitlist_followed

-- migrate: apply

ALTER TABLE women ADD COLUMN gone boolean NOT NULL DEFAULT false;
CREATE INDEX women_gone ON women (woman_id) WHERE gone;

-- migrate: rollback

DROP INDEX women_gone;
ALTER TABLE women DROP COLUMN gone;
