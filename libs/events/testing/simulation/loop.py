"""An event loop whose time is virtual and whose order is drawn from a seed.

Nothing here waits: when nothing is ready, the clock jumps to the next timer. What is ready runs in an order drawn at
random, so every `await` is a place where others may come in between. Callbacks belong to a process of the simulated
world; those of a dead process are never run again (no `finally`, no farewell), those of a frozen one wait.
"""

import asyncio
import random
from array import array
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context, ContextVar, copy_context
from heapq import heappop, heappush
from typing import Any, TypeVar

T = TypeVar("T")

MOST_STEPS = 100_000


class Stuck(Exception):
    """Nothing is ready and no timer runs, but the run is not over: somebody waits for ever."""


class Endless(Exception):
    """The run takes more steps than any run should: something spins."""


class Buried(BaseException):
    """Thrown into what will never run again; unlike a cancellation nobody takes it for something to survive."""


class Process:
    """A simulated process: what started in it stops, freezes and dies with it."""

    def __init__(self, name: str) -> None:
        """Alive."""
        self.name = name
        self.alive = True
        self.frozen = False
        self.held: list[Handle] = []

    def runs(self, handle: "Handle") -> bool:
        """Whether a callback of it may run now; while it is frozen the callback is kept for later."""
        if self.alive and self.frozen:
            self.held.append(handle)
        return self.alive and not self.frozen


PROCESS: ContextVar[Process | None] = ContextVar("simulated_process", default=None)


class Handle:
    """A callback that will run; the part of `asyncio.TimerHandle` that asyncio itself uses."""

    __slots__ = ("_when", "args", "callback", "context", "dead", "number", "process")

    def __init__(self, number: int, when: float, callback: Callable[..., object], args: Any, context: Context) -> None:
        """`number` counts the loop's callbacks."""
        self.number = number
        self.process = context.get(PROCESS)
        self.context = context
        self.dead = False
        self._when = when
        self.callback = callback
        self.args = args

    def cancel(self) -> None:
        """It will not run."""
        self.dead = True

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self.dead

    def when(self) -> float:
        """The time at which it is due."""
        return self._when


class _Future(asyncio.Future[T]):
    """Hashed by its number, so that a set of futures has one order in every run."""

    number: int

    def __hash__(self) -> int:
        return self.number


class _Task(asyncio.Task[T]):
    """Hashed by its number, too."""

    def __init__(self, number: int, coro: Coroutine[Any, Any, T], **more: Any) -> None:
        self.number = number
        super().__init__(coro, **more)

    def __hash__(self) -> int:
        return self.number


