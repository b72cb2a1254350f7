-- Append as one call, windows opened in one call, and what nobody may change.
-- depends: 0001_kernel_tables

-- migrate: apply

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: what is recorded stays', tg_op, tg_table_name USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER events_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER published_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON published
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- One call appends to any number of streams. p_earlier: events of the same stream earlier in this call.
-- A mismatch is refused before a position is drawn; the client turns a race lost at the unique index into
-- the same refusal (a handler here would cost a savepoint an append).
CREATE FUNCTION append_events(
    p_streams uuid[], p_expected int[], p_earlier int[], p_metas text[],
    p_append int[], p_ordinal int[], p_ids uuid[], p_types text[], p_versions smallint[], p_data text[],
    OUT o_append int, OUT o_version int, OUT o_position bigint, OUT o_xid xid8
) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    v_last int[];
    v_bad record;
BEGIN
    SELECT array_agg(coalesce(e.version, 0) + a.earlier ORDER BY a.i) INTO v_last
    FROM unnest(p_streams, p_earlier) WITH ORDINALITY AS a(stream_id, earlier, i)
    LEFT JOIN LATERAL (
        SELECT version FROM events WHERE events.stream_id = a.stream_id ORDER BY version DESC LIMIT 1
    ) e ON true;

    SELECT a.stream_id, a.expected, a.last INTO v_bad
    FROM unnest(p_streams, p_expected, v_last) AS a(stream_id, expected, last)
    WHERE NOT (a.expected = -1 OR (a.expected = -2 AND a.last > 0) OR a.expected = a.last)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'version conflict' USING ERRCODE = 'JG409',
            DETAIL = concat_ws(' ', v_bad.stream_id, v_bad.expected, v_bad.last);
    END IF;

    RETURN QUERY
    WITH written AS (
        INSERT INTO events (stream_id, version, event_id, type, schema_version, data, meta)
        SELECT p_streams[e.append], v_last[e.append] + e.ordinal, e.id, e.type, e.version, e.data::jsonb,
               p_metas[e.append]::jsonb
        FROM unnest(p_append, p_ordinal, p_ids, p_types, p_versions, p_data)
             WITH ORDINALITY AS e(append, ordinal, id, type, version, data, i)
        ORDER BY e.i
        RETURNING position, event_id, version, xid
    )
    SELECT e.append, w.version, w.position, w.xid
    FROM unnest(p_append, p_ids) AS e(append, id) JOIN written w ON w.event_id = e.id
    ORDER BY w.position;
END
$$;

-- A whole command: the twin's lock, the stored answer, the append and the new row.
CREATE FUNCTION append_command(
    p_command uuid, p_client text, p_fingerprint text,
    p_stream uuid, p_expected int, p_meta text, p_ids uuid[], p_types text[], p_versions smallint[], p_data text[],
    OUT o_version int, OUT o_position bigint, OUT o_xid xid8
) LANGUAGE plpgsql AS $$
DECLARE
    v_count int := cardinality(p_ids);
BEGIN
    IF p_command IS NOT NULL THEN
        IF NOT pg_try_advisory_xact_lock(hashtextextended(p_command::text, 0)) THEN
            RAISE EXCEPTION 'in progress' USING ERRCODE = 'JG410';
        END IF;
        PERFORM 1 FROM commands WHERE command_id = p_command;
        IF FOUND THEN
            RAISE EXCEPTION 'already answered' USING ERRCODE = 'JG411';
        END IF;
    END IF;
    IF v_count > 0 THEN
        SELECT a.o_version, a.o_position, a.o_xid INTO o_version, o_position, o_xid
        FROM append_events(ARRAY[p_stream], ARRAY[p_expected], ARRAY[0], ARRAY[p_meta],
                           array_fill(1, ARRAY[v_count]), ARRAY(SELECT generate_series(1, v_count)),
                           p_ids, p_types, p_versions, p_data) a
        ORDER BY a.o_position DESC LIMIT 1;
    ELSE
        SELECT e.version, e.position, e.xid INTO o_version, o_position, o_xid
        FROM events e WHERE e.stream_id = p_stream ORDER BY e.version DESC LIMIT 1;
        o_version := coalesce(o_version, 0);
        o_position := coalesce(o_position, 0);
        o_xid := coalesce(o_xid, '0'::xid8);
    END IF;
    IF p_command IS NOT NULL THEN
        INSERT INTO commands (command_id, client, fingerprint, status)
        VALUES (p_command, p_client, p_fingerprint,
                jsonb_build_object('version', o_version, 'position', o_position, 'xid', o_xid::text, 'events', p_ids));
    END IF;
