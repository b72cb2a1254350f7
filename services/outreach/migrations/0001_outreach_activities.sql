-- What outreach keeps beside its log: activities with their counts, and the women on their lists.
-- depends:

-- migrate: apply

-- `unit` organises and reports, `division` is where it was held. Counts are null until it is reported; each of them has
-- a unit of its own (场次, 人次, 份) and none is ever added to another.
CREATE TABLE activities (
    activity_id  uuid PRIMARY KEY,
    unit         text COLLATE "C" NOT NULL,
    division     text COLLATE "C" NOT NULL,
    topic        text NOT NULL,
    title        text NOT NULL,
    form         text NOT NULL,
    first_day    date NOT NULL,
    last_day     date NOT NULL,
    place        text,
    organiser    text,
    phase        text NOT NULL CHECK (phase IN ('planned', 'held', 'reported', 'cancelled')),
    reason       text,
    sessions     int,
    attendances  int,
    women        int,
    registered   int,
    materials    int,
    asked_before int,
    aware_before int,
    asked_after  int,
    aware_after  int,
    version      int NOT NULL
);
CREATE INDEX activities_list ON activities (first_day DESC, activity_id DESC);
CREATE INDEX activities_unit ON activities (unit, first_day);
CREATE INDEX activities_place ON activities (division, first_day) WHERE phase = 'reported';

-- `division` is where she was registered when she was named; where she is now stands in women.
CREATE TABLE reached (
    activity_id uuid NOT NULL,
    woman_id    uuid NOT NULL,
    division    text COLLATE "C" NOT NULL,
    topic       text NOT NULL,
    first_day   date NOT NULL,
    sessions    int NOT NULL,
    PRIMARY KEY (activity_id, woman_id)
);
CREATE INDEX reached_woman ON reached (woman_id);

-- migrate: rollback

DROP TABLE reached, activities;
