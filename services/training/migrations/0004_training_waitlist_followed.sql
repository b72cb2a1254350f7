-- The waiting list follows the register: who is erased has left it, a merged record has passed its place on.
-- depends: 0003_training_waitlist

-- migrate: apply

ALTER TABLE waitlist DROP CONSTRAINT waitlist_state_check;
ALTER TABLE waitlist ADD CONSTRAINT waitlist_state_check CHECK (
    state IN ('waiting', 'offered', 'accepted', 'seated', 'declined', 'lapsed', 'refused', 'left', 'passed'));
CREATE INDEX waitlist_open ON waitlist (woman_id) WHERE state IN ('waiting', 'offered');

-- migrate: rollback

DROP INDEX waitlist_open;
DELETE FROM waitlist WHERE state IN ('left', 'passed');
ALTER TABLE waitlist DROP CONSTRAINT waitlist_state_check;
ALTER TABLE waitlist ADD CONSTRAINT waitlist_state_check CHECK (
    state IN ('waiting', 'offered', 'accepted', 'seated', 'declined', 'lapsed', 'refused'));