END
$$;

-- What a reader has not seen: rows visible in p_cur and not in p_prev. Candidates by index, two disjoint ranges.
CREATE FUNCTION window_probe(p_prev pg_snapshot, p_cur pg_snapshot, OUT o_count bigint, OUT o_low bigint, OUT o_high bigint)
LANGUAGE sql STABLE AS $$
    SELECT count(*), min(position), max(position) FROM (
        SELECT position FROM events
        WHERE xid >= pg_snapshot_xmax(p_prev) AND xid < pg_snapshot_xmax(p_cur) AND pg_visible_in_snapshot(xid, p_cur)
        UNION ALL
        SELECT position FROM events
        WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip(p_prev))) AND pg_visible_in_snapshot(xid, p_cur)
    ) candidates
$$;

-- Takes `cur` and looks what it shows, as one autocommit statement of a session without an xid. Writes nothing.
CREATE FUNCTION window_open(p_prev pg_snapshot, OUT o_cur pg_snapshot, OUT o_count bigint, OUT o_low bigint, OUT o_high bigint)
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    IF pg_current_xact_id_if_assigned() IS NOT NULL THEN
        RAISE EXCEPTION 'a window is opened before the transaction writes: its snapshot would hide the writer''s own rows';
    END IF;
    o_cur := pg_current_snapshot();
    SELECT p.o_count, p.o_low, p.o_high INTO o_count, o_low, o_high
    FROM window_probe(coalesce(p_prev, '1:1:'::pg_snapshot), o_cur) p;
END
$$;

-- First statement of every page: a limit of time below the lease, then the row under the reader's epoch.
CREATE FUNCTION cursor_lock(p_name text, p_epoch bigint, p_timeout text) RETURNS SETOF cursors LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('transaction_timeout', p_timeout, true);
    RETURN QUERY SELECT * FROM cursors c WHERE c.name = p_name AND c.epoch = p_epoch FOR UPDATE;
END
$$;

-- Readers outside the service: `published` and the identity of the log, nothing else.
CREATE FUNCTION feed_log_id() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT log_id FROM logs ORDER BY created_at DESC, log_id DESC LIMIT 1
$$;

CREATE FUNCTION make_feed_role(p_service text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_role text := p_service || '_feed';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = v_role) THEN
        BEGIN
            EXECUTE format('CREATE ROLE %I LOGIN', v_role);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END IF;
    EXECUTE format('GRANT SELECT ON published TO %I', v_role);
    EXECUTE format('GRANT EXECUTE ON FUNCTION feed_log_id() TO %I', v_role);
    RETURN v_role;
END
$$;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;

-- Two ids of one person: the surviving id, now or at a recorded number. Edges are never changed but for their end.
CREATE FUNCTION canonical_id(p_id uuid, p_recorded bigint DEFAULT NULL) RETURNS uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE walk(id, depth) AS (
        SELECT p_id, 0
        UNION ALL
        SELECT a.survivor, w.depth + 1 FROM walk w JOIN aliases a ON a.merged = w.id
        WHERE CASE WHEN p_recorded IS NULL THEN a.ended IS NULL
                   ELSE a.recorded <= p_recorded AND (a.ended IS NULL OR a.ended > p_recorded) END
    ) CYCLE id SET looped USING path
    SELECT id FROM walk WHERE NOT looped ORDER BY depth DESC LIMIT 1
$$;

CREATE VIEW canonical_ids AS
    SELECT merged AS id, canonical_id(merged) AS canonical FROM aliases WHERE ended IS NULL;

-- migrate: rollback

DROP VIEW canonical_ids;
DROP FUNCTION canonical_id;
DROP FUNCTION make_feed_role;
DROP FUNCTION feed_log_id;
DROP FUNCTION cursor_lock;
DROP FUNCTION window_open;
DROP FUNCTION window_probe;
DROP FUNCTION append_command;
DROP FUNCTION append_events;
DROP TRIGGER published_stay ON published;
DROP TRIGGER events_stay ON events;
DROP FUNCTION refuse_change;
