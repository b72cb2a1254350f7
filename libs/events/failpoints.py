"""Named points at which a test may kill or freeze this process; nothing happens unless one is armed.

`JINGUO_FAILPOINT=name[:nth]` arms one: at its n-th passing the process dies at once (SIGKILL), or with
`JINGUO_FAILPOINT_ACTION=stop` freezes (SIGSTOP).
"""

import os
import signal
from typing import Final

POINTS: Final = (
    "append.keys_written",
    "append.before",
    "append.after",
    "command.before",
    "command.appended",
    "command.answered",
    "command.after",
    "page.locked",
    "page.applied",
    "page.stored",
    "page.committed",
    "consumer.locked",
    "consumer.applied",
    "consumer.stored",
    "consumer.committed",
    "park.found",
    "park.written",
    "park.committed",
    "park.retried",
    "park.removed",
    "park.discarded",
    "division.households_followed",
    "division.persons_followed",
    "erase.blanked",
    "erase.files_redacted",
    "erase.keys_destroyed",
    "erase.told",
    "retention.emptied",
    "retention.keys_destroyed",
    "rebuild.created",
    "rebuild.page_applied",
    "rebuild.page_stored",
    "rebuild.page_committed",
    "rebuild.held",
    "rebuild.compared",
    "rebuild.swapped",
    "rebuild.swap_committed",
    "rebuild.dropped",
    "forwarder.read",
    "forwarder.sent",
    "forwarder.awaited",
    "forwarder.stored",
    "timer.locked",
    "timer.appended",
    "timer.deleted",
    "timer.committed",
)

_armed = ""
_left = 0
_signal = signal.SIGKILL


def arm(point: str, action: str = "kill") -> None:
    """Arm `name[:nth]` in this process; `action` kill or stop. Raises ValueError for a point there is not."""
    global _armed, _left, _signal  # noqa: PLW0603 - one point is armed in a process
    name, _, nth = point.partition(":")
    if name not in POINTS:
        raise ValueError(f"JINGUO_FAILPOINT={name}: no such point; there are {', '.join(POINTS)}")
    _armed, _left = name, int(nth or 1)
    _signal = signal.SIGSTOP if action == "stop" else signal.SIGKILL


def passing(point: str) -> None:
    """Called at each point."""
    global _left  # noqa: PLW0603 - counts down once in a process
    if point != _armed:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), _signal)


def arm_from_environment() -> None:
    """As the module's first lines say; nothing happens unless a point is named."""
    if point := os.environ.get("JINGUO_FAILPOINT"):
        arm(point, os.environ.get("JINGUO_FAILPOINT_ACTION", "kill"))


arm_from_environment()
