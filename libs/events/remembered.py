"""States of long streams in the memory of the process, opt-in: a command reads only what was appended since.

Never believed, as a snapshot is not: a state counts only if the stream still holds the very event it ends with. So what
a transaction saw of itself may be remembered too, and is of no effect when it was rolled back.
"""

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from libs.events.snapshots import Folded

if TYPE_CHECKING:
    from libs.events.decider import Decider

MOST: Final = 500
"""States; the one used longest ago goes first."""


class Remembered:
    """By stream; of a stream for which two deciders decide, the state of the one that asked last."""

    def __init__(self, most: int = MOST) -> None:
        """Nothing yet."""
        self._most = most
        self._states: OrderedDict[UUID, tuple[Any, Folded[Any]]] = OrderedDict()

    def find(self, decider: "Decider[Any, Any, Any]", stream_id: UUID) -> Folded[Any] | None:
        """The state as it was last read, whether it may be believed or not."""
        kept = self._states.get(stream_id)
        return kept[1] if kept is not None and kept[0] is decider else None

    def keep(self, decider: "Decider[Any, Any, Any]", stream_id: UUID, folded: Folded[Any]) -> None:
        """Replace what was known of the stream."""
        self._states[stream_id] = decider, folded
        self._states.move_to_end(stream_id)
        if len(self._states) > self._most:
            self._states.popitem(last=False)
