"""The coordinator of a group at a modelled broker: members, sessions, generations, rebalances that take time."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiokafka.errors import CommitFailedError  # type: ignore[import-untyped]

from libs.events.contract import PARTITIONS

LONGEST_DELAY = 0.3  # seconds in which others may join a rebalance that could end


@dataclass(frozen=True, slots=True)
class Share:
    """What a member gets in one generation."""

    member: int
    generation: int
    partitions: tuple[int, ...]


@dataclass(slots=True)
class _Session:
    timeout: float
    ends: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class Group:
    """A member that gives no sign of life for its session time-out is forgotten, and its share goes to the others."""

    loop: asyncio.AbstractEventLoop
    rng: random.Random
    later: Callable[..., asyncio.TimerHandle]
    generation: int = 0
    committed: dict[int, int] = field(default_factory=dict)
    _members: dict[int, _Session] = field(default_factory=dict)
    _joining: dict[int, "asyncio.Future[Share]"] = field(default_factory=dict)
    _count: int = 0
    _rebalancing: bool = False
    _ends: asyncio.TimerHandle | None = None

    @property
    def members(self) -> list[int]:
        """Who belongs to it, or asks to."""
        return list(self._members)

    def join(self, member: int | None, timeout: float) -> "asyncio.Future[Share]":
        """Ask for a share; it is given once all known members have asked or their time is over."""
        if member is None or member not in self._members:
            self._count += 1
            member = self._count
            self._members[member] = _Session(timeout)
        session = self._members[member]
        if session.ends is not None:
            session.ends.cancel()  # whoever waits for its share is alive
        answer: asyncio.Future[Share] = self.loop.create_future()
        self._joining[member] = answer
        self._rebalance()
        return answer

    def heartbeat(self, member: int, generation: int) -> bool:
        """Whether the share is still right; if not, it must be asked for anew. Raises KeyError for a stranger."""
        self._sign_of_life(member)
        return not self._rebalancing and generation == self.generation

    def commit(self, member: int, generation: int, places: Mapping[int, int]) -> None:
        """Keep places for tools that show lag; raises CommitFailedError for an old generation."""
        if member not in self._members or self._rebalancing or generation != self.generation:
            raise CommitFailedError
        self._sign_of_life(member)
        self.committed.update(places)

    def leave(self, member: int) -> None:
        """Gone: its share goes to the others at once."""
        session = self._members.pop(member, None)
        self._joining.pop(member, None)
        if session is None:
            return
        if session.ends is not None:
            session.ends.cancel()
        if self._members:
            self._rebalance()

    def _sign_of_life(self, member: int) -> None:
        session = self._members[member]
        if session.ends is not None:
            session.ends.cancel()
        session.ends = self.later(session.timeout, self.leave, member)

    def _rebalance(self) -> None:
        """Ends at once or a little later when everybody has joined, else when the slowest has had his time."""
        complete = len(self._joining) == len(self._members)
        if self._rebalancing and not complete:
            return
        if self._ends is not None:
            self._ends.cancel()
        self._rebalancing = True
        longest = max(session.timeout for session in self._members.values())
        self._ends = self.later(self.rng.uniform(0, LONGEST_DELAY) if complete else longest, self._share_out)

    def _share_out(self) -> None:
        joined, self._joining = self._joining, {}
        for member in [each for each in self._members if each not in joined]:
            session = self._members.pop(member)
            if session.ends is not None:
                session.ends.cancel()
        self._rebalancing, self.generation, self._ends = False, self.generation + 1, None
        for nth, (member, answer) in enumerate(sorted(joined.items(), key=_first)):
            share = Share(member, self.generation, tuple(range(nth, PARTITIONS, len(joined))))
            self._sign_of_life(member)
            if not answer.done():
                answer.set_result(share)


def _first(item: tuple[int, Any]) -> int:
    return item[0]
