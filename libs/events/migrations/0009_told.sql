-- Up to which number ticks have told the topic that nothing is missing; NULL before the forwarder has said so once.
-- depends: 0002_kernel_functions

-- migrate: apply

ALTER TABLE cursors ADD COLUMN told bigint;

-- migrate: rollback

ALTER TABLE cursors DROP COLUMN told;
