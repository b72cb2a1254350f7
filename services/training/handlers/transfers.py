"""A woman goes to another course: her seat here is freed, and there she has one, or a place on the list, at once."""

from datetime import datetime
from uuid import UUID

from libs.events.commands import Receipt, ReservingCommands
from libs.events.types import Connection
from libs.values.errors import Refused
from libs.values.valid_date import local_date
from services.training.domain import course as courses
from services.training.domain import enrolment as enrolments
from services.training.domain import waitlist as lists
from services.training.domain.keys import enrolment_id, waitlist_id
from services.training.domain.refusals import already_enrolled
from services.training.handlers.enrolments import Caller, not_enrolled
from services.training.handlers.ports import Aliases, Register
from services.training.handlers.seats import alone, check_open, course_of, seat_of, standing_of


class Transfers:
    """Moves women between courses."""

    def __init__(self, commands: ReservingCommands, aliases: Aliases, register: Register) -> None:
        """The command path, the registry's merges and our copy of the register."""
        self._commands = commands
        self._aliases = aliases
        self._register = register

    async def transfer(self, course_id: UUID, woman_id: UUID, to: UUID, at: datetime, caller: Caller) -> Receipt:
        """All or nothing. Refused once the course has begun or she attended it, and to a course that is over.

        `caller.expected` is the version of her enrolment here. Conflict where she sits or waits there already.
        """
        woman, home, needs = await standing_of(self._register, self._aliases, woman_id, caller.division)
        here = await course_of(self._commands, course_id, caller.division)
        there = await course_of(self._commands, to, caller.division)
        seat_id = await seat_of(self._aliases, here, woman)
        if seat_id is None:
            if caller.idempotency and (before := await self._commands.answered(caller.idempotency)):
                return before  # by this very request: it is asked again
            raise not_enrolled()
        _check_dates(here, there, at)
        if to == course_id or await seat_of(self._aliases, there, woman):
            raise already_enrolled()
        join = lists.JoinQueue(to, woman, home, caller.division.code, needs, at)

        async def both(tx: Connection) -> None:
            for each in sorted((course_id, to)):
                await alone(tx, each)

        async def moved(tx: Connection, _events: list[courses.Event]) -> None:
            await self._leave(tx, seat_id, caller)
            await self._come(tx, join, caller)

        release = courses.FillSeats(course_id, release=(seat_id,))
        return await self._commands.handle_reserving(
            courses.course,
            course_id,
            release,
            caller.meta,
            moved,
            first=both,
            idempotency=caller.idempotency,
            respond=caller.respond,
        )

    async def _leave(self, tx: Connection, seat_id: UUID, caller: Caller) -> None:
        state, _version = await self._commands.state(enrolments.enrolment, seat_id, tx)
        if isinstance(state, enrolments.Active) and state.attendance is not None:
            raise Refused(
                "training.attended_already",
                "她在本班已有出勤记录，不能再转班",
                rule="转班在参加培训以前",
                right="在另一个班另行报名",
            )
        withdraw = enrolments.Withdraw(seat_id)
        await self._commands.handle_within(
            tx, enrolments.enrolment, seat_id, withdraw, caller.meta, expected=caller.expected
        )

    async def _come(self, tx: Connection, join: lists.JoinQueue, caller: Caller) -> None:
        """A seat where one is free and promised to nobody, else the place on the list that is hers by her need."""
        to, woman = join.course_id, join.woman_id
        there, _version = await self._commands.state(courses.course, to, tx)
        queue, _version = await self._commands.state(lists.waitlist, waitlist_id(to), tx)
        free = courses.free_seats(there)
        if free is not None and (free <= queue.promised() or queue.waiting()):
            await self._commands.handle_within(tx, lists.waitlist, waitlist_id(to), join, caller.meta)
            return
        seat = courses.Seat(enrolment_id(to, woman), woman=True, woman_id=woman)
        await self._commands.handle_within(
            tx, courses.course, to, courses.TakeSeat(to, seat, local_date(join.at)), caller.meta
        )
        enrol = enrolments.EnrolWoman(seat.seat_id, to, woman, join.division, join.unit, "direct")
        await self._commands.handle_within(tx, enrolments.enrolment, seat.seat_id, enrol, caller.meta)


def _check_dates(here: courses.Open, there: courses.Open, at: datetime) -> None:
    today = local_date(at)
    if isinstance(here, courses.Finished) or today > here.facts.first_day:
        raise Refused(
            "training.course_begun",
            f"该班已于{here.facts.first_day}开班，不能再转班",
            rule="转班不晚于开班当天",
            right="在另一个班另行报名",
        )
    check_open(there, today)
