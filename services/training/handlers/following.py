"""Waiting lists follow the register: who is erased or has left it leaves them, a merged record passes its place on.

The process of the list asks before it offers a seat. Who stands there or was offered a seat when the registry's fact
arrives is found by looking again and again, so no order in which facts and events become visible leaves anybody behind.
"""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from libs.events.commands import Commands
from libs.events.types import Connection, Pool
from services.training.domain.course import NotOpened, course
from services.training.domain.course import State as Course
from services.training.domain.keys import waitlist_id
from services.training.domain.waitlist import FollowRegister, Queue, waitlist
from services.training.handlers.erasures import META
from services.training.projections.women import followed


class ListsBehind(Protocol):
    """Which lists do not follow the register yet."""

    async def behind(self) -> Sequence[UUID]:
        """Their courses."""


class Following:
    """Lets lists follow what the registry told; again changes nothing."""

    def __init__(self, commands: Commands, pool: Pool, lists: ListsBehind) -> None:
        """The command path, the service's database and the read model of lists."""
        self._commands = commands
        self._pool = pool
        self._lists = lists

    async def run(self) -> None:
        """Look once."""
        for course_id in await self._lists.behind():
            opened, _version = await self._commands.state(course, course_id)
            queue, _version = await self._commands.state(waitlist, waitlist_id(course_id))
            command = await to_follow(self._pool, course_id, opened, queue)
            await self._commands.handle(waitlist, waitlist_id(course_id), command, META)


async def to_follow(database: Pool | Connection, course_id: UUID, opened: Course, queue: Queue) -> FollowRegister:
    """What the register says, as far as it has arrived, of those who wait for and who sit in a course."""
    seats = {} if isinstance(opened, NotOpened) else opened.seats
    seated = {seat.woman_id for seat in seats.values() if seat.woman_id is not None}
    found = await followed(database, {*seated, *(place.woman_id for place in queue.open())})
    sitting = frozenset(found.known.get(each, each) for each in seated)
    return FollowRegister(course_id, found.known, found.erased, sitting, found.gone)
