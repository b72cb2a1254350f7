-- Which unit each published record is of, and the id by which partners follow it.
-- depends:

-- migrate: apply

-- `tick` grows with `number` but counts nothing: the microsecond of recording, or one more than the tick before. So a
-- partner who sees some units only cannot tell how much happens in the others.
CREATE TABLE feed (
    tick   bigint PRIMARY KEY,
    number bigint NOT NULL UNIQUE,
    key    uuid NOT NULL,
    unit   text NOT NULL
);
CREATE INDEX feed_key ON feed (key, number DESC);
CREATE INDEX feed_prefecture ON feed (left(unit, 4), tick);
CREATE INDEX feed_county ON feed (left(unit, 6), tick);
CREATE INDEX feed_township ON feed (left(unit, 9), tick);

-- The unit that a record names, if any.
CREATE FUNCTION feed_unit(p_data jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(p_data->>'division', p_data->>'unit', p_data->>'parent')
$$;

-- Records after the last known one. Without a unit of its own a record is of the unit that its key was last seen in,
-- at last of whoever wrote it. Only the publisher writes, under a lease, so nobody else draws ticks meanwhile.
CREATE FUNCTION feed_add(p_after bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_last bigint := coalesce((SELECT max(tick) FROM feed), 0);
BEGIN
    INSERT INTO feed (tick, number, key, unit)
    SELECT nth + greatest(v_last, max(micros - nth) OVER (ORDER BY number)), number, key,
           coalesce(feed_unit(data), '')
    FROM (SELECT number, key, data, row_number() OVER (ORDER BY number) AS nth,
                 (extract(epoch FROM at) * 1000000)::bigint AS micros
          FROM published WHERE number > p_after) AS fresh;
    UPDATE feed f SET unit = coalesce(
        (SELECT e.unit FROM feed e WHERE e.key = f.key AND e.number < f.number AND e.unit <> ''
         ORDER BY e.number DESC LIMIT 1),
        (SELECT p.meta->>'unit' FROM published p WHERE p.number = f.number))
    WHERE f.number > p_after AND f.unit = '';
END
$$;

CREATE FUNCTION feed_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM feed_add(coalesce((SELECT max(number) FROM feed), 0));
    RETURN NULL;
END
$$;

SELECT feed_add(0);

CREATE TRIGGER published_followed AFTER INSERT ON published FOR EACH STATEMENT EXECUTE FUNCTION feed_follow();

-- migrate: rollback

DROP TRIGGER published_followed ON published;
DROP TABLE feed;
DROP FUNCTION feed_follow, feed_add, feed_unit;
