-- What training keeps beside its log: its read models and its read copy of the register.
-- depends:

-- migrate: apply

CREATE TABLE courses (
    course_id  uuid PRIMARY KEY,
    unit       text COLLATE "C" NOT NULL,
    title      text NOT NULL,
    trade      text NOT NULL,
    organiser  text NOT NULL,
    first_day  date NOT NULL,
    last_day   date NOT NULL,
    place      text,
    kind       text NOT NULL,
    days       int NOT NULL,
    capacity   int,
    finished   boolean NOT NULL DEFAULT false,
    version    int NOT NULL
);
CREATE INDEX courses_list ON courses (first_day DESC, course_id);
CREATE INDEX courses_unit ON courses (unit);

-- Every head of a course. `woman` as the roster says; who is registered stands in enrolments.
CREATE TABLE seats (
    course_id uuid NOT NULL,
    seat_id   uuid NOT NULL,
    woman     boolean NOT NULL,
    PRIMARY KEY (course_id, seat_id)
);

-- `division` is where she was registered when she enrolled; where she is now stands in women.
CREATE TABLE enrolments (
    enrolment_id uuid PRIMARY KEY,
    course_id    uuid NOT NULL,
    woman_id     uuid NOT NULL,
    division     text COLLATE "C" NOT NULL,
    unit         text COLLATE "C" NOT NULL,
    source       text NOT NULL,
    days         int,
    completed    boolean NOT NULL DEFAULT false,
    result       text,
    withdrawn    boolean NOT NULL DEFAULT false,
    version      int NOT NULL
);
CREATE INDEX enrolments_course ON enrolments (course_id) WHERE NOT withdrawn;
CREATE INDEX enrolments_woman ON enrolments (woman_id);

-- Roster lines that are no registered woman, or not surely one; their words stay sealed with the line's own key.
CREATE TABLE roster_lines (
    line_id         uuid PRIMARY KEY,
    course_id       uuid NOT NULL,
    unit            text COLLATE "C" NOT NULL,
    division        text COLLATE "C" NOT NULL,
    state           text NOT NULL CHECK (state IN ('waiting', 'head', 'confirmed', 'refused', 'dropped', 'erased')),
    kind            text NOT NULL,
    match           text NOT NULL,
    reasons         text[] NOT NULL,
    candidate       uuid,
    seated          boolean NOT NULL,
    days            int NOT NULL,
    signed_by_other int NOT NULL,
    sheet           text NOT NULL,
    row             int NOT NULL,
    name            text,
    resident_id     text,
    village         text,
    before_drop     text
);
CREATE INDEX roster_lines_waiting ON roster_lines (course_id, line_id) WHERE state = 'waiting';
CREATE INDEX roster_lines_candidate ON roster_lines (candidate) WHERE candidate IS NOT NULL;

-- Read copy of the registry's published facts: who is registered where.
CREATE TABLE women (
    woman_id uuid PRIMARY KEY,
    division text COLLATE "C" NOT NULL,
    status   text NOT NULL,
    number   bigint NOT NULL,
    erased   boolean NOT NULL DEFAULT false
);
CREATE INDEX women_division ON women (division);
CREATE INDEX women_erased ON women (woman_id) WHERE erased;

-- migrate: rollback

DROP TABLE women, roster_lines, enrolments, seats, courses;
