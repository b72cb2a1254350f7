-- Certificates, and whose course was passed, so that who still has none is found.
-- depends: 0011_training_follow_ups

-- migrate: apply

-- `number` stays sealed with the key of `woman_id`. Withdrawn ones stay, so that her copy holds them.
CREATE TABLE certificates (
    certificate_id uuid NOT NULL,
    enrolment_id   uuid NOT NULL,
    course_id      uuid NOT NULL,
    woman_id       uuid NOT NULL,
    kind           text NOT NULL,
    issuer         text NOT NULL,
    issued_on      date NOT NULL,
    number         text NOT NULL,
    withdrawn      boolean NOT NULL DEFAULT false,
    version        int NOT NULL,
    PRIMARY KEY (certificate_id, enrolment_id)
);
CREATE INDEX certificates_enrolment ON certificates (enrolment_id) WHERE NOT withdrawn;
CREATE INDEX certificates_course ON certificates (course_id, certificate_id) WHERE NOT withdrawn;
CREATE INDEX certificates_woman ON certificates (woman_id);

-- Enrolments that were completed and passed; `numbered`: a roster brought the number of a certificate.
CREATE TABLE passed_enrolments (
    enrolment_id uuid PRIMARY KEY,
    course_id    uuid NOT NULL,
    woman_id     uuid NOT NULL,
    last_day     date NOT NULL,
    numbered     boolean NOT NULL
);
CREATE INDEX passed_enrolments_woman ON passed_enrolments (woman_id);

-- migrate: rollback

DROP TABLE passed_enrolments, certificates;
