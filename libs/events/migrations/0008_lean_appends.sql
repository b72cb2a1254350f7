-- Leaner appends: one stream without joins, and a whole command with its answer in one call of the server.
-- depends: 0002_kernel_functions

-- migrate: apply

-- Events for one stream, which is what nearly every append is. The meta is parsed once, one event needs no set.
-- The same refusals as of append_events, which stays for appends to several streams.
CREATE FUNCTION append_stream(
    p_stream uuid, p_expected int, p_meta text, p_ids uuid[], p_types text[], p_versions smallint[], p_data text[],
    OUT o_version int, OUT o_position bigint, OUT o_xid xid8
) LANGUAGE plpgsql AS $$
DECLARE
    v_last int;
    v_meta jsonb := p_meta;
BEGIN
    SELECT version INTO v_last FROM events WHERE stream_id = p_stream ORDER BY version DESC LIMIT 1;
    v_last := coalesce(v_last, 0);
    IF NOT (p_expected = v_last OR p_expected = -1 OR (p_expected = -2 AND v_last > 0)) THEN
        RAISE EXCEPTION 'version conflict' USING ERRCODE = 'JG409', DETAIL = concat_ws(' ', p_stream, p_expected, v_last);
    END IF;
    IF cardinality(p_ids) = 1 THEN
        INSERT INTO events (stream_id, version, event_id, type, schema_version, data, meta)
        VALUES (p_stream, v_last + 1, p_ids[1], p_types[1], p_versions[1], p_data[1]::jsonb, v_meta)
        RETURNING version, position, xid INTO o_version, o_position, o_xid;
    ELSE
        WITH written AS (
            INSERT INTO events (stream_id, version, event_id, type, schema_version, data, meta)
            SELECT p_stream, v_last + e.i, e.id, e.type, e.version, e.data::jsonb, v_meta
            FROM unnest(p_ids, p_types, p_versions, p_data) WITH ORDINALITY AS e(id, type, version, data, i)
            ORDER BY e.i
            RETURNING version, position
        )
        SELECT max(version), max(position), pg_current_xact_id() INTO o_version, o_position, o_xid FROM written;
    END IF;
END
$$;

-- As append_command before it, and with the answer where it is known beforehand: then no second statement, and no
-- transaction around the two. The one without p_body stays for processes of the version before.
CREATE FUNCTION append_command(
    p_command uuid, p_client text, p_fingerprint text,
    p_stream uuid, p_expected int, p_meta text, p_ids uuid[], p_types text[], p_versions smallint[], p_data text[],
    p_body bytea,
    OUT o_version int, OUT o_position bigint, OUT o_xid xid8
) LANGUAGE plpgsql AS $$
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
    IF cardinality(p_ids) > 0 THEN
        SELECT a.o_version, a.o_position, a.o_xid INTO o_version, o_position, o_xid
        FROM append_stream(p_stream, p_expected, p_meta, p_ids, p_types, p_versions, p_data) a;
    ELSE
        SELECT e.version, e.position, e.xid INTO o_version, o_position, o_xid
        FROM events e WHERE e.stream_id = p_stream ORDER BY e.version DESC LIMIT 1;
        o_version := coalesce(o_version, 0);
        o_position := coalesce(o_position, 0);
        o_xid := coalesce(o_xid, '0'::xid8);
    END IF;
    IF p_command IS NOT NULL THEN
        INSERT INTO commands (command_id, client, fingerprint, status, body)
        VALUES (p_command, p_client, p_fingerprint,
                jsonb_build_object('version', o_version, 'position', o_position, 'xid', o_xid::text, 'events', p_ids),
                p_body);
    END IF;
END
$$;
REVOKE EXECUTE ON FUNCTION append_stream FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION append_command(
    uuid, text, text, uuid, int, text, uuid[], text[], smallint[], text[], bytea) FROM PUBLIC;

-- migrate: rollback

DROP FUNCTION append_command(uuid, text, text, uuid, int, text, uuid[], text[], smallint[], text[], bytea);
DROP FUNCTION append_stream;
