-- People's rights: who has been told what, open requests, and whose data may only be stored and protected.
-- depends: 0007_registry_incomes

-- migrate: apply

-- Written in the transaction of the restriction, so that no read comes between.
ALTER TABLE persons ADD COLUMN restricted boolean NOT NULL DEFAULT false;
CREATE INDEX persons_restricted ON persons (person_id) WHERE restricted;

-- The day on which a kept file was destroyed because its time was over.
ALTER TABLE import_files ADD COLUMN emptied_on date;
CREATE INDEX import_files_kept ON import_files (kept_at) WHERE emptied_on IS NULL OR refused IS NOT NULL;

-- Read models, derived from the log alone. `since`: the register that first named her in this village.
CREATE TABLE rights_women (
    woman_id uuid PRIMARY KEY,
    division text COLLATE "C" NOT NULL,
    since    date NOT NULL,
    gone     boolean NOT NULL DEFAULT false,
    merged   boolean NOT NULL DEFAULT false,
    erased   boolean NOT NULL DEFAULT false
);
CREATE INDEX rights_women_listed ON rights_women (division, woman_id) WHERE NOT (gone OR merged OR erased);

CREATE TABLE rights_told (
    woman_id uuid NOT NULL,
    purpose  text NOT NULL,
    edition  text NOT NULL,
    how      text NOT NULL,
    told_on  date NOT NULL,
    PRIMARY KEY (woman_id, purpose, edition)
);

CREATE TABLE rights_notices (
    notice_id uuid PRIMARY KEY,
    division  text COLLATE "C" NOT NULL,
    through   text COLLATE "C" NOT NULL,
    purpose   text NOT NULL,
    edition   text NOT NULL,
    posted_on date NOT NULL
);
CREATE INDEX rights_notices_division ON rights_notices (division);

CREATE TABLE rights_requests (
    request_id uuid PRIMARY KEY,
    woman_id   uuid NOT NULL,
    kind       text NOT NULL,
    field      text,
    applicant  text NOT NULL,
    made_on    date NOT NULL,
    due        date NOT NULL,
    state      text NOT NULL,
    ended_on   date
);
CREATE INDEX rights_requests_due ON rights_requests (due, request_id);
CREATE INDEX rights_requests_woman ON rights_requests (woman_id);

-- migrate: rollback

DROP TABLE rights_requests, rights_notices, rights_told, rights_women;
DROP INDEX import_files_kept;
ALTER TABLE import_files DROP COLUMN emptied_on;
DROP INDEX persons_restricted;
ALTER TABLE persons DROP COLUMN restricted;
