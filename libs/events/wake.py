"""When to look again: at once after a wake in this process, else after 2, 4, 8 … up to 250 ms."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

SHORTEST = 0.002
LONGEST = 0.250
REST = 0.010  # after a page that left nothing: what comes meanwhile goes in one page, not in one each


class Pulse:
    """Wakes everybody who waits for the next change; nobody misses one that came since he last looked.

    It may outlive an event loop and serve several one after another, as pulses by address do.
    """

    def __init__(self) -> None:
        """No change yet."""
        self.count = 0
        self._waiting: set[asyncio.Future[None]] = set()

    def beat(self) -> None:
        """Something changed."""
        self.count += 1
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done() and not future.get_loop().is_closed():
                future.set_result(None)

    async def after(self, seen: int, timeout: float) -> int:
        """Wait until the count differs from `seen`, at most `timeout` seconds; the count."""
        if self.count == seen:
            loop = asyncio.get_running_loop()
            future: asyncio.Future[None] = loop.create_future()
            self._waiting.add(future)
            over = loop.call_later(timeout, _release, future)
            try:
                await future
            finally:
                over.cancel()
                self._waiting.discard(future)
        return self.count


def _release(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


class Patience:
    """How long to wait before looking again."""

    def __init__(self, shortest: float = SHORTEST, longest: float = LONGEST) -> None:
        """Starts short."""
        self._shortest = shortest
        self._longest = longest
        self.seconds = shortest

    def found(self) -> None:
        """There was something: look again soon."""
        self.seconds = self._shortest

    def nothing(self) -> None:
        """There was nothing: wait twice as long."""
        self.seconds = min(self.seconds * 2, self._longest)


@dataclass(frozen=True, slots=True)
class Polling:
    """How often readers look while nobody wakes them: the first wait, doubled up to the longest; seconds."""

    shortest: float = SHORTEST
    longest: float = LONGEST

    def patience(self) -> Patience:
        """A new one, which starts short."""
        return Patience(self.shortest, self.longest)


async def until(
    reached: Callable[[], Awaitable[bool]], pulse: Pulse, timeout: float, polling: Polling | None = None
) -> bool:
    """Ask `reached` at each beat, and ever less often between, until it holds or the time is over."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    seen, patience = pulse.count, (polling or Polling()).patience()
    while not await reached():
        left = deadline - loop.time()
        if left <= 0:
            return False
        seen = await pulse.after(seen, min(left, patience.seconds))
        patience.nothing()
    return True


_published: dict[str, Pulse] = {}


def published_pulse(dsn: str) -> Pulse:
    """The pulse that a publisher of this process beats for readers here of its database, under any role."""
    return _published.setdefault(re.sub("//[^/@]*@", "//", dsn), Pulse())
