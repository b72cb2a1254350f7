"""The task that fires timers: one in each process that moves readers; between them each timer is fired by one."""

import asyncio
import logging
from collections.abc import Mapping
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
        self.error: str | None = None
        self._timers = timers
        self._clock = clock
        self._set = set_
        self._fires: dict[str, Fire] = {name: reactor.fire for name, reactor in reactors.items()}
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, outward: Mapping[str, Outward]) -> None:
        """Begin, if there is anybody to be woken; `outward` ports by name."""
        self._fires |= {OUTWARD + name: _sending(port) for name, port in outward.items()}
        if self._fires:
            self._tasks = [asyncio.create_task(self._run(), name="timers")]

    async def stop(self) -> None:
        """End the task; what it was firing is rolled back and fired again by the next one."""
        await end(self._tasks)
        self._tasks = []

    async def fire_due(self) -> int:
        """Fire all that is due now; how many were fired or put off."""
        count = 0
        while await self._timers.fire(self._clock(), self._fires.keys(), self._fire) is not None:
            count += 1
        return count

    async def _fire(self, tx: Connection | None, timer: Timer) -> None:
        await self._fires[timer.process](tx, timer)

    async def _run(self) -> None:
        retry = Patience(0.05, RETRY_LONGEST)
        while True:
            seen = self._set.count
            try:
                wait = await self._wait()
                if wait <= 0:
                    wait = 0.0 if await self.fire_due() else LOOK  # due and not ours: another process fires it
                self.error = None
                retry.found()
            except Exception as error:  # noqa: BLE001 - the task never dies silently: it says why and tries again
                self.error, wait = describe(error), retry.seconds
                _log.error("timers stopped: %s; next try in %.2f s", self.error, wait)
                retry.nothing()
            if wait > 0:
                await self._set.after(seen, wait)

    async def _wait(self) -> float:
        """Seconds until the next one, at most those until the next look."""
        due = await self._timers.next_at(self._fires.keys())
        return LOOK if due is None else min(LOOK, (due - self._clock()).total_seconds())


def _sending(port: Outward) -> Fire:
    async def send(_tx: Connection | None, timer: Timer) -> None:
        async with asyncio.timeout(CALL_SECONDS):
            await port.send(timer.id, timer.payload)

    return send
