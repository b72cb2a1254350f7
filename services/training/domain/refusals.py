"""What more than one rule of training refuses, said in one way."""

from datetime import date

from libs.values.errors import Conflict, Refused


def course_over(last_day: date, on: date) -> Refused:
    """Nobody enrols or waits for a course after its last day."""
    return Refused(
        "training.course_finished",
        f"培训班已于{last_day}结束，{on}不能再报名或候补",
        field="on",
        value=on.isoformat(),
        rule="报名不晚于培训结束日期",
        right=f"不晚于{last_day}",
    )


def already_enrolled() -> Conflict:
    """She sits in the course."""
    return Conflict("training.already_enrolled", "该妇女已在本班，同班一人一次", rule="同一人在同一班只报名一次")
