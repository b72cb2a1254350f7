-- What became of women after their courses: when each is to be asked, and what the last answer was.
-- depends: 0010_training_share

-- migrate: apply

-- A row for each enrolment that was completed and each month at which is asked. `void`: the enrolment was withdrawn, or
-- is not completed after all. `waits`: somebody still has to ask.
CREATE TABLE follow_ups (
    enrolment_id uuid NOT NULL,
    after_months int NOT NULL,
    course_id    uuid NOT NULL,
    woman_id     uuid NOT NULL,
    due          date NOT NULL,
    void         boolean NOT NULL DEFAULT false,
    result       text,
    next_try     date,
    tries        int NOT NULL DEFAULT 0,
    version      int NOT NULL DEFAULT 0,
    waits        boolean GENERATED ALWAYS AS (
                     NOT void AND (result IS NULL OR (result = 'not_reached' AND next_try IS NOT NULL))) STORED,
    PRIMARY KEY (enrolment_id, after_months)
);
CREATE INDEX follow_ups_woman ON follow_ups (woman_id) WHERE NOT void;
CREATE INDEX women_place ON women (division, woman_id);
DROP INDEX women_division;

-- migrate: rollback

CREATE INDEX women_division ON women (division);
DROP INDEX women_place;
DROP TABLE follow_ups;
