"""Changing a course of the caller's own units: days, place, seats, sessions, and that it is not held."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeAlias
from uuid import UUID

from libs.events.commands import Receipt, ReservingCommands
from libs.events.types import Connection
from libs.values.division import Division
from libs.values.errors import NotFound, Refused
from services.training.domain import course as courses
from services.training.domain import course_changes as changes
from services.training.domain import enrolment as enrolments
from services.training.domain.course_state import CourseMoved, taking_place
from services.training.domain.heads import TypeHeads
from services.training.domain.keys import course_id as key_of
from services.training.domain.keys import waitlist_id
from services.training.domain.waitlist import waitlist
from services.training.handlers.enrolments import Caller, check_promised
from services.training.handlers.fit_roster import judged
from services.training.handlers.seats import alone

Inside: TypeAlias = Callable[[Connection, list[courses.Event]], Awaitable[None]]


class CourseLife:
    """Commands on a course and on its sessions."""

    def __init__(self, commands: ReservingCommands) -> None:
        """The command path."""
        self._commands = commands

    async def known(self, key_id: UUID) -> UUID:
        """The course that a key means: one that was moved there, else that of the key itself."""
        state, _version = await self._commands.state(courses.course, key_id)
        return state.course_id if isinstance(state, courses.Elsewhere) else key_id

    async def move(self, command: changes.MoveCourse, caller: Caller) -> Receipt:
        """To other days or another place, and the new key is the course's, too; Conflict where another has it."""
        await self._own(command.course_id, caller)

        async def keyed(tx: Connection, events: list[courses.Event]) -> None:
            for facts in (event.facts for event in events if isinstance(event, CourseMoved)):
                key_id = key_of(facts.unit, facts.organiser, facts.trade, facts.first_day, facts.place)
                if key_id != command.course_id:
                    take = changes.TakeKey(key_id, command.course_id)
                    await self._commands.handle_within(tx, courses.course, key_id, take, caller.meta)

        return await self._handle(command, caller, keyed)

    async def resize(self, course_id: UUID, capacity: int, caller: Caller) -> Receipt:
        """More seats are offered to who waits; never fewer than are taken or promised."""
        await self._own(course_id, caller)
        queue, _version = await self._commands.state(waitlist, waitlist_id(course_id))

        async def kept(tx: Connection, _events: list[courses.Event]) -> None:
            await check_promised(self._commands, tx, course_id)

        return await self._handle(changes.ChangeCapacity(course_id, capacity, queue.promised()), caller, kept)

    async def count(self, command: TypeHeads, caller: Caller) -> Receipt:
        """How many took part, where no roster names all."""
        await self._own(command.course_id, caller)
        return await self._handle(command, caller)

    async def cancel(self, command: changes.CancelCourse, caller: Caller) -> Receipt:
        """It is not held; consumers/cancelling.py releases what it held."""
        await self._own(command.course_id, caller)
        return await self._handle(command, caller)

    async def plan(
        self, command: changes.PlanSessions | changes.MoveSession | changes.CancelSession, caller: Caller
    ) -> Receipt:
        """Sessions; attendance recorded before is judged anew where the course has other days by them."""
        await self._own(command.course_id, caller)

        async def judged_anew(tx: Connection, events: list[courses.Event]) -> None:
            if any(isinstance(event, courses.CourseCorrected) for event in events):
                await self._judge(tx, command.course_id, caller)

        return await self._handle(command, caller, judged_anew)

    async def _judge(self, tx: Connection, course_id: UUID, caller: Caller) -> None:
        state, _version = await self._commands.state(courses.course, course_id, tx)
        found = taking_place(state)
        attended: dict[UUID, enrolments.Active] = {}
        for seat_id in (seat.seat_id for seat in found.seats.values() if seat.woman_id):
            hers, _version = await self._commands.state(enrolments.enrolment, seat_id, tx)
            if isinstance(hers, enrolments.Active) and hers.attendance is not None:
                attended[seat_id] = hers
        assessed = any(hers.attendance.result is not None for hers in attended.values() if hers.attendance)
        for seat_id, hers in attended.items():
            assert hers.attendance is not None
            _check_days(hers.attendance.days, found.facts.days)
            anew = judged(hers.attendance, found.facts, assessed=assessed)
            record = enrolments.RecordAttendance(seat_id, anew, hers.certificate)
            await self._commands.handle_within(tx, enrolments.enrolment, seat_id, record, caller.meta)

    async def _own(self, course_id: UUID, caller: Caller) -> None:
        """Raises NotFound for a course that is not of the caller's units, as for none."""
        state, _version = await self._commands.state(courses.course, course_id)
        if isinstance(state, courses.NotOpened) or not caller.division.covers(Division(state.facts.unit)):
            raise NotFound("training.course_not_found", "没有这个培训班，或它不属于您的单位")

    async def _handle(self, command: changes.Change, caller: Caller, inside: Inside | None = None) -> Receipt:
        assert not isinstance(command, changes.TakeKey)
        return await self._commands.handle_reserving(
            courses.course,
            command.course_id,
            command,
            caller.meta,
            inside or _nothing_more,
            first=partial(alone, course_id=command.course_id),
            idempotency=caller.idempotency,
            respond=caller.respond,
            expected=caller.expected,
        )


async def _nothing_more(_tx: Connection, _events: list[courses.Event]) -> None:
    return


def _check_days(days: int, planned: int) -> None:
    if days > planned:
        raise Refused(
            "training.days_attended",
            f"已登记出勤{days}天，按场次只有{planned}天",
            field="days",
            value=str(planned),
            rule="培训天数不少于已登记的出勤天数",
            right="先更正出勤，再更改场次",
        )
