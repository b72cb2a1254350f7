"""A process of the world from outside: started armed or not, watched until it dies or freezes at its point, ended."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.death.roles import Specification

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 180.0  # seconds within which anything must have happened, on a machine however busy


class Player:
    """One process of a role."""

    def __init__(self, role: str, world: Specification, log: Path, point: str = "", act: str = "") -> None:
        """`point` is `name:nth`; `act` kill or stop is what happens there."""
        armed = {"JINGUO_FAILPOINT": point, "JINGUO_FAILPOINT_ACTION": act} if point else {}
        self.role = role
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.death.roles", role, world.dumps()],
                cwd=ROOT, env={**os.environ, **armed}, stdout=output, stderr=output, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def wait_hit(self) -> None:
        """Until it was killed, or stands frozen, at its point."""
        options = os.WEXITED | os.WSTOPPED | os.WNOWAIT | os.WNOHANG
        end = time.monotonic() + LIMIT
        while (state := os.waitid(os.P_PID, self.process.pid, options)) is None:
            assert time.monotonic() < end, f"{self.role} did not come to its point: {self.said()}"
            time.sleep(0.005)  # between looks, until LIMIT
        assert state.si_code in {os.CLD_KILLED, os.CLD_STOPPED}, f"{self.role} ended by itself: {self.said()}"

    def thaw(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9, frozen or not."""
        self.process.kill()
        self.process.wait(LIMIT)

    def finish(self) -> None:
        """Ask it to stop, and see that it does so well."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(LIMIT) == 0, f"{self.role} did not stop well: {self.said()}"

    def said(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-3000:]
