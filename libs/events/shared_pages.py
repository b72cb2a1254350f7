"""What the readers of one log look at together: a window is opened, a page fetched and an event parsed once.

A service has a reader for each of its read models, and all of them wake at the same commit. Whoever comes first opens
the window and fetches the page; the others go the same steps and find it here. A reader that lags looks for itself.
"""

import asyncio
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Collection, Hashable
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from typing import Any, Final, TypeVar

from libs.events.codec import Codec
from libs.events.rows import all_recorded
from libs.events.store import Recorded
from libs.events.types import Pool, Record, Snapshot
from libs.events.wake import Pulse
from libs.events.windows import Page, Window, open_window, read_page

PAGE: Final = 1_000
KEPT: Final = 4
"""Windows and pages: how many steps the readers may lie apart."""
LARGEST: Final = 2_000_000
"""Characters of a page that is kept. Events that are long lists, parsed, would hold hundreds of megabytes."""

_POSITION: Final = itemgetter("position")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class SharedPage:
    """Rows of a window in order, all that follow position `after`; `last` when nothing is left behind them."""

    def __init__(self, codec: Codec, window: Window, page: Page) -> None:
        """Nothing is parsed yet."""
        self.rows = page.rows
        self.last = page.last
        self._codec = codec
        self._of = (window.prev, window.cur)
        self._after = window.after
        self._parsed: dict[int, Recorded[Any]] = {}

    def covers(self, window: Window) -> bool:
        """Whether what follows in this window begins here."""
        if self._of != (window.prev, window.cur) or window.after < self._after:
            return False
        return window.after == self._after or bool(self.rows and window.after < self.rows[-1]["position"])

    def part(self, after: int, types: Collection[str] | None, most: int) -> "Part":
        """The rows after a position, as many as hold at most so many events of `types` (None: of all)."""
        first = bisect_right(self.rows, after, key=_POSITION)
        places = [
            place
            for place, row in enumerate(islice(self.rows, first, None), first)
            if types is None or row["type"] in types
        ]
        if len(places) <= most:
            return Part(self, first, len(self.rows), places)
        return Part(self, first, places[most], places[:most])

    def parsed(self, places: list[int]) -> list[Recorded[Any]]:
        """The events at these places. Raises UnknownEvent."""
        missing = [place for place in places if place not in self._parsed]
        found = all_recorded(self._codec, [self.rows[place] for place in missing])
        self._parsed.update(zip(missing, found, strict=True))
        return [self._parsed[place] for place in places]


@dataclass(frozen=True, slots=True)
class Part:
    """What one reader handles of a page in one transaction: its rows from `first` up to before `end`."""

    page: SharedPage
    first: int
    end: int
    places: list[int]

    @property
    def rows(self) -> list[Record]:
        """All of them, also those of types that the reader does not handle."""
        return self.page.rows[self.first : self.end]

    @property
    def last(self) -> bool:
        """Whether nothing of the window is left behind them."""
        return self.page.last and self.end == len(self.page.rows)

    def recorded(self) -> list[Recorded[Any]]:
        """The events that the reader handles. Raises UnknownEvent."""
        return self.page.parsed(self.places)


class SharedPages:
    """The newest windows and pages of one log."""

    def __init__(self, pool: Pool, codec: Codec, size: int = PAGE, committed: Pulse | None = None) -> None:
        """`committed` beats for every commit that somebody is to see; without it every look is a question."""
        self._pool = pool
        self._codec = codec
        self._size = size
        self._committed = committed
        self._looking = asyncio.Lock()
        self._fetching = asyncio.Lock()
        self._windows: OrderedDict[Snapshot, Window] = OrderedDict()
        self._pages: OrderedDict[tuple[Snapshot, Snapshot, int], SharedPage] = OrderedDict()
        self._nothing: tuple[Snapshot, int | None] | None = None

    async def window(self, prev: Snapshot) -> Window | None:
        """What is new after `prev`, None when nothing is."""
        async with self._looking:
            known = self._windows.get(prev)
            if known is not None:
                return known
            seen = self._committed.count if self._committed else None
            if seen is not None and self._nothing == (prev, seen):
                return None
            window = await open_window(self._pool, prev)
            if window is None:
                self._nothing = prev, seen
            else:
                _keep(self._windows, prev, window)
            return window

    async def page(self, window: Window) -> SharedPage:
        """The page in which a window goes on after its position."""
        async with self._fetching:
            found = next((page for page in self._pages.values() if page.covers(window)), None)
            if found is None:
                async with self._pool.acquire() as connection:
                    page = await read_page(connection, window, self._size)
                found = SharedPage(self._codec, window, page)
                if sum(len(row["data"]) for row in page.rows) <= LARGEST:
                    _keep(self._pages, (window.prev, window.cur, window.after), found)
            return found


def _keep(kept: "OrderedDict[K, V]", key: K, value: V) -> None:
    kept[key] = value
    if len(kept) > KEPT:
        kept.popitem(last=False)
