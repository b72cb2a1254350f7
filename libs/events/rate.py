"""How fast a reader has been lately: events a second over the last minute, kept in memory."""

import time
from collections import deque

SPAN = 60  # seconds


class Rate:
    """Sums by second; `add` costs next to nothing."""

    def __init__(self) -> None:
        """Nothing was handled yet."""
        self._seconds: deque[tuple[int, int]] = deque()

    def add(self, amount: int) -> None:
        """So many were handled just now."""
        now = int(time.monotonic())
        if self._seconds and self._seconds[-1][0] == now:
            amount += self._seconds.pop()[1]
        self._seconds.append((now, amount))
        self._drop(now)

    def per_second(self) -> float:
        """The mean of the last minute."""
        self._drop(int(time.monotonic()))
        return sum(amount for _, amount in self._seconds) / SPAN

    def _drop(self, now: int) -> None:
        while self._seconds and self._seconds[0][0] <= now - SPAN:
            self._seconds.popleft()
