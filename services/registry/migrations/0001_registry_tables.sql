-- What the registry keeps beside its log: reservations written with each append, and its read models.
-- depends:

-- migrate: apply

-- Reservations and keyed tokens, written in the transaction of the append. One live resident id is one person.
-- A member who is no registered woman has his id token, household and village, and no word more.
CREATE TABLE persons (
    person_id    uuid PRIMARY KEY,
    id_token     bytea NOT NULL UNIQUE,
    code_token   bytea,
    name_token   bytea,
    sound_token  bytea,
    woman        boolean NOT NULL,
    household_id uuid NOT NULL,
    division     text COLLATE "C" NOT NULL,
    birth_year   smallint,
    print        bytea,
    as_of        date NOT NULL,
    survivor_id  uuid,
    erased       boolean NOT NULL DEFAULT false
);
CREATE INDEX persons_code ON persons (code_token) WHERE code_token IS NOT NULL;
CREATE INDEX persons_name ON persons (name_token, division) WHERE name_token IS NOT NULL;
CREATE INDEX persons_household ON persons (household_id);
CREATE INDEX persons_survivor ON persons (survivor_id) WHERE survivor_id IS NOT NULL;

CREATE TABLE household_codes (
    household_id uuid PRIMARY KEY,
    county       text COLLATE "C" NOT NULL,
    code_token   bytea NOT NULL,
    division     text COLLATE "C" NOT NULL,
    print        bytea NOT NULL,
    as_of        date NOT NULL,
    UNIQUE (county, code_token)
);

-- Register files as they came, sealed under a key of the import; `refused` is the file of bad rows to correct.
CREATE TABLE import_files (
    import_id  uuid PRIMARY KEY,
    unit       text COLLATE "C" NOT NULL,
    sealed_key text NOT NULL,
    body       bytea NOT NULL,
    refused    bytea,
    kept_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Every reading of names or ids in clear.
CREATE TABLE personal_reads (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL,
    actor  text NOT NULL,
    role   text NOT NULL,
    unit   text COLLATE "C" NOT NULL,
    route  text NOT NULL,
    reason text NOT NULL,
    women  uuid[] NOT NULL
);
CREATE INDEX personal_reads_women ON personal_reads USING gin (women);
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the trail of readings stays' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER personal_reads_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON personal_reads
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Read models, derived from the log alone.
CREATE TABLE divisions (
    code        text COLLATE "C" PRIMARY KEY,
    name        text NOT NULL,
    level       text NOT NULL,
    parent      text COLLATE "C" NOT NULL,
    urban_rural text NOT NULL,
    edition     text NOT NULL
);
CREATE INDEX divisions_parent ON divisions (parent, code);

CREATE TABLE women (
    woman_id      uuid PRIMARY KEY,
    household_id  uuid NOT NULL,
    division      text COLLATE "C" NOT NULL,
    birth_year    smallint NOT NULL,
    labour        text NOT NULL,
    in_school     boolean NOT NULL,
    status        text NOT NULL,
    baseline_exit boolean NOT NULL,
    head          boolean NOT NULL,
    relation      text NOT NULL,
    as_of         date NOT NULL,
    sealed        jsonb NOT NULL,
    version       int NOT NULL,
    merged_into   uuid,
    erased        boolean NOT NULL DEFAULT false
);
CREATE INDEX women_listed ON women (division, woman_id) WHERE merged_into IS NULL;
CREATE INDEX women_household ON women (household_id);

CREATE TABLE households (
    household_id uuid PRIMARY KEY,
    division     text COLLATE "C" NOT NULL,
    persons      smallint NOT NULL,
    women        smallint NOT NULL,
    status       text NOT NULL,
    attribute    text,
    main_cause   text,
    income_fen   bigint,
    members      jsonb NOT NULL,
    as_of        date NOT NULL,
    sealed       jsonb NOT NULL,
    version      int NOT NULL
);
CREATE INDEX households_listed ON households (division, household_id);

-- migrate: rollback

DROP TABLE households, women, divisions, personal_reads, import_files, household_codes, persons;
DROP FUNCTION refuse_audit_change;
