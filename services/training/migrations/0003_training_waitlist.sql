-- The waiting list of full courses, as pages show it.
-- depends: 0001_training_read_models

-- migrate: apply

-- `unit` asked for her; `division` is where she was registered then. `problem`: the rule that refused an accepted seat.
CREATE TABLE waitlist (
    course_id uuid NOT NULL,
    woman_id  uuid NOT NULL,
    division  text COLLATE "C" NOT NULL,
    unit      text COLLATE "C" NOT NULL,
    status    text NOT NULL,
    rank      int NOT NULL,
    since     timestamptz NOT NULL,
    state     text NOT NULL
              CHECK (state IN ('waiting', 'offered', 'accepted', 'seated', 'declined', 'lapsed', 'refused')),
    until     timestamptz,
    problem   text,
    PRIMARY KEY (course_id, woman_id)
);

-- migrate: rollback

DROP TABLE waitlist;
