-- Answers given to writes that are no single command, by their Idempotency-Key
-- depends: 0001_service_jobs

-- migrate: apply

-- sealed NULL: being handled since claimed_at. The answer is sealed under the caller's key, which is not kept here.
CREATE TABLE answers (
    key         uuid PRIMARY KEY,
    fingerprint text NOT NULL,
    claimed_at  timestamptz NOT NULL,
    sealed      bytea
);

CREATE INDEX answers_claimed ON answers (claimed_at);

-- migrate: rollback

DROP TABLE answers;
