-- The answers to the rows of a file, in pages, for a result of a million rows is never read whole
-- depends: 0002_service_answers

-- migrate: apply

-- counts: how many rows of the page show what (all, findings, outcome:…, severity:…), so that a reader leaps over pages
CREATE TABLE job_rows (
    job_id uuid  NOT NULL REFERENCES jobs ON DELETE CASCADE,
    page   int   NOT NULL,
    counts jsonb NOT NULL,
    rows   jsonb,
    sealed text,
    PRIMARY KEY (job_id, page)
);

-- migrate: rollback

DROP TABLE job_rows;
