"""A process of the world from outside: started armed or not, watched until it dies or freezes at its point, ended.

They are forked from one that has loaded the kernel once, because loading it costs more than most of them live.
"""

import contextlib
import multiprocessing
import os
import signal
import time
from pathlib import Path

import psutil

from libs.events import failpoints
from tests.death import roles

LIMIT = 180.0  # seconds within which anything must have happened, on a machine however busy
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([roles.__name__])


class Player:
    """One process of a role."""

    def __init__(self, role: str, world: roles.Specification, log: Path, point: str = "", act: str = "") -> None:
        """`point` is `name:nth`; `act` kill or stop is what happens there."""
        self.role = role
        self.log = log
        self._process = FORKS.Process(target=_play, args=(role, world, log, point, act), daemon=True)
        self._process.start()
        assert self._process.pid is not None
        self._seen = psutil.Process(self._process.pid)

    def wait_hit(self) -> None:
        """Until it was killed, or stands frozen, at its point."""
        end = time.monotonic() + LIMIT
        while not self._stands():
            assert time.monotonic() < end, f"{self.role} did not come to its point: {self.said()}"
            time.sleep(0.005)  # between looks, until LIMIT

    def _stands(self) -> bool:
        """Frozen or killed."""
        if (ended := self._process.exitcode) is not None:
            assert ended == -signal.SIGKILL, f"{self.role} ended by itself: {self.said()}"
            return True
        with contextlib.suppress(psutil.NoSuchProcess):
            return self._seen.status() == psutil.STATUS_STOPPED
        return False

    def thaw(self) -> None:
        """Let it go on; nothing happens when it is dead."""
        if self._process.exitcode is None:
            self._seen.resume()

    def kill(self) -> None:
        """kill -9, frozen or not; nothing happens when it is dead."""
        self._process.kill()
        self._process.join(LIMIT)

    def finish(self) -> None:
        """Ask it to stop, and see that it does so well."""
        self._process.terminate()
        self._process.join(LIMIT)
        assert self._process.exitcode == 0, f"{self.role} did not stop well: {self.said()}"

    def said(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-3000:]


def _play(role: str, world: roles.Specification, log: Path, point: str, act: str) -> None:
    """In the new process: what it prints goes to its log."""
    with log.open("ab") as output:
        for printed in (1, 2):
            os.dup2(output.fileno(), printed)
    if point:
        failpoints.arm(point, act)
    roles.play(role, world)
