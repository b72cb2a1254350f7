-- Every process asks now and then which keys were destroyed since it last asked, to forget its own copies.
-- depends: 0001_subject_keys

-- migrate: apply

CREATE INDEX subject_keys_shredded ON subject_keys (shredded_at) WHERE shredded_at IS NOT NULL;

-- migrate: rollback

DROP INDEX subject_keys_shredded;
