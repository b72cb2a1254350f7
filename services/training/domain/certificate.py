"""A certificate (证书): one stream for each issuer and number, so that a number is one woman's, whoever asks first.

The number itself is sealed with her key; the stream is found by its blind index.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias, assert_never
from uuid import UUID

from libs.events.decider import Decider
from libs.events.personal import Personal
from libs.values.errors import Conflict, Invalid, NotFound, Refused

Kind = Literal["training", "vocational", "special_skill"]
"""培训合格证, 职业资格, 专项能力."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on it besides her name and the number."""

    kind: Kind
    issuer: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class CertificateIssued:
    """Full state: a later one of the same stream corrects it. `unit` says so."""

    certificate_id: UUID
    enrolment_id: UUID
    course_id: UUID
    woman_id: UUID
    unit: str
    paper: Paper
    number: Personal[str]


@dataclass(frozen=True, slots=True)
class CertificateWithdrawn:
    """It was written down wrongly; the number is free again."""

    certificate_id: UUID
    enrolment_id: UUID


Event: TypeAlias = CertificateIssued | CertificateWithdrawn


@dataclass(frozen=True, slots=True)
class IssueCertificate:
    """`hers` are all ids she has; `completed` and `first_day` as her attendance has them."""

    certificate_id: UUID
    enrolment_id: UUID
    course_id: UUID
    woman_id: UUID
    hers: frozenset[UUID]
    unit: str
    completed: bool
    first_day: date
    today: date
    paper: Paper
    number: Personal[str]


@dataclass(frozen=True, slots=True)
class WithdrawCertificate:
    certificate_id: UUID


Command: TypeAlias = IssueCertificate | WithdrawCertificate


@dataclass(frozen=True, slots=True)
class Free:
    """Nobody has this number of this issuer."""


@dataclass(frozen=True, slots=True)
class Issued:
    enrolment_id: UUID
    woman_id: UUID
    paper: Paper


State: TypeAlias = Free | Issued


def decide(state: State, command: Command) -> list[Event]:
    """The rules of a certificate."""
    match command:
        case IssueCertificate():
            return _issue(state, command)
        case WithdrawCertificate():
            if not isinstance(state, Issued):
                raise not_found()
            return [CertificateWithdrawn(command.certificate_id, state.enrolment_id)]
        case _:
            assert_never(command)


def evolve(_state: State, event: Event) -> State:
    """Whose it is after an event."""
    match event:
        case CertificateIssued():
            return Issued(event.enrolment_id, event.woman_id, event.paper)
        case CertificateWithdrawn():
            return Free()
        case _:
            assert_never(event)


def _issue(state: State, command: IssueCertificate) -> list[Event]:
    paper = command.paper
    if not command.completed:
        raise Refused(
            "training.not_completed",
            "她没有完成本班培训，不能登记本班的证书",
            field="enrolment_id",
            rule="证书发给完成培训的学员",
            right="先登记出勤和考核结果",
        )
    if not command.first_day <= paper.issued_on <= command.today:
        raise Invalid(
            "training.certificate_day",
            f"发证日期{paper.issued_on}不正确：培训于{command.first_day}开始，应为该日至今天（{command.today}）",
            field="issued_on",
            value=paper.issued_on.isoformat(),
            rule="发证日期不早于开班、不晚于今天",
            right=command.today.isoformat(),
        )
    if isinstance(state, Issued):
        if state.woman_id not in command.hers:
            raise Conflict(
                "training.certificate_taken",
                "该发证单位的这个证书编号已登记在另一人名下",
                field="number",
                rule="同一发证单位的证书编号只属于一人",
                right="核对证书编号和发证单位",
            )
        if (state.enrolment_id, state.paper) == (command.enrolment_id, paper):
            return []
    return [
        CertificateIssued(
            command.certificate_id,
            command.enrolment_id,
            command.course_id,
            command.woman_id,
            command.unit,
            paper,
            command.number,
        )
    ]


def not_found() -> NotFound:
    """The one answer for a certificate that is not there and for one of other units."""
    return NotFound("training.certificate_not_found", "没有这张证书，或它不属于您的单位", field="certificate_id")


certificate: Decider[State, Command, Event] = Decider(Free(), decide, evolve)
