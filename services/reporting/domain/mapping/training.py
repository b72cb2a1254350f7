"""Training's contracts in the ledger: attendance is a development measure counted in 人, 人次, 人天 and 期.

Work found after a course (结业后就业) is its outcome, of a class of its own: it matches nobody and counts 人.
"""

from libs.events.contracts.training import (
    CourseCancelled,
    CourseChanged,
    CourseHeadcount,
    CourseOpened,
    SessionCancelled,
    SessionPlanned,
    TrainingAttended,
    TrainingFollowedUp,
    TrainingWithdrawn,
)
from services.reporting.domain.mapping.row import Context, MeasureKind, Measures, Outcomes, Row, Withdraws

TRAINING = MeasureKind(
    name="training",
    measure_class="development",
    quantity_unit="person_day",
    times_name="attendances",
    quantity_name="days",
    measures_name="classes",
)

EMPLOYMENT = MeasureKind(
    name="employment",
    measure_class="outcome",
    quantity_unit="answer",
    times_name="answers",
    quantity_name="working",
    measures_name="follow_ups",
)

ROWS: tuple[Row, ...] = (
    Row(CourseOpened, "course_opened", Context("names the class on timelines; classes are counted by attendance")),
    Row(CourseChanged, "course_changed", Context("names the class on timelines")),
    Row(CourseCancelled, "course_cancelled", Context("each attendance is taken back by a record of its own")),
    Row(SessionPlanned, "session_planned", Context("a plan is no attendance")),
    Row(SessionCancelled, "session_cancelled", Context("days attended come with the attendance")),
    Row(CourseHeadcount, "course_headcount", Context("heads of the class, registered or not; the 40 % share needs it")),
    Row(
        TrainingAttended,
        "attended",
        Measures(
            TRAINING,
            measure_id="course_id",
            first="first_day",
            last="last_day",
            quantity="days",
            delivered="completed",
        ),
        women=("woman_id",),
    ),
    Row(
        TrainingFollowedUp,
        "followed_up",
        Outcomes(
            EMPLOYMENT,
            of=TRAINING,
            of_id="course_id",
            measure_id="outcome_id",
            on="on",
            good="working",
        ),
        women=("woman_id",),
    ),
    Row(TrainingWithdrawn, "withdrawn", Withdraws(TRAINING, measure_id="course_id"), women=("woman_id",)),
)
