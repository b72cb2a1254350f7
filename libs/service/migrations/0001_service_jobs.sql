-- Long-running jobs of a service: what was asked, how far it is, how it ended
-- depends:

-- migrate: apply

CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    scope text NOT NULL,
    unit char(12) NOT NULL,
    owner text NOT NULL,
    status text NOT NULL CHECK (status IN ('queued', 'running', 'succeeded', 'failed', 'cancelled', 'interrupted')),
    progress_done bigint NOT NULL DEFAULT 0,
    progress_total bigint,
    params jsonb,
    result jsonb,
    sealed_params text,
    sealed_result text,
    error jsonb,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);

CREATE INDEX jobs_by_unit ON jobs (unit, created_at DESC);

CREATE INDEX jobs_open ON jobs (updated_at) WHERE status IN ('queued', 'running');

CREATE INDEX jobs_by_expiry ON jobs (expires_at);

-- migrate: rollback

DROP TABLE jobs;
