-- A person sees her own sessions: from where and in which browser each was begun, and from where it was last used
-- depends: 0005_access_second_factor

-- migrate: apply

ALTER TABLE sessions
    ADD COLUMN id text NOT NULL GENERATED ALWAYS AS (left(encode(token_hash, 'hex'), 16)) STORED,
    ADD COLUMN begun_from text NOT NULL DEFAULT '',
    ADD COLUMN seen_from text NOT NULL DEFAULT '',
    ADD COLUMN browser text NOT NULL DEFAULT '';

-- migrate: rollback

ALTER TABLE sessions DROP COLUMN id, DROP COLUMN begun_from, DROP COLUMN seen_from, DROP COLUMN browser;
