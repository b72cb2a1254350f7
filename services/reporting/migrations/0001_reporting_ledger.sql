-- Facts and ledger lines: written once, never changed. All other tables are worked out from them.
-- depends:

-- migrate: apply

-- Every consumed contract once, under reporting's own gapless number; as-known reports name this number.
CREATE TABLE facts (
    recorded bigint PRIMARY KEY,
    event_id uuid NOT NULL UNIQUE,
    source   text NOT NULL,
    log_id   uuid NOT NULL,
    number   bigint NOT NULL,
    type     text NOT NULL,
    key      uuid NOT NULL,
    body     jsonb NOT NULL,
    meta     jsonb NOT NULL,
    at       timestamptz NOT NULL,
    kept_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX facts_key ON facts (key, recorded);
CREATE INDEX facts_source ON facts (source, recorded);

-- What is true of a subject. A reversing line takes one back: its times, quantity and fen are negative.
CREATE TABLE lines (
    recorded          bigint NOT NULL,
    seq               int NOT NULL,
    subject_kind      text NOT NULL,
    subject_id        uuid NOT NULL,
    measure_kind      text NOT NULL,
    measure_class     text NOT NULL,
    measure_id        uuid NOT NULL,
    phase             text NOT NULL,
    need              text,
    responsible       text,
    due               date,
    unit              text,          -- unit then; null while the woman is not known
    valid_from        date NOT NULL,
    valid_to          date NOT NULL,
    times             int NOT NULL,  -- 人次
    quantity          bigint NOT NULL,
    quantity_unit     text,
    fen               bigint NOT NULL,
    funding           text,
    source            text NOT NULL,
    event_id          uuid NOT NULL, -- the event that tells of the act
    cause             uuid NOT NULL, -- the event on which this line was written
    reverses_recorded bigint,
    reverses_seq      int,
    PRIMARY KEY (recorded, seq),
    FOREIGN KEY (reverses_recorded, reverses_seq) REFERENCES lines,
    CHECK (valid_from <= valid_to),
    CHECK ((reverses_recorded IS NULL) = (times > 0))
);
CREATE INDEX lines_subject ON lines (subject_id, recorded);
CREATE INDEX lines_unit ON lines (measure_kind, unit, recorded);
CREATE UNIQUE INDEX lines_reversed_once ON lines (reverses_recorded, reverses_seq) WHERE reverses_recorded IS NOT NULL;

CREATE TRIGGER facts_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON facts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER lines_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON lines
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- migrate: rollback

DROP TABLE lines, facts;
