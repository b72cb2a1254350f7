"""Applying for a course (报名): a seat while there is one that nobody was promised, else a place on the waiting list.

Which of the two is decided when it is written: whoever loses the last seat to another is put on the list.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from libs.events.commands import Commands, Receipt, Respond
from libs.values.errors import DomainError, Refused
from libs.values.valid_date import local_date
from services.training.domain import course as courses
from services.training.domain.keys import waitlist_id
from services.training.domain.refusals import already_enrolled
from services.training.domain.waitlist import waitlist
from services.training.handlers.enrolments import Caller, Enrolments
from services.training.handlers.ports import Aliases, Register
from services.training.handlers.seats import check_open, course_of, seat_of, standing_of
from services.training.handlers.waitlist import Waitlist

Outcome = Literal["enrolled", "waiting"]
_LOST: Final = frozenset({"training.course_full", "training.seats_offered"})
_TRIES: Final = 5  # a seat lost to another, freed and lost again


class Applications:
    """One application after another, in the order in which they are written."""

    def __init__(
        self, commands: Commands, aliases: Aliases, register: Register, enrolments: Enrolments, waitlist: Waitlist
    ) -> None:
        """The command path, what is known of the register, and the two ways an application may end."""
        self._commands = commands
        self._aliases = aliases
        self._register = register
        self._enrolments = enrolments
        self._waitlist = waitlist

    async def apply(
        self, course_id: UUID, woman_id: UUID, at: datetime, caller: Caller, answer: Callable[[Outcome], Respond]
    ) -> Receipt:
        """A seat or a place; `answer` makes the body for either.

        Raises Refused after the course's last day, Conflict for a woman who sits or waits there already, NotFound for a
        course or a woman that is not the caller's.
        """
        try:
            for _ in range(_TRIES - 1):
                try:
                    return await self._once(course_id, woman_id, at, caller, answer)
                except Refused as error:
                    if error.code not in _LOST:
                        raise
            return await self._once(course_id, woman_id, at, caller, answer)
        except DomainError:
            before = await self._commands.answered(caller.idempotency) if caller.idempotency else None
            if before is None:
                raise
            return before  # by this very request: it is asked again

    async def _once(
        self, course_id: UUID, woman_id: UUID, at: datetime, caller: Caller, answer: Callable[[Outcome], Respond]
    ) -> Receipt:
        woman, home, needs = await standing_of(self._register, self._aliases, woman_id, caller.division)
        opened = await course_of(self._commands, course_id, caller.division)
        check_open(opened, local_date(at))
        seat = await seat_of(self._aliases, opened, woman)
        if seat is not None:
            raise already_enrolled()
        queue, _version = await self._commands.state(waitlist, waitlist_id(course_id))
        free = courses.free_seats(opened)
        if free is None or (free > queue.promised() and not queue.waiting()):
            caller = replace(caller, respond=answer("enrolled"))
            return await self._enrolments.take(course_id, woman, home, local_date(at), caller)
        return await self._waitlist.queue_up(
            course_id, (woman, home, needs), at, replace(caller, respond=answer("waiting"))
        )
