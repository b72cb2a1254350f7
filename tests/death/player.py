"""A process of the world from outside: started armed or not, watched until it dies or freezes at its point, ended."""

import signal
from pathlib import Path

from tests.death import roles
from tests.support.forks import NOTHING, Forked


class Player:
    """One process of a role."""

    def __init__(self, role: str, world: roles.Specification, log: Path, point: str = "", act: str = "") -> None:
        """`point` is `name:nth`; `act` kill or stop is what happens there."""
        armed = {"JINGUO_FAILPOINT": point, "JINGUO_FAILPOINT_ACTION": act} if point else NOTHING
        self.role = role
        self.log = log
        self._process = Forked(roles.__name__, role, world.dumps(), env=armed, out=log)

    def wait_hit(self) -> None:
        """Until it was killed, or stands frozen, at its point."""
        try:
            status = self._process.wait_struck()
        except TimeoutError as error:
            raise AssertionError(f"{self.role} did not come to its point: {self.said()}") from error
        assert status in {0, -signal.SIGKILL}, f"{self.role} ended by itself: {self.said()}"

    def thaw(self) -> None:
        """Let it go on; nothing happens when it is dead."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """kill -9, frozen or not; nothing happens when it is dead."""
        self._process.kill()

    def finish(self) -> None:
        """Ask it to stop, and see that it does so well."""
        self._process.send_signal(signal.SIGTERM)
        assert self._process.wait() == 0, f"{self.role} did not stop well: {self.said()}"

    def said(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(errors="replace")[-3000:]
