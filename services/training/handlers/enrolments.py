"""Enrolling a woman and recording her attendance by hand, inside the caller's units only."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

from libs.events.commands import Commands, Idempotency, Receipt, ReservingCommands, Respond
from libs.events.meta import Meta
from libs.events.personal import Personal
from libs.events.types import Connection
from libs.events.vault import Vault
from libs.values.division import Division
from libs.values.errors import NotFound, Refused
from services.training.domain import course as courses
from services.training.domain import enrolment as enrolments
from services.training.domain.keys import enrolment_id, waitlist_id
from services.training.domain.waitlist import waitlist
from services.training.handlers.decisions import Residence
from services.training.handlers.ports import Aliases
from services.training.handlers.seats import alone, course_of, seat_of
from services.training.policies import is_completed


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: his units, and what is kept beside the events."""

    division: Division
    meta: Meta
    idempotency: Idempotency | None = None
    respond: Respond | None = None
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Attended:
    """Days a woman was there, with the result of the assessment and the certificate's number where there is one."""

    days: int
    result: str | None = None
    certificate: str | None = None


class Enrolments:
    """Commands on one woman in one course that must look up where she is registered."""

    def __init__(self, commands: ReservingCommands, vault: Vault, aliases: Aliases, residence: Residence) -> None:
        """The command path, the keys, and our copy of the register."""
        self._commands = commands
        self._vault = vault
        self._aliases = aliases
        self._residence = residence

    async def enrol(self, course_id: UUID, woman_id: UUID, on: date, caller: Caller) -> Receipt:
        """Refused when full, finished, or enrolled before; NotFound when course or woman is not the caller's."""
        woman, home = await self._woman(woman_id, caller)
        course = await course_of(self._commands, course_id, caller.division)
        seat_id = await seat_of(self._aliases, course, woman)
        return await self.take(course_id, woman, home, on, caller, seat_id)

    async def take(
        self, course_id: UUID, woman: UUID, home: str, on: date, caller: Caller, seat_id: UUID | None = None
    ) -> Receipt:
        """A free seat for a woman of the caller's, by the id she is known by; `seat_id`: the one she has already.

        Raises Refused when it is taken (`training.course_full`) or promised (`training.seats_offered`) meanwhile or the
        course is over, Conflict for who sits.
        """
        seat_id = seat_id or enrolment_id(course_id, woman)
        command = enrolments.EnrolWoman(seat_id, course_id, woman, home, caller.division.code, "direct")

        async def enrolled(tx: Connection, _events: list[courses.Event]) -> None:
            await check_promised(self._commands, tx, course_id)
            await self._commands.handle_within(tx, enrolments.enrolment, seat_id, command, caller.meta)

        return await self._commands.handle_reserving(
            courses.course,
            course_id,
            courses.TakeSeat(course_id, courses.Seat(seat_id, woman=True, woman_id=woman), on),
            caller.meta,
            enrolled,
            first=partial(alone, course_id=course_id),
            idempotency=caller.idempotency,
            respond=caller.respond,
            expected=caller.expected,
        )

    async def attend(self, course_id: UUID, woman_id: UUID, attended: Attended, caller: Caller) -> Receipt:
        """Replaces what was recorded; refused for more days than the course has."""
        woman, _home = await self._woman(woman_id, caller)
        course = await course_of(self._commands, course_id, caller.division)
        seat_id = await seat_of(self._aliases, course, woman)
        if seat_id is None:
            raise not_enrolled()
        facts = course.facts
        mark = self._vault.token("certificate", attended.certificate).hex() if attended.certificate else None
        attendance = enrolments.Attendance(
            days=attended.days,
            planned=facts.days,
            first_day=facts.first_day,
            last_day=facts.last_day,
            completed=is_completed(
                attended.days, facts.days, attended.result, assessed=attended.result is not None, on=facts.last_day
            ),
            result=attended.result,
            certificate_mark=mark,
        )
        certificate = Personal(woman, attended.certificate, "training") if attended.certificate else None
        return await self._commands.handle(
            enrolments.enrolment,
            seat_id,
            enrolments.RecordAttendance(seat_id, attendance, certificate),
            caller.meta,
            idempotency=caller.idempotency,
            respond=caller.respond,
            expected=caller.expected,
        )

    async def _woman(self, woman_id: UUID, caller: Caller) -> tuple[UUID, str]:
        canonical = (await self._aliases.canonical({woman_id})).get(woman_id, woman_id)
        home = (await self._residence.divisions({canonical})).get(canonical)
        if home is None or not caller.division.covers(Division(home)):
            raise NotFound("training.woman_not_found", "没有这位妇女，或她不属于您的单位", field="woman_id")
        return canonical, home


async def check_promised(commands: Commands, tx: Connection, course_id: UUID) -> None:
    """A freed seat belongs to whom it was offered to, until she has answered. In the transaction that takes one."""
    opened, _version = await commands.state(courses.course, course_id, tx)
    queue, _version = await commands.state(waitlist, waitlist_id(course_id), tx)
    free = courses.free_seats(opened)
    if free is not None and queue.promised() > free:
        raise Refused(
            "training.seats_offered",
            f"空出的{queue.promised()}个名额已按候补顺序通知他人，答复期限内为她们保留",
            rule="空位按候补顺序通知，期限内保留",
            right="登记候补，或请已通知的妇女先答复",
        )


def not_enrolled() -> NotFound:
    """The one answer for a woman who has no seat in the course and for one of other units."""
    return NotFound("training.enrolment_not_found", "该妇女不在本班，或她不属于您的单位")
