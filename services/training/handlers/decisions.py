"""A person decides a waiting line: this is she, or not. Line, seat and attendance change in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from libs.events.meta import Meta
from libs.events.personal import Personal
from libs.events.store import NO_STREAM, Append, EventStore, VersionConflict
from libs.events.vault import Vault
from libs.values.division import Division
from libs.values.errors import NotFound
from services.training.domain import course as courses
from services.training.domain import enrolment as enrolments
from services.training.domain import roster_line as lines
from services.training.domain.keys import enrolment_id
from services.training.handlers.ports import Aliases

ATTEMPTS = 12


class Residence(Protocol):
    """Where women are registered now, as our read copy of the register knows."""

    async def divisions(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Woman → division; who is not known is absent."""


@dataclass(frozen=True, slots=True)
class Decision:
    """`reason` is free text of a person about a person: it is sealed with the line."""

    line_id: UUID
    decision: Literal["confirm", "refuse"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """`xid` is None when the line had been decided so before."""

    line_id: UUID
    course_id: UUID
    woman_id: UUID | None
    xid: int | None


@dataclass(frozen=True, slots=True)
class _Stream:
    version: int
    state: courses.State | enrolments.State | lines.State


class Decide:
    """Handles decisions on waiting lines, inside the caller's division only."""

    def __init__(self, store: EventStore, vault: Vault, aliases: Aliases, residence: Residence) -> None:
        """The log, the keys, the registry's merges and our copy of where women are registered."""
        self._store = store
        self._vault = vault
        self._aliases = aliases
        self._residence = residence

    async def decide(self, decision: Decision, division: Division, meta: Meta) -> Decided:
        """Raises NotFound for a line that is not there or not the caller's, Conflict when decided otherwise."""
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._once(decision, division, meta)
            except VersionConflict:
                continue
        return await self._once(decision, division, meta)

    async def _once(self, decision: Decision, division: Division, meta: Meta) -> Decided:
        recorded = await self._store.load(decision.line_id)
        if not all(isinstance(item.event, lines.Event) for item in recorded):
            raise _not_found()  # the id of a course, an enrolment or a waiting list
        line = lines.roster_line.fold(item.event for item in recorded)
        if isinstance(line, lines.NoLine | lines.Dropped | lines.Erased):
            raise _not_found()
        home = await self._home(line)
        if not division.covers(Division(home)):
            raise _not_found()
        reason = Personal(decision.line_id, decision.reason, "roster") if decision.reason else None
        if decision.decision == "refuse":
            events = lines.decide(line, lines.RefuseLine(decision.line_id, reason))
            return await self._append(decision, line, None, [Append(decision.line_id, len(recorded), events, meta)])
        woman = await self._woman(line)
        events = lines.decide(line, lines.ConfirmLine(decision.line_id, woman, reason))
        appends = [Append(decision.line_id, len(recorded), events, meta)]
        if events:
            assert isinstance(line, lines.Kept)
            appends += await self._attendance(decision.line_id, line, woman, home, meta)
        return await self._append(decision, line, woman, appends)

    async def _append(
        self,
        decision: Decision,
        line: lines.Kept | lines.Confirmed | lines.Refused,
        woman: UUID | None,
        appends: Sequence[Append],
    ) -> Decided:
        wanted = [append for append in appends if append.events]
        xid = (await self._store.append_many(wanted))[-1].xid if wanted else None
        return Decided(decision.line_id, line.course_id, woman, xid)

    async def _home(self, line: lines.Kept | lines.Confirmed | lines.Refused) -> str:
        """Where the candidate is registered now; what the roster's import knew when our copy does not say."""
        candidate = line.said.candidate
        if candidate is None:
            return line.said.division
        canonical = (await self._aliases.canonical({candidate})).get(candidate, candidate)
        known = await self._residence.divisions({candidate, canonical})
        return known.get(canonical) or known.get(candidate) or line.said.division

    async def _woman(self, line: lines.Kept | lines.Confirmed | lines.Refused) -> UUID:
        """The id the candidate is known by at this moment."""
        if isinstance(line, lines.Confirmed):
            return line.woman_id
        candidate = line.said.candidate
        if candidate is None:
            raise _not_found()
        return (await self._aliases.canonical({candidate})).get(candidate, candidate)

    async def _attendance(self, line_id: UUID, line: lines.Kept, woman: UUID, home: str, meta: Meta) -> list[Append]:
        recorded = await self._store.load(line.course_id)
        course = courses.course.fold(item.event for item in recorded)
        assert not isinstance(course, courses.NotOpened)
        seat = await self._seat(course, line.course_id, woman)
        taken = () if seat.seat_id in course.seats else (seat,)
        fill = courses.FillSeats(line.course_id, taken, (line_id,))
        seated = Append(line.course_id, len(recorded), courses.decide(course, fill), meta)
        return [seated, await self._enrolment(line, seat, woman, home, meta)]

    async def _seat(self, course: courses.Open, course_id: UUID, woman: UUID) -> courses.Seat:
        women = {seat.woman_id for seat in course.seats.values() if seat.woman_id}
        canonical = await self._aliases.canonical(women)
        for seat in course.seats.values():
            if seat.woman_id and canonical.get(seat.woman_id, seat.woman_id) == woman:
                return seat
        return courses.Seat(enrolment_id(course_id, woman), woman=True, woman_id=woman)

    async def _enrolment(self, line: lines.Kept, seat: courses.Seat, woman: UUID, home: str, meta: Meta) -> Append:
        recorded = await self._store.load(seat.seat_id)
        state = enrolments.enrolment.fold(item.event for item in recorded)
        said = line.said
        enrol = enrolments.EnrolWoman(seat.seat_id, line.course_id, woman, home, said.unit, "roster")
        events = enrolments.decide(state, enrol)
        state = enrolments.enrolment.fold(events, state)
        assert isinstance(state, enrolments.Active)
        if state.attendance is None or not said.seated:  # another row of hers counts already: once is once
            certificate = await self._certificate(line, woman)
            record = enrolments.RecordAttendance(seat.seat_id, said.attendance, certificate)
            events = [*events, *enrolments.decide(state, record)]
        return Append(seat.seat_id, len(recorded) or NO_STREAM, events, meta)

    async def _certificate(self, line: lines.Kept, woman: UUID) -> Personal[str] | None:
        """Sealed for the line so far; from now on it is hers."""
        sealed = line.words.certificate
        if sealed is None or sealed.sealed is None:
            return None
        (value,) = await self._vault.open_many([(sealed.subject, sealed.sealed)])
        return Personal(woman, value, "training") if value else None


def _not_found() -> NotFound:
    return NotFound("training.line_not_found", "没有这一待定行，或它不属于您的单位")
