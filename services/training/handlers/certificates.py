"""Writing down certificates and taking wrong ones back: inside the caller's units, a number once an issuer."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from libs.events.commands import Receipt
from libs.events.personal import Personal
from libs.events.runtime import Runtime
from libs.values.texts import folded
from services.training.domain.certificate import (
    IssueCertificate,
    Paper,
    WithdrawCertificate,
    certificate,
    not_found,
)
from services.training.domain.enrolment import Active, enrolment
from services.training.domain.keys import certificate_id
from services.training.handlers.enrolments import Caller, not_enrolled
from services.training.projections.certificates import Certificates
from services.training.projections.follow_ups import FollowUps
from services.training.projections.women import Women


@dataclass(frozen=True, slots=True)
class Issue:
    """A certificate as sent."""

    enrolment_id: UUID
    paper: Paper
    number: str = field(repr=False)


class Issuing:
    """Certificates of women who passed a course."""

    def __init__(self, runtime: Runtime) -> None:
        """The log with its keys, and the read models."""
        self._runtime = runtime
        self._enrolments = FollowUps(runtime.pool)
        self._certificates = Certificates(runtime.pool)
        self._women = Women(runtime.pool)

    def id_of(self, issue: Issue) -> UUID:
        """The same for the same issuer and number, however they are spaced or in whatever case."""
        token = self._runtime.vault.token("certificate", folded(issue.number).upper())
        return certificate_id(folded(issue.paper.issuer), token)

    async def issue(self, issue: Issue, today: date, caller: Caller) -> Receipt:
        """Raises NotFound for an enrolment that is not the caller's, Conflict for another woman's number."""
        hers = await self._enrolments.hers(caller.division, issue.enrolment_id)
        state, _version = await self._runtime.commands.state(enrolment, issue.enrolment_id)
        if hers is None or not isinstance(state, Active):
            raise not_enrolled()
        command = IssueCertificate(
            self.id_of(issue),
            issue.enrolment_id,
            state.course_id,
            state.woman_id,
            await self._women.records(hers["woman_id"]),
            caller.division.code,
            completed=state.attendance is not None and state.attendance.completed,
            first_day=state.attendance.first_day if state.attendance else today,
            today=today,
            paper=issue.paper,
            number=Personal(state.woman_id, issue.number, "training"),
        )
        return await self._handle(command, caller)

    async def withdraw(self, asked: UUID, caller: Caller) -> Receipt:
        """Take it back; `caller.expected` is its version. Raises NotFound for one that is not the caller's."""
        if not await self._certificates.visible(caller.division, asked):
            raise not_found()
        return await self._handle(WithdrawCertificate(asked), caller)

    async def _handle(self, command: IssueCertificate | WithdrawCertificate, caller: Caller) -> Receipt:
        return await self._runtime.commands.handle(
            certificate,
            command.certificate_id,
            command,
            caller.meta,
            idempotency=caller.idempotency,
            respond=caller.respond,
            expected=caller.expected,
        )
