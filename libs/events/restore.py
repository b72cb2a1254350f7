"""After a dump was restored into another cluster: bring the log and its cursors to this cluster's beginning.

Transaction ids of the old cluster mean nothing in the new one. First every cursor finishes what it had not read, by a
synthetic snapshot above all stored ids; then all ids and `prev` are set low, and the log gets a new identity, so that
readers elsewhere notice and stop. Processes append, so they do not read during the repair: what they have not reacted
to gets an id of its own that their `prev` does not show, and they react when the service starts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from libs.events.lease import Lease
from libs.events.reader import LogReader
from libs.events.types import Connection, Ids, Pool, Snapshot
from libs.events.windows import NOTHING

NEWEST = """
SELECT greatest(
    (SELECT xid::text::numeric FROM events ORDER BY events.xid DESC LIMIT 1),
    (SELECT max(pg_snapshot_xmax(prev)::text::numeric) FROM cursors),
    (SELECT max(pg_snapshot_xmax(cur)::text::numeric) FROM cursors),
    (SELECT max(greatest(pg_snapshot_xmax(prev), pg_snapshot_xmax(cur))::text::numeric) FROM projection_versions)
    ) AS newest,
    pg_snapshot_xmax(pg_current_snapshot())::text::numeric AS now
"""
LOW_XID = 3
UNREAD_XID = 4  # of what a process has not reacted to
LOW: Snapshot = (UNREAD_XID, UNREAD_XID, ())
ALL: Snapshot = (UNREAD_XID + 1, UNREAD_XID + 1, ())

UNLOCK = "ALTER TABLE events DISABLE TRIGGER events_stay"
LOWER = """
UPDATE events SET xid = CASE WHEN EXISTS (
    SELECT FROM cursors c WHERE c.name LIKE 'process.%' AND NOT pg_visible_in_snapshot(events.xid, coalesce(c.prev, $3))
) THEN $2::xid8 ELSE $1::xid8 END
"""
RELOCK = "ALTER TABLE events ENABLE TRIGGER events_stay"
REWIND = """
UPDATE cursors SET prev = CASE WHEN name LIKE 'process.%' THEN $1::pg_snapshot ELSE $2::pg_snapshot END,
       cur = NULL, page_position = 0, owner = NULL, lease_until = '-infinity'
"""
# What lies beside a serving read model counts the old transaction ids: it can be dropped, not gone on with.
OUTDATE = "UPDATE projection_versions SET state = 'stale', prev = NULL, cur = NULL WHERE state <> 'serving'"
OLD_LOG = "SELECT feed_log_id()"
NEW_LOG = "INSERT INTO logs (log_id) VALUES ($1)"
MOVE = "UPDATE offsets SET log_id = $2 WHERE log_id = $1"
MOVE_PARKED = "UPDATE parked SET log_id = $2 WHERE log_id = $1"


class RestoredElsewhere(Exception):
    """Stored transaction ids lie in this cluster's future: the database was copied from another cluster."""


@dataclass(frozen=True, slots=True)
class NewLog:
    """Identity of a log before and after its repair."""

    old: UUID
    new: UUID


async def check(pool: Pool) -> None:
    """The guard of every start; raises RestoredElsewhere."""
    newest, now = await _newest(pool)
    if newest is not None and newest >= now:
        raise RestoredElsewhere(
            f"transaction {newest} of this database has not happened in this cluster (now {now}): "
            "it was copied from another one; restore it by `jinguo restore`, which repairs it"
        )


async def finish(pool: Pool, readers: Sequence[LogReader], lease: Lease) -> None:
    """Let every cursor read what it had not read when the dump was made."""
    await lease.declare(pool)
    newest, _ = await _newest(pool)
    above = int(newest or LOW_XID) + 1
    cursors = await lease.take(pool, force=True)
    assert cursors is not None
    for reader in readers:
        reader.resume(cursors[reader.name])
        if cursors[reader.name].cur is not None:
            while not reader.idle:
                await reader.step(lease)
        assert reader.cursor is not None
        await reader.read_up_to((above, above, ()), lease)


async def lower(tx: Connection, ids: Ids) -> NewLog:
    """In one transaction of the owner's: all ids low, all cursors at them, a new identity of the log."""
    old = await tx.fetchval(OLD_LOG)
    new = ids()
    await tx.execute(UNLOCK)
    await tx.execute(LOWER, LOW_XID, UNREAD_XID, NOTHING)
    await tx.execute(RELOCK)
    await tx.execute(REWIND, LOW, ALL)
    await tx.execute(OUTDATE)
    await tx.execute(NEW_LOG, new)
    return NewLog(old, new)


async def move_offsets(tx: Connection, log: NewLog) -> None:
    """For a consumer's database restored from the same moment: its offsets count the log under its new identity."""
    await tx.execute(MOVE, log.old, log.new)
    await tx.execute(MOVE_PARKED, log.old, log.new)


async def _newest(pool: Pool) -> tuple[int | None, int]:
    row = await pool.fetchrow(NEWEST)
    assert row is not None
    return (None if row["newest"] is None else int(row["newest"])), int(row["now"])
