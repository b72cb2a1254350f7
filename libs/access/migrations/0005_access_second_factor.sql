-- The second factor of people: a sealed TOTP secret and codes for the day the telephone is lost
-- depends: 0004_access_clients

-- migrate: apply

ALTER TABLE accounts ADD COLUMN second_factor boolean NOT NULL DEFAULT false;

CREATE TABLE second_factors (
    account_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    sealed bytea NOT NULL,
    begun_in text NOT NULL,
    created_at timestamptz NOT NULL,
    confirmed_at timestamptz,
    last_step bigint NOT NULL DEFAULT 0
);

CREATE TABLE recovery_codes (
    account_id uuid NOT NULL REFERENCES second_factors ON DELETE CASCADE,
    code_hash bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (account_id, code_hash)
);

-- migrate: rollback

DROP TABLE recovery_codes;

DROP TABLE second_factors;

ALTER TABLE accounts DROP COLUMN second_factor;
