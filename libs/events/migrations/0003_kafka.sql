-- What reading and writing over Kafka needs besides: how far a partition is known to be read, and where in the topic.
-- depends: 0002_kernel_functions

-- migrate: apply

-- place: offset in the topic of the last record taken, a hint where to go on; it is proven before it is trusted.
-- through: this partition holds no further record up to this number (a tick said so), made at through_at.
-- all_through: every partition has been taken up to this number; known to who reads all of them in order.
ALTER TABLE offsets
    ADD COLUMN place bigint,
    ADD COLUMN through bigint NOT NULL DEFAULT 0,
    ADD COLUMN through_at timestamptz,
    ADD COLUMN all_through bigint NOT NULL DEFAULT 0;
UPDATE offsets SET all_through = number;

-- The first offset of each partition of the topic, as the forwarder last found it: a later one means that somebody cut.
CREATE TABLE forwarded (
    partition smallint PRIMARY KEY,
    beginning bigint NOT NULL
);

-- migrate: rollback

DROP TABLE forwarded;
ALTER TABLE offsets DROP COLUMN all_through, DROP COLUMN through_at, DROP COLUMN through, DROP COLUMN place;
