-- Who signed in when stands in the audit trail.
-- depends: 0002_access_three_administrators

-- migrate: apply

INSERT INTO audit_trail (at, actor, address, action, object_kind, object_id, outcome, code)
SELECT at, account_id::text, address, 'sign_in', 'account', account_id::text,
       CASE WHEN outcome IN ('signed_in', 'password_changed', 'must_change') THEN 'success' ELSE 'failed' END, outcome
FROM sign_ins ORDER BY id;

DROP TABLE sign_ins;

DROP FUNCTION sign_ins_stay;

-- migrate: rollback

CREATE TABLE sign_ins (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    account_id uuid,
    address text NOT NULL,
    outcome text NOT NULL
);

CREATE FUNCTION sign_ins_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'sign_ins is written once and kept';
END
$$;
