"""What became of a woman after a course (跟踪回访): asked at fixed months after its last day, tried again, corrected.

One stream an enrolment. A later answer about the same months replaces the earlier one; both stay in the log.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, assert_never, get_args
from uuid import UUID

from libs.events.decider import Decider
from libs.events.personal import Personal
from libs.values.errors import Invalid, Refused
from services.training.policies import FOLLOW_UP, months_after

Result = Literal["employed", "self_employed", "none", "not_reached"]
Employer = Literal["enterprise", "cooperative", "workshop", "public_post", "household", "other"]
WorkPlace = Literal["in_county", "in_province", "elsewhere"]
WORKING: Final[frozenset[Result]] = frozenset({"employed", "self_employed"})


@dataclass(frozen=True, slots=True)
class Said:
    """One answer. `on` is the day she was asked; `monthly_income_fen` where she told it; `next_try` if not reached."""

    after_months: int
    on: date
    result: Result
    employer_kind: Employer | None = None
    work_place: WorkPlace | None = None
    monthly_income_fen: int | None = None
    next_try: date | None = None


@dataclass(frozen=True, slots=True)
class FollowUpRecorded:
    """`division` is where she was registered then, `unit` the unit that asked; `tries`: days on which nobody met her.

    `note` is free text, sealed with her own key.
    """

    enrolment_id: UUID
    course_id: UUID
    woman_id: UUID
    division: str
    unit: str
    said: Said
    tries: int
    note: Personal[str] | None = None


Event: TypeAlias = FollowUpRecorded


@dataclass(frozen=True, slots=True)
class RecordFollowUp:
    """`last_day` of the course as her attendance has it, `completed` whether she finished it; `today` for the rules."""

    enrolment_id: UUID
    course_id: UUID
    woman_id: UUID
    division: str
    unit: str
    last_day: date
    completed: bool
    today: date
    said: Said
    note: Personal[str] | None = None


Command: TypeAlias = RecordFollowUp


@dataclass(frozen=True, slots=True)
class Asked:
    """What is known at one of the months: the last answer, and the days on which she was not reached."""

    said: Said
    missed: frozenset[date] = frozenset()


State: TypeAlias = Mapping[int, Asked]
"""By the months after the course."""


def decide(state: State, command: Command) -> list[Event]:
    """The rules of a follow-up; the same answer again changes nothing."""
    said = command.said
    if not command.completed:
        raise Refused(
            "training.not_completed",
            "她没有完成本班培训，不作跟踪回访",
            field="enrolment_id",
            rule="跟踪回访针对完成培训的妇女",
            right="先登记出勤和考核结果",
        )
    _check_day(command)
    _check_work(said)
    before = state.get(said.after_months)
    missed = _missed(before, said)
    _check_next_try(command, len(missed))
    if before is not None and before.said == said and command.note is None:
        return []
    return [
        FollowUpRecorded(
            command.enrolment_id,
            command.course_id,
            command.woman_id,
            command.division,
            command.unit,
            said,
            len(missed),
            command.note,
        )
    ]


def evolve(state: State, event: Event) -> State:
    """What is known after an event."""
    match event:
        case FollowUpRecorded():
            said = event.said
            asked = Asked(said, _missed(state.get(said.after_months), said))
            return MappingProxyType({**state, said.after_months: asked})
        case _:
            assert_never(event)


def _missed(before: Asked | None, said: Said) -> frozenset[date]:
    """A day counts once, however often it is written down; who was met after all was not missed that day."""
    days = before.missed if before else frozenset()
    return days | {said.on} if said.result == "not_reached" else days - {said.on}


def _check_day(command: RecordFollowUp) -> None:
    said, rule = command.said, FOLLOW_UP.on(command.last_day).value
    if said.after_months not in rule.months:
        months = "、".join(map(str, rule.months))
        raise Invalid(
            "training.follow_up_months",
            f"没有结业后{said.after_months}个月的回访，应为{months}个月",
            field="after_months",
            value=str(said.after_months),
            rule=f"结业后{months}个月各回访一次",
            right=str(rule.months[0]),
        )
    first = months_after(command.last_day, said.after_months) - timedelta(days=rule.early_days)
    if not first <= said.on <= command.today:
        raise Invalid(
            "training.follow_up_day",
            f"回访日期{said.on}不正确：培训于{command.last_day}结束，应为{first}至今天（{command.today}）",
            field="on",
            value=said.on.isoformat(),
            rule=f"最早在结业满{said.after_months}个月之前{rule.early_days}天，不晚于今天",
            right=first.isoformat(),
        )


def _check_work(said: Said) -> None:
    """An employed woman has an employer and a place of work, a self-employed one a place, the others neither."""
    wanted = {
        "employer_kind": said.result == "employed",
        "work_place": said.result in WORKING,
    }
    for name, needed in wanted.items():
        if (getattr(said, name) is not None) != needed:
            raise _work(name, str(getattr(said, name) or ""), needed=needed)
    if said.monthly_income_fen is not None and said.result not in WORKING:
        raise _work("monthly_income_fen", str(said.monthly_income_fen), needed=False)


def _work(name: str, value: str, *, needed: bool) -> Invalid:
    heading = {"employer_kind": "用人单位类别", "work_place": "就业地点", "monthly_income_fen": "月收入"}[name]
    kinds = {"employer_kind": get_args(Employer), "work_place": get_args(WorkPlace)}.get(name, ())
    what = "没有填写" if needed else "不应填写"
    return Invalid(
        "training.follow_up_work",
        f"{heading}{what}：已就业的填用人单位类别和就业地点，自主创业的只填就业地点，其他的都不填",
        field=name,
        value=value,
        rule="用人单位类别、就业地点、月收入与回访结果一致",
        right=" / ".join(kinds) if needed else "空",
    )


def _check_next_try(command: RecordFollowUp, tries: int) -> None:
    said, rule = command.said, FOLLOW_UP.on(command.last_day).value
    last = tries >= rule.tries
    if said.result == "not_reached":
        good = said.next_try is not None and said.next_try > said.on
        good = good or (last and said.next_try is None)
    else:
        good = said.next_try is None
    if good:
        return
    raise Invalid(
        "training.follow_up_next_try",
        f"再次回访日期不正确：未联系上的须填晚于{said.on}的日期（{rule.tries}次未联系上后可以不填），其他结果不填",
        field="next_try",
        value=said.next_try.isoformat() if said.next_try else "",
        rule="未联系上的约定再次回访日期",
        right=(said.on + timedelta(days=7)).isoformat() if said.result == "not_reached" else "空",
    )


follow_up: Decider[State, Command, Event] = Decider(MappingProxyType({}), decide, evolve)
