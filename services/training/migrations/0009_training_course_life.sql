-- Courses are moved and cancelled, and have sessions.
-- depends: 0008_training_record

-- migrate: apply

ALTER TABLE courses
    ADD COLUMN cancelled_on     date,
    ADD COLUMN cancelled_reason text,
    ADD COLUMN moved_reason     text,
    ADD COLUMN was_first_day    date,
    ADD COLUMN was_place        text;

CREATE TABLE sessions (
    course_id        uuid NOT NULL,
    number           int NOT NULL,
    day              date NOT NULL,
    start            time,
    hours            int,
    half_day         boolean NOT NULL,
    place            text,
    cancelled_reason text,
    moved_reason     text,
    was_day          date,
    PRIMARY KEY (course_id, number)
);

-- migrate: rollback

DROP TABLE sessions;
ALTER TABLE courses DROP COLUMN was_place, DROP COLUMN was_first_day, DROP COLUMN moved_reason,
    DROP COLUMN cancelled_reason, DROP COLUMN cancelled_on;
