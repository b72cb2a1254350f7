-- The audit trail: entries are written with the act, then sealed into a chain of hashes without gaps.
-- depends:

-- migrate: apply

-- Written in the act's own transaction, by whoever does it; ids may have holes, the chain's numbers have none.
CREATE TABLE audit_trail (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at             timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor          text,
    role           text,
    unit           text,
    session        text,
    address        text,
    action         text NOT NULL,
    object_kind    text,
    object_id      text,
    outcome        text NOT NULL CHECK (outcome IN ('success', 'refused', 'failed')),
    code           text,
    purpose        text,
    reason         text,
    correlation_id text,
    trace_id       text,
    detail         jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_trail_actor ON audit_trail (actor, id);
CREATE INDEX audit_trail_object ON audit_trail (object_id, id) WHERE object_id IS NOT NULL;
CREATE INDEX audit_trail_at ON audit_trail USING brin (at) WITH (pages_per_range = 32);

-- What waits to be sealed: emptied about once a second, so that no writer waits for another's hash.
CREATE TABLE audit_unsealed (id bigint PRIMARY KEY);

-- hash = SHA-256(hash of the number before ‖ canonical JSON of number and entry); before the first one: of chain_id.
CREATE TABLE audit_chain (
    number bigint PRIMARY KEY CHECK (number > 0),
    entry  bigint NOT NULL UNIQUE,
    hash   bytea NOT NULL CHECK (length(hash) = 32)
);

CREATE TABLE audit_identity (
    chain_id   uuid PRIMARY KEY,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO audit_identity (chain_id) VALUES (gen_random_uuid());

-- Signed words about the chain: 'checkpoint': it had this hash at this number; 'anchor': all up to here was dropped by
-- retention, the newest dropped entry was made at `through`.
CREATE TABLE audit_checkpoints (
    kind      text NOT NULL CHECK (kind IN ('checkpoint', 'anchor')),
    number    bigint NOT NULL,
    hash      bytea NOT NULL,
    at        timestamptz NOT NULL,
    through   timestamptz,
    key_id    text NOT NULL,
    signature bytea NOT NULL,
    PRIMARY KEY (kind, number)
);

CREATE FUNCTION audit_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: the audit trail is only added to', tg_op, tg_table_name
        USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Retention alone deletes, and only what an anchor covers and what is older than half a year.
CREATE FUNCTION audit_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM audit_checkpoints a JOIN audit_chain c ON c.number <= a.number
                   WHERE a.kind = 'anchor' AND c.entry = old.id)
       OR old.at > clock_timestamp() - interval '180 days' THEN
        RAISE EXCEPTION 'DELETE on audit_trail is refused: kept for 180 days, and until an anchor covers it'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN old;
END
$$;

CREATE FUNCTION audit_link_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM audit_trail WHERE id = old.entry)
       OR NOT EXISTS (SELECT FROM audit_checkpoints WHERE kind = 'anchor' AND number >= old.number) THEN
        RAISE EXCEPTION 'DELETE on audit_chain is refused: its entry is kept, or no anchor covers it'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN old;
END
$$;

CREATE TRIGGER audit_trail_stays BEFORE UPDATE OR TRUNCATE ON audit_trail
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_trail_ends BEFORE DELETE ON audit_trail FOR EACH ROW EXECUTE FUNCTION audit_ends();
CREATE TRIGGER audit_chain_stays BEFORE UPDATE OR TRUNCATE ON audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_chain_ends BEFORE DELETE ON audit_chain FOR EACH ROW EXECUTE FUNCTION audit_link_ends();
CREATE TRIGGER audit_checkpoints_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();
CREATE TRIGGER audit_identity_stays BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON audit_identity
    FOR EACH STATEMENT EXECUTE FUNCTION audit_stays();

CREATE FUNCTION audit_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_unsealed VALUES (new.id);
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_trail_waits AFTER INSERT ON audit_trail FOR EACH ROW EXECUTE FUNCTION audit_waits();

-- Events carry who, which unit and which request: an entry points at them, by position, and repeats nothing of them.
CREATE FUNCTION audit_events() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_act jsonb := nullif(current_setting('jinguo.act', true), '')::jsonb;
BEGIN
    INSERT INTO audit_trail (actor, role, unit, session, address, action, object_kind, object_id, outcome, purpose,
                             reason, correlation_id, trace_id, detail)
    SELECT meta->>'actor', meta->>'role', meta->>'unit', v_act->>'session', v_act->>'address',
           CASE WHEN min(type) = max(type) THEN min(type) ELSE 'events' END,
           'stream', CASE WHEN count(DISTINCT stream_id) = 1 THEN (array_agg(stream_id))[1]::text END, 'success',
           v_act->>'purpose', v_act->>'reason', meta->>'correlation_id', split_part(meta->>'traceparent', '-', 2),
           jsonb_strip_nulls(jsonb_build_object(
               'events', count(*), 'from', min(position), 'to', max(position),
               'types', CASE WHEN min(type) <> max(type) THEN to_jsonb(array_agg(DISTINCT type)) END,
               'by', v_act->>'action'))
    FROM written GROUP BY meta;
    RETURN NULL;
END
$$;

-- A database without events, as that of access, has none to point at.
DO $$
BEGIN
    IF to_regclass('public.events') IS NOT NULL THEN
        CREATE TRIGGER events_audited AFTER INSERT ON events REFERENCING NEW TABLE AS written
            FOR EACH STATEMENT EXECUTE FUNCTION audit_events();
    END IF;
END
$$;

-- migrate: rollback

DO $$
BEGIN
    IF to_regclass('public.events') IS NOT NULL THEN
        DROP TRIGGER events_audited ON events;
    END IF;
END
$$;
DROP TABLE audit_checkpoints, audit_identity, audit_chain, audit_unsealed, audit_trail;
DROP FUNCTION audit_events, audit_waits, audit_link_ends, audit_ends, audit_stays;
