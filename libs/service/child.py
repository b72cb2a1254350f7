"""Work in a process of its own: what eats processor and memory there leaves the service's loop and memory alone.

    async with Child(count_words, path) as said:      # `count_words` is a generator function, importable by name
        async for item in said:
            ...

What the generator yields arrives in order and waits in a pipe, so neither side runs far ahead. Leaving the block ends
the process, and a process whose service was killed ends at its next word.
"""

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from libs.service.logs import where
from libs.values.errors import DomainError, Unavailable

T = TypeVar("T")
_STOP_SECONDS: Final = 5.0
_PRELOADED: Final[list[str]] = []


class Child(Generic[T]):
    """One process for one generator."""

    def __init__(self, work: Callable[..., Iterator[T]], *given: Any) -> None:
        """`given` and all that is yielded go through pickle."""
        self._work = work
        self._given = given
        self._process: BaseProcess | None = None
        self._receiver: Connection | None = None

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self._start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._stop)

    def __aiter__(self) -> AsyncIterator[T]:
        return self._said()

    async def _said(self) -> AsyncIterator[T]:
        """What the generator yields; a DomainError of its is raised here as it was there.

        Raises Unavailable `jobs.child_ended` when the process was killed, and RuntimeError for a fault of ours.
        """
        assert self._receiver is not None
        while True:
            try:
                word, value = await asyncio.to_thread(self._receiver.recv)
            except (EOFError, OSError):
                raise Unavailable("jobs.child_ended", "读取文件的进程意外结束，请稍后再导入一次。") from None
            if word == "said":
                yield value
            elif word == "refused":
                raise value
            elif word == "failed":
                raise RuntimeError(f"a child process failed: {value}")
            else:
                return

    def _start(self) -> None:
        context = multiprocessing.get_context("forkserver")
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_run, args=(sender, self._work, self._given), daemon=True)
        process.start()
        sender.close()
        self._process, self._receiver = process, receiver

    def _stop(self) -> None:
        process, receiver = self._process, self._receiver
        assert process is not None
        assert receiver is not None
        process.terminate()
        process.join(_STOP_SECONDS)
        if process.is_alive():
            process.kill()
            process.join()
        process.close()
        receiver.close()


def preload(*modules: str) -> None:
    """Modules that every child process will find loaded; to be said before the first one starts."""
    _PRELOADED.extend(name for name in modules if name not in _PRELOADED)
    multiprocessing.get_context("forkserver").set_forkserver_preload(_PRELOADED)


def _run(sender: Connection, work: Callable[..., Iterator[Any]], given: tuple[Any, ...]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal it reaches the whole group: the service ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with suppress(BrokenPipeError):  # nobody listens any more
        try:
            for item in work(*given):
                sender.send(("said", item))
            sender.send(("ended", None))
        except DomainError as error:
            sender.send(("refused", error))
        except BrokenPipeError:
            raise
        except Exception as error:  # noqa: BLE001 - told to the service by kind and place, never by its words
            sender.send(("failed", f"{type(error).__name__} at {where(error)}"))
