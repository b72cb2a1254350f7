-- Accounts, sessions of the console, and who signed in when
-- depends:

-- migrate: apply

CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    username text NOT NULL UNIQUE,
    name text NOT NULL,
    role text NOT NULL,
    division char(12) NOT NULL,
    password_hash text NOT NULL,
    must_change boolean NOT NULL,
    failed int NOT NULL DEFAULT 0,
    locked_until timestamptz,
    disabled_at timestamptz,
    version int NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL,
    password_changed_at timestamptz NOT NULL
);

CREATE INDEX accounts_by_division ON accounts (division, id);

CREATE TABLE sessions (
    token_hash bytea PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    csrf text NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX sessions_by_account ON sessions (account_id);

CREATE TABLE sign_ins (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    account_id uuid,
    address text NOT NULL,
    outcome text NOT NULL CHECK (
        outcome IN ('signed_in', 'password_changed', 'must_change', 'wrong_password', 'locked', 'closed', 'unknown')
    )
);

CREATE INDEX sign_ins_by_account ON sign_ins (account_id, at);

CREATE FUNCTION sign_ins_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'sign_ins is written once and kept';
END
$$;

CREATE TRIGGER sign_ins_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON sign_ins
    FOR EACH STATEMENT EXECUTE FUNCTION sign_ins_stay();

-- migrate: rollback

DROP TABLE sign_ins;

DROP FUNCTION sign_ins_stay;

DROP TABLE sessions;

DROP TABLE accounts;
