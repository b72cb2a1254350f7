-- Events a consumer could not take, and what people decided about its consumers.
-- depends: 0002_kernel_functions

-- migrate: apply

-- Both stand in the row that every batch locks first, so a batch reads them without a round trip and never too late.
ALTER TABLE offsets
    ADD COLUMN paused boolean NOT NULL DEFAULT false,
    ADD COLUMN parked int NOT NULL DEFAULT 0;  -- rows of `parked` for this partition, changed under this row's lock

CREATE TABLE parked (
    consumer         text NOT NULL,
    log_id           uuid NOT NULL,
    partition        smallint NOT NULL,
    number           bigint NOT NULL,
    key              uuid NOT NULL,
    event            jsonb NOT NULL,
    error            text,              -- what its own apply said; NULL: it waits behind an earlier event of its key
    attempts         int NOT NULL,
    first_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    discarded_at     timestamptz,
    discarded_by     text,
    discarded_reason text,
    PRIMARY KEY (consumer, log_id, number),
    CHECK (num_nulls(discarded_at, discarded_by, discarded_reason) IN (0, 3))
);
CREATE INDEX parked_open ON parked (consumer, key, number) WHERE discarded_at IS NULL;

CREATE TABLE consumer_actions (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer text NOT NULL,
    action   text NOT NULL CHECK (action IN ('pause', 'resume', 'start', 'retry', 'discard')),
    number   bigint,
    reason   text,
    actor    text NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX consumer_actions_latest ON consumer_actions (consumer, action, id);

CREATE TRIGGER discarded_stay BEFORE DELETE ON parked
    FOR EACH ROW WHEN (old.discarded_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER discarded_unchanged
    BEFORE UPDATE OF number, key, event, error, discarded_at, discarded_by, discarded_reason ON parked
    FOR EACH ROW WHEN (old.discarded_at IS NOT NULL) EXECUTE FUNCTION refuse_change();
CREATE TRIGGER parked_stay BEFORE TRUNCATE ON parked
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER consumer_actions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON consumer_actions
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- migrate: rollback

DROP TABLE consumer_actions, parked;
ALTER TABLE offsets DROP COLUMN parked, DROP COLUMN paused;
