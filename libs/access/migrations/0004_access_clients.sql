-- Clients of partners: programs that ask for tokens with a secret of their own
-- depends: 0003_access_sign_ins_audited

-- migrate: apply

CREATE TABLE clients (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    division char(12) NOT NULL,
    agreement text NOT NULL,
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

CREATE TABLE client_secrets (
    id uuid PRIMARY KEY,
    client_id uuid NOT NULL REFERENCES clients ON DELETE CASCADE,
    secret_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    expires_at timestamptz
);

CREATE INDEX client_secrets_by_client ON client_secrets (client_id);

CREATE TABLE client_attempts (
    client_id uuid NOT NULL REFERENCES clients ON DELETE CASCADE,
    address text NOT NULL,
    failed int NOT NULL,
    locked_until timestamptz,
    PRIMARY KEY (client_id, address)
);

-- migrate: rollback

DROP TABLE client_attempts;

DROP TABLE client_secrets;

DROP TABLE clients;
