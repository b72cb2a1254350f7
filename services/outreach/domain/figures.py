"""What an activity (活动) is and what came of it: its facts, its counts in their own units, and what these may say.

场次 sessions, 人次 attendances (one person at one session), 份 copies of materials: never added together, never 人.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

from libs.values.errors import Invalid

MOST: Final = 1_000_000
"""More of anything than one activity can have: a slip of the keyboard."""


@dataclass(frozen=True, slots=True)
class Facts:
    """`unit` organises and reports, `division` is where it is held; both 12 digits. `form` is free text (活动形式)."""

    unit: str
    division: str
    topic: str
    title: str
    form: str
    first_day: date
    last_day: date
    place: str | None = None
    organiser: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Of those who came `women`, of these `registered` (建档立卡妇女), each in 人次; `materials` in 份."""

    sessions: int
    attendances: int
    women: int
    registered: int
    materials: int = 0


@dataclass(frozen=True, slots=True)
class Awareness:
    """Of `asked` people `aware` knew of the topic (知晓)."""

    asked: int
    aware: int


def check_facts(facts: Facts) -> None:
    """Raise Invalid `outreach.bad_period` for an activity that ends before it begins."""
    if facts.last_day < facts.first_day:
        raise Invalid(
            "outreach.bad_period",
            f"结束日期{facts.last_day}早于开始日期{facts.first_day}",
            field="last_day",
            value=facts.last_day.isoformat(),
            rule="结束日期不早于开始日期",
            right=f"不早于{facts.first_day}",
        )


def check_counts(counts: Counts) -> None:
    """Raise Invalid `outreach.bad_count` naming the figure, the rule and what would be right."""
    low = {"sessions": 1}
    for name, value in (
        ("sessions", counts.sessions),
        ("attendances", counts.attendances),
        ("women", counts.women),
        ("registered", counts.registered),
        ("materials", counts.materials),
    ):
        if not low.get(name, 0) <= value <= MOST:
            raise _bad(name, value, f"不小于{low.get(name, 0)}、不大于{MOST}的整数", str(low.get(name, 0)))
    if counts.women > counts.attendances:
        raise _bad("women", counts.women, "妇女人次不能大于参加人次", f"不大于{counts.attendances}")
    if counts.registered > counts.women:
        raise _bad("registered", counts.registered, "建档立卡妇女人次不能大于妇女人次", f"不大于{counts.women}")
    if 0 < counts.attendances < counts.sessions:
        raise _bad("sessions", counts.sessions, "场次不能大于参加人次", f"不大于{counts.attendances}")


def check_awareness(said: Awareness) -> None:
    """Raise Invalid `outreach.bad_count` when more knew than were asked."""
    if not 1 <= said.asked <= MOST:
        raise _bad("asked", said.asked, f"不小于1、不大于{MOST}的整数", "30")
    if not 0 <= said.aware <= said.asked:
        raise _bad("aware", said.aware, "知晓人数不能大于询问人数", f"不大于{said.asked}")


def _bad(field: str, value: int, rule: str, right: str) -> Invalid:
    message = f"{field}为{value}，不正确：{rule}"
    return Invalid("outreach.bad_count", message, field=field, value=str(value), rule=rule, right=right)
