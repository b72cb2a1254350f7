-- The second factor of people: a sealed TOTP secret and codes for the day the telephone is lost
-- depends: 0002_access_clients

-- migrate: apply

ALTER TABLE accounts ADD COLUMN second_factor boolean NOT NULL DEFAULT false;

CREATE TABLE second_factors (
    account_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    sealed bytea NOT NULL,
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

ALTER TABLE sign_ins DROP CONSTRAINT sign_ins_outcome_check;

ALTER TABLE sign_ins ADD CONSTRAINT sign_ins_outcome_check CHECK (
    outcome IN (
        'signed_in', 'password_changed', 'must_change', 'wrong_password', 'locked', 'closed', 'unknown',
        'token_given', 'wrong_secret', 'expired',
        'wrong_code', 'recovery_code', 'factor_confirmed', 'factor_removed', 'factor_reset'
    )
);

-- migrate: rollback

ALTER TABLE sign_ins DROP CONSTRAINT sign_ins_outcome_check;

DROP TABLE recovery_codes;

DROP TABLE second_factors;

ALTER TABLE accounts DROP COLUMN second_factor;
