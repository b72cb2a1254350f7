-- Whose data may only be stored and protected keeps her place on a waiting list and is offered nothing new.
-- depends: 0005_training_gone

-- migrate: apply

ALTER TABLE women ADD COLUMN restricted boolean NOT NULL DEFAULT false;

-- migrate: rollback

ALTER TABLE women DROP COLUMN restricted;
