"""Processes of the tests, forked from one that has loaded the product once: loading costs more than most of them live.

A fork runs a module as `python -m` does, in a process of its own that can be killed, frozen and waited for.
"""

import asyncio
import multiprocessing
import os
import runpy
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import psutil

from libs.events import failpoints
from libs.service.child import preload
from tests.support.ending import end_with_parent

_FORKS = multiprocessing.get_context("forkserver")
preload("tests.support.forks_loaded", "jinguo.up", "jinguo.cli", __name__)
NOTHING: Mapping[str, str] = MappingProxyType({})
LIMIT = 180.0  # seconds within which what was asked to end has ended, on a machine however busy


class Forked:
    """`python -m module arguments` with `env` besides the environment of this process."""

    def __init__(
        self,
        module: str,
        *arguments: object,
        env: Mapping[str, str] = NOTHING,
        out: Path | str = os.devnull,
        err: Path | str | None = None,
    ) -> None:
        """What it prints is appended to the file `out`; `err`, unless None, gets standard error."""
        whole = {**os.environ, **env}
        printed = (str(out), str(err if err is not None else out))
        given = (module, [str(each) for each in arguments], whole, printed)
        self._out = Path(out)
        if out != os.devnull:
            self._out.touch()
        self._process = _FORKS.Process(target=_run, args=given, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process.pid is not None
        return self._process.pid

    def poll(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, limit: float = LIMIT) -> int:
        """Its exit status when it has ended; raises TimeoutError after `limit` seconds."""
        self._process.join(limit)
        ended = self._process.exitcode
        if ended is None:
            raise TimeoutError(f"process {self.pid} has not ended in {limit} s")
        return ended

    async def ended(self, limit: float = LIMIT) -> int:
        """As `wait`, while the loop goes on."""
        return await asyncio.to_thread(self.wait, limit)

    def wait_struck(self, limit: float = LIMIT) -> int:
        """Until it is frozen (0) or has ended (its exit status); raises TimeoutError after `limit` seconds."""
        end = time.monotonic() + limit
        while self.poll() is None and not self._is_frozen():
            if time.monotonic() > end:
                raise TimeoutError(f"process {self.pid} was not struck in {limit} s")
            time.sleep(0.005)  # between looks, until the limit
        return self.poll() or 0

    def _is_frozen(self) -> bool:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(self.pid).status() == psutil.STATUS_STOPPED
        return False

    async def said(self, words: str, limit: float = LIMIT) -> bool:
        """Wait until it has printed `words`; False if it ended without. Raises TimeoutError after `limit` seconds."""
        async with asyncio.timeout(limit):
            while words not in self._out.read_text(errors="replace"):
                if self.poll() is not None:
                    return words in self._out.read_text(errors="replace")
                await asyncio.sleep(0.01)  # between looks, until the limit
        return True

    def send_signal(self, number: int) -> None:
        """Send a signal; nothing happens when it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """kill -9, frozen or not, and wait; nothing happens when it has ended."""
        self.send_signal(signal.SIGKILL)
        self.wait()


def _run(module: str, arguments: list[str], env: dict[str, str], printed: tuple[str, str]) -> None:
    """In the new process, which does not outlive a run of the tests that was killed."""
    end_with_parent()
    multiprocessing.current_process().daemon = False  # it has children of its own, as when it is started by hand
    _FORKS.set_forkserver_preload(["services.registry.adapters.checking", "pypinyin"])  # as the product
    for number, path in enumerate(printed, start=1):
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115
    os.environ.clear()
    os.environ.update(env)
    failpoints.arm_from_environment()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