class VirtualLoop(asyncio.AbstractEventLoop):
    """Runs one simulation. The same seed and the same code take the same steps; `steps` lists them."""

    def __init__(self, rng: random.Random) -> None:
        """Time begins at 0."""
        self.steps = array("I")
        self._random = rng.random
        self._time = 0.0
        self._ready: list[Handle] = []
        self._timers: list[tuple[float, int, Handle]] = []
        self._count = 0
        self._tasks: list[tuple[asyncio.Task[Any], Context]] = []
        self._broken: list[dict[str, Any]] = []

    def time(self) -> float:
        """Virtual seconds since the run began."""
        return self._time

    def call_soon(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> Any:
        """See asyncio; among what is ready the order is drawn."""
        self._count = number = self._count + 1
        handle = Handle(number, self._time, callback, args, copy_context() if context is None else context)
        self._ready.append(handle)
        return handle

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Any, *args: Any, context: Context | None = None
    ) -> Any:
        """See asyncio."""
        return self.call_at(self._time + delay, callback, *args, context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Context | None = None
    ) -> Any:
        """See asyncio."""
        self._count = number = self._count + 1
        handle = Handle(number, when, callback, args, copy_context() if context is None else context)
        heappush(self._timers, (when, number, handle))
        return handle

    def create_future(self) -> asyncio.Future[Any]:
        """See asyncio."""
        future: _Future[Any] = _Future(loop=self)
        self._count = future.number = self._count + 1
        return future

    def create_task(self, coro: Any, *, name: Any = None, context: Context | None = None, **_more: Any) -> Any:
        """See asyncio."""
        self._count += 1
        context = copy_context() if context is None else context  # an empty one is false
        name = str(name or f"task-{self._count}")
        task: asyncio.Task[Any] = _Task(self._count, coro, loop=self, name=name, context=context)
        self._tasks.append((task, context))
        return task

    def spawn(self, process: Process | None, coro: Coroutine[Any, Any, T], name: str | None = None) -> asyncio.Task[T]:
        """Start a coroutine in a process; None is the world outside, which neither dies nor freezes."""
        context = copy_context()
        context.run(PROCESS.set, process)
        task: asyncio.Task[T] = self.create_task(coro, name=name, context=context)
        return task

    def outside(self) -> Context:
        """A context that belongs to no process."""
        context = copy_context()
        context.run(PROCESS.set, None)
        return context

    def freeze(self, process: Process) -> None:
        """Nothing of it runs until it thaws."""
        process.frozen = True

    def thaw(self, process: Process) -> None:
        """It goes on where it stood, not knowing how late it is."""
        process.frozen = False
        self._ready += process.held
        process.held = []

    def kill(self, process: Process) -> None:
        """It ends at the await where it stands."""
        process.alive = False
        process.frozen = False
        process.held = []

    def run_until_complete(self, future: Any) -> Any:
        """Run to the end of a coroutine; raises Stuck, Endless, and what went wrong in a callback."""
        asyncio._set_running_loop(self)
        try:
            main: asyncio.Future[Any] = self.create_task(future)
            self._turn(main)
            return main.result()
        finally:
            asyncio._set_running_loop(None)

    def close(self) -> None:
        """Take apart what was left at an await: killed processes, and whatever the run did not stop."""
        asyncio._set_running_loop(self)
        try:
            for task, context in self._tasks:
                if not task.done():
                    _bury(task, context)
        finally:
            asyncio._set_running_loop(None)
        self._tasks, self._ready, self._timers = [], [], []

    get_debug = staticmethod(bool)  # never; every future asks, so it is a function that costs nothing

    def is_running(self) -> bool:
        """While it runs."""
        return asyncio._get_running_loop() is self

    def is_closed(self) -> bool:
        """Never: futures of an ended run may still be set."""
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """An error nobody awaited: kept for `broken`."""
        self._broken.append(context)

    @property
    def broken(self) -> list[str]:
        """What went wrong in callbacks, and exceptions of tasks that nobody looked at."""
        return [f"{each.get('message')}: {each.get('exception')!r}" for each in self._broken]

    def _turn(self, main: asyncio.Future[Any]) -> None:
        """Callback after callback until `main` is done; one long function, since all time is spent in it."""
        timers, draw, steps = self._timers, self._random, self.steps
        done = main.done
        while not done():
            ready = self._ready
            if not ready:
                if not timers:
                    raise Stuck(f"at {self._time:.3f} s nothing is ready and no timer runs")
                self._time = max(self._time, timers[0][0])
            while timers and timers[0][0] <= self._time:
                ready.append(heappop(timers)[2])
            if len(ready) == 1:
                handle = ready.pop()
            else:
                index = int(draw() * len(ready))
                handle, ready[index] = ready[index], ready[-1]
                ready.pop()
            if handle.dead:
                continue
            process = handle.process
            if process is not None and not process.runs(handle):
                continue
            steps.append(handle.number)
            if len(steps) > MOST_STEPS:
                raise Endless(f"{MOST_STEPS} steps, and no end at {self._time:.3f} s")
            handle.context.run(handle.callback, *handle.args)


def _bury(task: asyncio.Task[Any], context: Context) -> None:
    """Unwind a coroutine that will never run again, so that nothing is left for the garbage collector to say."""
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    coro: Generator[Any, Any, Any] = task.get_coro()  # type: ignore[assignment]
    for _ in range(100):
        try:
            context.run(coro.throw, Buried())
        except BaseException:  # noqa: BLE001 - whatever it says in its grave
            return
