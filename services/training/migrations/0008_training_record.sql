-- Of a woman who asks for a copy of her data the waiting lists are found on which she stood.
-- depends: 0007_training_priority

-- migrate: apply

CREATE INDEX waitlist_woman ON waitlist (woman_id);

-- migrate: rollback

DROP INDEX waitlist_woman;
