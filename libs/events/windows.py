"""Reading the private log without losing or reordering: what one snapshot shows and an earlier one did not.

Positions are drawn before commit, so a reader by `position > last` skips what commits late. A window is the fixed
set of rows visible in `cur` and not in `prev`, read in the order of positions; then `prev := cur`.
"""

from dataclasses import dataclass
from typing import Final

from libs.events.rows import COLUMNS
from libs.events.types import Connection, Pool, Record, Snapshot

NOTHING: Final[Snapshot] = (1, 1, ())

OPEN = "SELECT o_cur, o_count, o_low, o_high FROM window_open($1)"

SMALL = f"""
SELECT {COLUMNS} FROM events
WHERE xid >= pg_snapshot_xmax($1) AND xid < pg_snapshot_xmax($2) AND pg_visible_in_snapshot(xid, $2)
UNION ALL
SELECT {COLUMNS} FROM events
WHERE xid = ANY (ARRAY(SELECT pg_snapshot_xip($1))) AND pg_visible_in_snapshot(xid, $2)
ORDER BY position
"""  # noqa: S608 - a constant list of columns

# The sizes are of what is stored: a long list lies packed beside its row, and is unpacked for the page alone.
WALK = f"""
SELECT {COLUMNS}, found FROM (
    SELECT next.*, count(*) OVER () AS found, coalesce(sum(pg_column_size(next.data)) OVER (
        ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
    FROM (
        SELECT * FROM events
        WHERE position > $3 AND pg_visible_in_snapshot(xid, $2) AND NOT pg_visible_in_snapshot(xid, $1)
        ORDER BY position LIMIT $4) AS next
) AS sized WHERE before < $5 ORDER BY position
"""  # noqa: S608 - a constant list of columns


SMALLEST: Final = 50
"""Events of a window that are fetched together whatever their size."""
LARGEST: Final = 1_000_000
"""Bytes, as stored, after which a page ends: a nation's lists of villages would make one of hundreds of megabytes."""


@dataclass(frozen=True, slots=True)
class Window:
    """An open window: `count` is None when it was found open after a restart."""

    prev: Snapshot
    cur: Snapshot
    count: int | None
    after: int  # position of the last row already handled


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a window in order; `last` when nothing of the window is left behind them."""

    rows: list[Record]
    last: bool


async def open_window(source: Pool | Connection, prev: Snapshot) -> Window | None:
    """Take `cur` in a statement of its own, before a transaction of ours has an id; None when nothing is new."""
    row = await source.fetchrow(OPEN, prev)
    assert row is not None
    if row["o_count"] == 0:
        return None
    return Window(prev, row["o_cur"], row["o_count"], row["o_low"] - 1)


async def read_page(tx: Connection, window: Window, size: int) -> Page:
    """The next rows of a window; small windows by transaction id, large ones along the primary key."""
    if window.count is not None and window.count <= min(size, SMALLEST):
        return Page(await tx.fetch(SMALL, window.prev, window.cur), last=True)
    rows = await tx.fetch(WALK, window.prev, window.cur, window.after, size, LARGEST)
    return Page(rows, last=not rows or len(rows) == rows[0]["found"] < size)


def shows(snapshot: Snapshot, xid: int) -> bool:
    """Whether a transaction is visible in a snapshot."""
    low, high, in_flight = snapshot
    return xid < low or (xid < high and xid not in in_flight)
