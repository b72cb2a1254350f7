"""A woman goes to another course: her seat here is freed, and there she has one, or a place on the list, at once."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from libs.events.commands import Receipt, ReservingCommands
from libs.events.types import Connection
from libs.values.division import Division
from libs.values.errors import Conflict, NotFound, Refused
from libs.values.priority import Needs
from libs.values.valid_date import local_date
from services.training.domain import course as courses
from services.training.domain import enrolment as enrolments
from services.training.domain import waitlist as lists
from services.training.domain.keys import enrolment_id, waitlist_id
from services.training.handlers.enrolments import Caller, not_enrolled
from services.training.handlers.ports import Aliases
from services.training.handlers.seats import course_of, seat_of
from services.training.handlers.waitlist import Register


@dataclass(frozen=True, slots=True)
class _Woman:
    """The id she is known by, where she is registered, and what her priority rests on."""

    woman_id: UUID
    division: str
    needs: Needs


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
        woman = await self._woman(woman_id, caller)
        here = await course_of(self._commands, course_id, caller.division)
        there = await course_of(self._commands, to, caller.division)
        seat_id = await seat_of(self._aliases, here, woman.woman_id)
        if seat_id is None:
            if caller.idempotency and (before := await self._commands.answered(caller.idempotency)):
                return before  # by this very request: it is asked again
            raise not_enrolled()
        _check_dates(here, there, at)
        if to == course_id or await seat_of(self._aliases, there, woman.woman_id):
            raise Conflict("training.already_enrolled", "该妇女已在本班，同班一人一次", rule="同一人在同一班只报名一次")

        async def moved(tx: Connection, _events: list[courses.Event]) -> None:
            await self._leave(tx, seat_id, caller)
            await self._come(tx, to, woman, at, caller)

        release = courses.FillSeats(course_id, release=(seat_id,))
        return await self._commands.handle_reserving(
            courses.course,
            course_id,
            release,
            caller.meta,
            moved,
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

    async def _come(self, tx: Connection, to: UUID, woman: _Woman, at: datetime, caller: Caller) -> None:
        """A seat where one is free and promised to nobody, else the place on the list that is hers by her need."""
        there, _version = await self._commands.state(courses.course, to, tx)
        queue, _version = await self._commands.state(lists.waitlist, waitlist_id(to), tx)
        free, unit = courses.free_seats(there), caller.division.code
        if free is not None and (free <= queue.promised() or queue.waiting()):
            join = lists.JoinQueue(to, woman.woman_id, woman.division, unit, woman.needs, at)
            await self._commands.handle_within(tx, lists.waitlist, waitlist_id(to), join, caller.meta)
            return
        seat = courses.Seat(enrolment_id(to, woman.woman_id), woman=True, woman_id=woman.woman_id)
        take = courses.TakeSeat(to, seat, local_date(at))
        await self._commands.handle_within(tx, courses.course, to, take, caller.meta)
        enrol = enrolments.EnrolWoman(seat.seat_id, to, woman.woman_id, woman.division, unit, "direct")
        await self._commands.handle_within(tx, enrolments.enrolment, seat.seat_id, enrol, caller.meta)

    async def _woman(self, woman_id: UUID, caller: Caller) -> _Woman:
        woman = (await self._aliases.canonical({woman_id})).get(woman_id, woman_id)
        known = (await self._register.standing({woman})).get(woman)
        if known is None or not caller.division.covers(Division(known[0])):
            raise NotFound("training.woman_not_found", "没有这位妇女，或她不属于您的单位", field="woman_id")
        return _Woman(woman, *known)


def _check_dates(here: courses.Open, there: courses.Open, at: datetime) -> None:
    today = local_date(at)
    if isinstance(here, courses.Finished) or today > here.facts.first_day:
        raise Refused(
            "training.course_begun",
            f"该班已于{here.facts.first_day}开班，不能再转班",
            rule="转班不晚于开班当天",
            right="在另一个班另行报名",
        )
    if isinstance(there, courses.Finished) or today > there.facts.last_day:
        raise Refused("training.course_finished", f"要转入的班已于{there.facts.last_day}结束", rule="转入的班尚未结束")
