"""What training tells the world: courses, who attended them and the heads that were counted.

No names, no resident ids: a woman is her id, an unregistered participant only a number in the headcount.
"""

from datetime import date, time
from typing import ClassVar, Literal
from uuid import UUID

from libs.events.contract import Contract

TOPIC = "training"

Why = Literal[
    "weather", "too_few", "trainer", "venue", "farming", "health", "funds", "arrangement", "not_held", "wrong_entry"
]


class CourseOpened(Contract):
    """A course exists; key = course_id, `unit` = division of the organiser's unit, `trade` = its topic (培训工种)."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "training.course-opened.v1"

    course_id: UUID
    unit: str
    title: str
    trade: str
    organiser: str
    first_day: date
    last_day: date
    place: str | None
    kind: str


class CourseChanged(Contract):
    """The same fields as at opening, full state after a correction or a move (改期、改地点); key = course_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "training.course-changed.v1"

    course_id: UUID
    unit: str
    title: str
    trade: str
    organiser: str
    first_day: date
    last_day: date
    place: str | None
    kind: str


class CourseCancelled(Contract):
    """A course is not held and no class is to be counted for it; key = course_id.

    Attendance that was told before is taken back woman by woman (TrainingWithdrawn). The same course may be opened
    again later (CourseOpened).
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "training.course-cancelled.v1"

    course_id: UUID
    on: date
    cancelled_reason: Why


class SessionPlanned(Contract):
    """A session (场次) of a course as it shall be held; key = course_id, a later record of its number replaces it.

    `start` and `hours` (学时) where they are set; `place` null: that of the course.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "training.session-planned.v1"

    course_id: UUID
    number: int
    day: date
    start: time | None
    hours: int | None
    half_day: bool
    place: str | None


class SessionCancelled(Contract):
    """A session is not held: the days of its course are one fewer, unless another session is held that day."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "training.session-cancelled.v1"

    course_id: UUID
    number: int
    cancelled_reason: Why


class TrainingAttended(Contract):
    """A registered woman attended ≥ 1 day of a course; a later record for the same pair replaces it.

    `days` are days ticked (人天); `unit` is the division of the importing unit, `division` where she was registered
    when she was enrolled (absent in old records); key = woman_id.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "training.attended.v1"

    course_id: UUID
    woman_id: UUID
    days: int
    first_day: date
    last_day: date
    completed: bool
    unit: str
    division: str | None = None


class TrainingWithdrawn(Contract):
    """Her attendance of the course is void: a corrected roster no longer names her; key = woman_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "training.withdrawn.v1"

    course_id: UUID
    woman_id: UUID


class TrainingFollowedUp(Contract):
    """What a woman was doing some months after a course she completed; a later record of the same months replaces it.

    It counts while her attendance of the course stands and is completed. `outcome_id` is one course and month, `result`
    employed, self_employed, none or not_reached; `working`: one of the first two. `income_band` in yuan a month where
    she told it; `unit` asked her, `division` is where she was registered then; key = woman_id.
    """

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "training.followed-up.v1"

    course_id: UUID
    woman_id: UUID
    outcome_id: UUID
    after_months: int
    on: date
    result: str
    working: bool
    employer_kind: str | None
    work_place: str | None
    income_band: str | None
    unit: str
    division: str


class CourseHeadcount(Contract):
    """All heads of a course, the women among them and the registered women; key = course_id."""

    topic: ClassVar[str] = TOPIC
    type: ClassVar[str] = "training.course-headcount.v1"

    course_id: UUID
    participants: int
    women: int
    registered_women: int
