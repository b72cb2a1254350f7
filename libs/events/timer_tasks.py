"""The tasks that fire timers, in each process that moves readers; between them each timer is fired by one.

The timers of processes have a task of their own, and so has each port to the world outside: one that does not answer
holds up nobody else.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping
from typing import Final

from libs.events.ending import end
from libs.events.process import OUTWARD, Outward, Reactor
from libs.events.status import describe
from libs.events.timers import Fire, Timer, Timers
from libs.events.types import Clock, Connection
from libs.events.wake import Patience, Pulse

LOOK: Final = 1.0  # seconds between two looks at what other processes set, or a clock that was moved
RETRY_LONGEST: Final = 5.0
CALL_SECONDS: Final = 30.0  # longest answer of the world outside; its transaction is open meanwhile

_log = logging.getLogger("jinguo.events")


class TimerTasks:
    """Fires the timers of the processes and the outward calls for which this process has a port."""

    def __init__(self, timers: Timers, reactors: Mapping[str, Reactor], clock: Clock, set_: Pulse) -> None:
        """`reactors` by process; `set_` beats when this process of the system set a timer."""
        self._errors: dict[str, str] = {}
        self._timers = timers
        self._clock = clock
        self._set = set_
        self._fires: dict[str, Fire] = {name: reactor.fire for name, reactor in reactors.items()}
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def error(self) -> str | None:
        """What is wrong with the first task that fails."""
        return next(iter(self._errors.values()), None)

    def start(self, outward: Mapping[str, Outward]) -> None:
        """Begin, if there is anybody to be woken; `outward` ports by name."""
        calls = {OUTWARD + name: _sending(port) for name, port in outward.items()}
        shares = [tuple(self._fires), *((name,) for name in calls)]
        self._fires |= calls
        self._tasks = [
            asyncio.create_task(self._run(names), name=f"timers of {', '.join(names)}") for names in shares if names
        ]

    async def stop(self) -> None:
        """End the tasks; what they were firing is rolled back and fired again by the next process."""
        await end(self._tasks)
        self._tasks = []

    async def fire_due(self) -> int:
        """Fire all that is due now; how many were fired or put off."""
        return await self._fire_due(self._fires.keys())

    async def _fire_due(self, names: Collection[str]) -> int:
        count = 0
        while await self._timers.fire(self._clock(), names, self._fire) is not None:
            count += 1
        return count

    async def _fire(self, tx: Connection | None, timer: Timer) -> None:
        await self._fires[timer.process](tx, timer)

    async def _run(self, names: tuple[str, ...]) -> None:
        retry = Patience(0.05, RETRY_LONGEST)
        while True:
            seen = self._set.count
            try:
                wait = await self._wait(names)
                if wait <= 0:
                    wait = 0.0 if await self._fire_due(names) else LOOK  # due and not ours: another process fires it
                self._errors.pop(names[0], None)
                retry.found()
            except Exception as error:  # noqa: BLE001 - the task never dies silently: it says why and tries again
                self._errors[names[0]], wait = describe(error), retry.seconds
                _log.error("timers of %s stopped: %s; next try in %.2f s", names[0], describe(error), wait)
                retry.nothing()
            if wait > 0:
                await self._set.after(seen, wait)

    async def _wait(self, names: Collection[str]) -> float:
        """Seconds until the next one, at most those until the next look."""
        due = await self._timers.next_at(names)
        return LOOK if due is None else min(LOOK, (due - self._clock()).total_seconds())


def _sending(port: Outward) -> Fire:
    async def send(_tx: Connection | None, timer: Timer) -> None:
        async with asyncio.timeout(CALL_SECONDS):
            await port.send(timer.id, timer.payload)

    return send
