"""The two kinds of history a read model is rebuilt from: a service's own log, and facts kept under recorded numbers.

Both are read in stretches towards where the serving version stands, never past it, so that the two can be compared.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from libs.events.codec import Codec
from libs.events.projection_versions import Position
from libs.events.rows import COLUMNS, all_recorded_later
from libs.events.service import Derived, Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Record
from libs.events.windows import NOTHING
from libs.values.errors import Conflict, Refused

SMALL: Final = 5_000  # rows of a window that are read at once, by transaction id
EVERYTHING: Final = 2**63 - 1

CURSOR: Final = "SELECT prev, cur, page_position FROM cursors WHERE name = $1"
COUNTER: Final = "SELECT last FROM counters WHERE name = $1"
PROBE: Final = "SELECT o_count, o_low, o_high FROM window_probe($1, $2)"
WALK: Final = """
SELECT {columns} FROM events
WHERE position > $3 AND position <= $4 AND pg_visible_in_snapshot(xid, $2) AND NOT pg_visible_in_snapshot(xid, $1)
  AND type = ANY($5) ORDER BY position
"""
AT_ONCE: Final = """
SELECT {columns} FROM events
WHERE position IN (
    SELECT position FROM events WHERE xid >= pg_snapshot_xmax($1) AND xid < pg_snapshot_xmax($2)
        AND pg_visible_in_snapshot(xid, $2)
    UNION ALL
    SELECT position FROM events WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip($1))) AND pg_visible_in_snapshot(xid, $2))
  AND position > $3 AND position <= $4 AND type = ANY($5) ORDER BY position
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Numbers above `after` up to `upto` of one window, or of all facts; read whole, the version stands at `end`."""

    start: Position
    end: Position
    after: int
    upto: int
    count: int

    @property
    def whole(self) -> bool:
        """Few enough rows to be read at once, however far apart they lie."""
        return self.count <= SMALL


class History(Protocol):
    """Where the serving version stands, and what lies between two places."""

    async def target(self, connection: Connection, *, lock: bool = False) -> Position:
        """Where the serving version stands; with `lock` it stays there until the transaction ends."""

    async def stretch(self, connection: Connection, at: Position, to: Position) -> Stretch | None:
        """The next part of the way from one place to another, None when it is reached."""

    async def read(self, connection: Connection, stretch: Stretch, after: int, upto: int) -> Sequence[Any]:
        """What `apply` takes, of a part of a stretch."""

    def reached(self, stretch: Stretch, upto: int) -> Position:
        """Where a version stands that has taken a stretch up to a number."""


class LogHistory:
    """The service's private log, by windows between snapshots."""

    def __init__(self, codec: Codec, projection: Projection) -> None:
        """Reads only the types that the projection handles."""
        self._codec = codec
        self._cursor = f"projection.{projection.name}"
        self.types = [codec.name_of(each) for each in projection.handles]

    async def target(self, connection: Connection, *, lock: bool = False) -> Position:
        """The serving reader's cursor, with the part of an open window that it has handled."""
        row = await connection.fetchrow(CURSOR + (" FOR UPDATE" if lock else ""), self._cursor)
        if row is None:
            raise _never_read()
        return Position(row["prev"] or NOTHING, row["cur"], row["page_position"])

    async def stretch(self, connection: Connection, at: Position, to: Position) -> Stretch | None:
        """First the window that is open, then one up to the cursor's `prev`, then the part of the cursor's own."""
        if at.prev[1] > to.prev[1]:
            raise Conflict(
                "projection.ahead",
                "The version beside has read more than the serving version: the cursor was set back.",
                right="drop the version beside and rebuild",
            )
        if at.cur is not None:
            same = (at.prev, at.cur) == (to.prev, to.cur)
            if same and at.page_position >= to.page_position:
                return None
            end = to if same else Position(at.cur)
            return await self._window(connection, at, end, at.cur, at.page_position)
        if at.prev != to.prev:
            return await self._window(connection, at, Position(to.prev), to.prev, 0)
        if to.cur is not None:
            return await self._window(connection, at, to, to.cur, 0)
        return None

    async def read(self, connection: Connection, stretch: Stretch, after: int, upto: int) -> Sequence[Recorded[Any]]:
        """Events of the handled types, lifted to their present versions."""
        return all_recorded_later(self._codec, await self.rows(connection, stretch, after, upto, COLUMNS))

    async def rows(
        self, connection: Connection, stretch: Stretch, after: int, upto: int, columns: str
    ) -> Sequence[Record]:
        """The same as bare rows."""
        whole = stretch.whole and (after, upto) == (stretch.after, stretch.upto)
        query = (AT_ONCE if whole else WALK).format(columns=columns)
        rows: Sequence[Record] = await connection.fetch(
            query, stretch.start.prev, stretch.start.cur, after, upto, self.types
        )
        return rows

    def reached(self, stretch: Stretch, upto: int) -> Position:
        """Inside the stretch's window, or at its end."""
        return stretch.end if upto >= stretch.upto else replace(stretch.start, page_position=upto)

    async def _window(
        self, connection: Connection, at: Position, end: Position, cur: tuple[int, int, tuple[int, ...]], after: int
    ) -> Stretch:
        row = await connection.fetchrow(PROBE, at.prev, cur)
        assert row is not None
        upto = min(row["o_high"] or 0, end.page_position or EVERYTHING)
        low = max(after, (row["o_low"] or 1) - 1)
        upto, whole = max(low, upto), max(1, (row["o_high"] or 0) - (row["o_low"] or 1) + 1)
        return Stretch(Position(at.prev, cur), end, low, upto, row["o_count"] * min(whole, upto - low) // whole)


class FactHistory:
    """Facts that the service keeps under gapless numbers in commit order."""

    def __init__(self, derived: Derived) -> None:
        """The counter's row says where the serving version stands."""
        self._derived = derived

    async def target(self, connection: Connection, *, lock: bool = False) -> Position:
        """The counter; with `lock` no transaction that keeps facts goes on."""
        last = await connection.fetchval(COUNTER + (" FOR UPDATE" if lock else ""), self._derived.counter)
        if last is None:
            raise _never_read()
        return Position(recorded=last)

    async def stretch(self, connection: Connection, at: Position, to: Position) -> Stretch | None:
        """All numbers between."""
        del connection
        if at.recorded >= to.recorded:
            return None
        return Stretch(at, to, at.recorded, to.recorded, to.recorded - at.recorded)

    async def read(self, connection: Connection, stretch: Stretch, after: int, upto: int) -> Sequence[Any]:
        """As the service reads them."""
        del stretch
        return await self._derived.read(connection, after, upto)

    def reached(self, stretch: Stretch, upto: int) -> Position:
        """The number itself."""
        del stretch
        return Position(recorded=upto)


def _never_read() -> Refused:
    return Refused(
        "projection.never_read",
        "Nothing was ever read for this read model, so there is nothing to rebuild.",
        right="let the service read its events first",
    )
