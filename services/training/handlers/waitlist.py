"""Asking for a seat in a full course, answering an offer, and leaving a course: inside the caller's units only."""

from datetime import datetime
from uuid import UUID

from libs.events.commands import Receipt, ReservingCommands
from libs.events.types import Connection
from libs.values.errors import Refused
from libs.values.priority import Needs
from libs.values.valid_date import local_date
from services.training.domain import course as courses
from services.training.domain import enrolment as enrolments
from services.training.domain import waitlist as lists
from services.training.domain.keys import waitlist_id
from services.training.domain.refusals import already_enrolled
from services.training.handlers.enrolments import Caller, not_enrolled
from services.training.handlers.ports import Aliases, Register
from services.training.handlers.seats import check_open, course_of, seat_of, standing_of


class Waitlist:
    """Commands on the waiting list of a course."""

    def __init__(self, commands: ReservingCommands, aliases: Aliases, register: Register) -> None:
        """The command path, the registry's merges and our copy of the register."""
        self._commands = commands
        self._aliases = aliases
        self._register = register

    async def join(self, course_id: UUID, woman_id: UUID, at: datetime, caller: Caller) -> Receipt:
        """Put her on the list. Refused while a seat is free or the course is over; Conflict when she sits or waits."""
        woman, division, needs = await self._woman(woman_id, caller)
        course = await course_of(self._commands, course_id, caller.division)
        queue = await self._queue(course_id)
        check_open(course, local_date(at))
        free = courses.free_seats(course)
        if free is None or (free > queue.promised() and not queue.waiting()):
            raise Refused("training.seats_free", "本班还有名额，不需要候补", right="直接报名")
        if await seat_of(self._aliases, course, woman):
            raise already_enrolled()
        return await self.queue_up(course_id, (woman, division, needs), at, caller)

    async def queue_up(self, course_id: UUID, who: tuple[UUID, str, Needs], at: datetime, caller: Caller) -> Receipt:
        """A woman of the caller's, where she is registered and her needs: onto the list of a course that has no seat.

        Raises Conflict when she waits there already.
        """
        woman, division, needs = who
        command = lists.JoinQueue(course_id, woman, division, caller.division.code, needs, at)
        return await self._handle(course_id, command, caller)

    async def answer(self, course_id: UUID, woman_id: UUID, accept: bool, caller: Caller) -> Receipt:
        """What she says to the seat that is offered to her, or that she no longer waits."""
        woman, _division, _needs = await self._woman(woman_id, caller)
        queue = await self._queue(course_id)
        command = lists.AnswerOffer(course_id, queue.listed(woman_id, woman), accept)
        return await self._handle(course_id, command, caller)

    async def leave(self, course_id: UUID, woman_id: UUID, caller: Caller) -> Receipt:
        """Give her seat back, and void what attendance was recorded; raises NotFound when she has none.

        `caller.expected` is the version of her enrolment.
        """
        woman, _division, _needs = await self._woman(woman_id, caller)
        course = await course_of(self._commands, course_id, caller.division)
        seat_id = await seat_of(self._aliases, course, woman)
        if seat_id is None:
            if caller.idempotency and (before := await self._commands.answered(caller.idempotency)):
                return before  # by this very request: it is asked again
            raise not_enrolled()

        async def withdrawn(tx: Connection, _events: list[courses.Event]) -> None:
            command = enrolments.Withdraw(seat_id)
            await self._commands.handle_within(
                tx, enrolments.enrolment, seat_id, command, caller.meta, expected=caller.expected
            )

        return await self._commands.handle_reserving(
            courses.course,
            course_id,
            courses.FillSeats(course_id, release=(seat_id,)),
            caller.meta,
            withdrawn,
            idempotency=caller.idempotency,
            respond=caller.respond,
        )

    async def _handle(self, course_id: UUID, command: lists.Command, caller: Caller) -> Receipt:
        return await self._commands.handle(
            lists.waitlist,
            waitlist_id(course_id),
            command,
            caller.meta,
            idempotency=caller.idempotency,
            respond=caller.respond,
        )

    async def _woman(self, woman_id: UUID, caller: Caller) -> tuple[UUID, str, Needs]:
        return await standing_of(self._register, self._aliases, woman_id, caller.division)

    async def _queue(self, course_id: UUID) -> lists.Queue:
        queue, _version = await self._commands.state(lists.waitlist, waitlist_id(course_id))
        return queue
