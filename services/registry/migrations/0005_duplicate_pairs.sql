-- Likely duplicates: who is to be looked at, the keys by which records meet, and the pairs with their state.
-- depends: 0004_registry_divisions_in_time

-- migrate: apply

-- The likely scan meets records by sound, county and birth year.
CREATE INDEX persons_alike ON persons (sound_token, "left"(division, 6), birth_year)
    WHERE woman AND NOT erased AND survivor_id IS NULL AND sound_token IS NOT NULL;

-- A line for every change of what likeness rests on, written in the change's own transaction; a scan takes it away.
CREATE TABLE duplicate_changes (
    number    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_id uuid NOT NULL
);

-- Keyed tokens of two parts of an id together with the sound of the name: ids one mistake apart share one of them.
-- birth_token: sound and birth date; rest_token: sound, area and serial number.
CREATE TABLE duplicate_keys (
    person_id   uuid PRIMARY KEY,
    id_token    bytea NOT NULL,
    sound_token bytea NOT NULL,
    birth_token bytea NOT NULL,
    rest_token  bytea NOT NULL
);
CREATE INDEX duplicate_keys_birth ON duplicate_keys (birth_token);
CREATE INDEX duplicate_keys_rest ON duplicate_keys (rest_token);

-- Each pair as its stream has left it, written in the transaction of the append.
CREATE TABLE duplicate_pairs (
    pair_id        uuid PRIMARY KEY,
    one            uuid NOT NULL,
    other          uuid NOT NULL,
    one_division   text COLLATE "C" NOT NULL,
    other_division text COLLATE "C" NOT NULL,
    version        int NOT NULL,
    state          text NOT NULL,
    score          smallint NOT NULL,
    strength       text NOT NULL,
    signs          text[] NOT NULL,
    rules          text NOT NULL,
    print          text NOT NULL,
    verdict        text,
    survivor       text,
    settled        text,
    closed_why     text,
    proposals      jsonb NOT NULL DEFAULT '{}',
    found_at       timestamptz NOT NULL,
    changed_at     timestamptz NOT NULL,
    UNIQUE (one, other)
);
CREATE INDEX duplicate_pairs_other ON duplicate_pairs (other);
CREATE INDEX duplicate_pairs_queue ON duplicate_pairs (state, score DESC, pair_id DESC);
CREATE INDEX duplicate_pairs_one_division ON duplicate_pairs (one_division, state);
CREATE INDEX duplicate_pairs_other_division ON duplicate_pairs (other_division, state);

CREATE FUNCTION note_duplicate_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO duplicate_changes (person_id) SELECT person_id FROM new_rows WHERE woman;
        RETURN NULL;
    END IF;
    INSERT INTO duplicate_changes (person_id)
    SELECT n.person_id FROM new_rows n JOIN old_rows o USING (person_id)
    WHERE n.woman AND (n.id_token, n.name_token, n.sound_token, n.birth_year, n.household_id, n.division,
                       n.survivor_id, n.erased)
        IS DISTINCT FROM (o.id_token, o.name_token, o.sound_token, o.birth_year, o.household_id, o.division,
                          o.survivor_id, o.erased);
    UPDATE duplicate_pairs p SET one_division = n.division
    FROM new_rows n JOIN old_rows o USING (person_id) WHERE p.one = n.person_id AND n.division <> o.division;
    UPDATE duplicate_pairs p SET other_division = n.division
    FROM new_rows n JOIN old_rows o USING (person_id) WHERE p.other = n.person_id AND n.division <> o.division;
    DELETE FROM duplicate_keys k USING new_rows n JOIN old_rows o USING (person_id)
    WHERE k.person_id = n.person_id AND n.erased AND NOT o.erased;
    RETURN NULL;
END
$$;
CREATE TRIGGER persons_added AFTER INSERT ON persons REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION note_duplicate_changes();
CREATE TRIGGER persons_changed AFTER UPDATE ON persons REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION note_duplicate_changes();

-- Whoever is registered already is looked at by the first scan.
INSERT INTO duplicate_changes (person_id) SELECT person_id FROM persons WHERE woman AND NOT erased;

-- migrate: rollback

DROP TRIGGER persons_changed ON persons;
DROP TRIGGER persons_added ON persons;
DROP FUNCTION note_duplicate_changes;
DROP TABLE duplicate_pairs, duplicate_keys, duplicate_changes;
DROP INDEX persons_alike;
