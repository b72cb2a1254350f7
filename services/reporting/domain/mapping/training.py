"""Training's contracts in the ledger: attendance is a development measure counted in 人, 人次, 人天 and 期."""

from libs.events.contracts.training import (
    CourseChanged,
    CourseHeadcount,
    CourseOpened,
    TrainingAttended,
    TrainingWithdrawn,
)
from services.reporting.domain.mapping.row import Context, MeasureKind, Measures, Row, Withdraws

TRAINING = MeasureKind(
    name="training",
    measure_class="development",
    quantity_unit="person_day",
    times_name="attendances",
    quantity_name="days",
    measures_name="classes",
)

ROWS: tuple[Row, ...] = (
    Row(CourseOpened, "course_opened", Context("names the class on timelines; classes are counted by attendance")),
    Row(CourseChanged, "course_changed", Context("names the class on timelines")),
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
    Row(TrainingWithdrawn, "withdrawn", Withdraws(TRAINING, measure_id="course_id"), women=("woman_id",)),
)
