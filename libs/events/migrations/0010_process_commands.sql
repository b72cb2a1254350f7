-- Answers to requests are pruned, those to processes stay: the index leads past them to what may go.
-- depends: 0001_kernel_tables

-- migrate: apply

DROP INDEX commands_at;
CREATE INDEX commands_at ON commands (at) WHERE client NOT LIKE 'process:%';

-- migrate: rollback

DROP INDEX commands_at;
CREATE INDEX commands_at ON commands (at);
