-- Agreements with partners in versions, and clients under them: programs that ask for tokens with a secret of their own
-- depends: 0003_access_sign_ins_audited

-- migrate: apply

CREATE TABLE agreements (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    division char(12) NOT NULL,
    UNIQUE (division, name)
);

-- What was agreed, each change a row more. No event types or measures: all of them; an empty list: none.
CREATE TABLE agreement_versions (
    agreement_id uuid NOT NULL REFERENCES agreements,
    version int NOT NULL CHECK (version > 0),
    partner text NOT NULL,
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    fields text[] NOT NULL,
    event_types text[],
    measures text[],
    purpose text,
    valid_from date NOT NULL,
    valid_to date,
    reason text NOT NULL,
    closed_at timestamptz,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    PRIMARY KEY (agreement_id, version),
    CHECK (valid_from <= valid_to)
);

CREATE FUNCTION agreements_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'agreements are written once and kept: a change is a new version'
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER agreements_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON agreements
    FOR EACH STATEMENT EXECUTE FUNCTION agreements_stay();

CREATE TRIGGER agreement_versions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON agreement_versions
    FOR EACH STATEMENT EXECUTE FUNCTION agreements_stay();

CREATE VIEW agreement_history AS
SELECT a.id, a.name, a.division, v.version, v.partner, v.scopes, v.fields, v.event_types, v.measures, v.purpose,
       v.valid_from, v.valid_to, v.reason, v.closed_at, v.made_at, v.made_by
FROM agreements a JOIN agreement_versions v ON v.agreement_id = a.id;

CREATE VIEW agreements_now AS
SELECT * FROM agreement_history h
WHERE version = (SELECT max(v.version) FROM agreement_versions v WHERE v.agreement_id = h.id);

CREATE TABLE clients (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    division char(12) NOT NULL,
    agreement_id uuid NOT NULL REFERENCES agreements,
    scopes text[] NOT NULL CHECK (cardinality(scopes) > 0),
    expires_at timestamptz,
    disabled_at timestamptz,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);

CREATE INDEX clients_by_division ON clients (division, id);

CREATE INDEX clients_by_agreement ON clients (agreement_id);

CREATE TABLE client_secrets (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients ON DELETE CASCADE,
    secret_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz
);

CREATE INDEX client_secrets_by_client ON client_secrets (client_id);

-- Wrong tries by whom they were for (client or account, else nobody) and the network they came from; gone after a while.
CREATE TABLE attempts (
    subject uuid NOT NULL,
    network text NOT NULL,
    failed int NOT NULL,
    locked_until timestamptz,
    at timestamptz NOT NULL,
    PRIMARY KEY (subject, network)
);

CREATE INDEX attempts_by_time ON attempts (at);

-- Of one account; without: all measures.
ALTER TABLE accounts ADD COLUMN measures text[];

-- migrate: rollback

ALTER TABLE accounts DROP COLUMN measures;

DROP TABLE attempts;

DROP TABLE client_secrets;

DROP TABLE clients;

DROP VIEW agreements_now;

DROP VIEW agreement_history;

DROP TABLE agreement_versions;

DROP TABLE agreements;

DROP FUNCTION agreements_stay;
