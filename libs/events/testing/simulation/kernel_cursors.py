"""Models of the statements over `cursors`: who may move them, and where they stand."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from libs.events import lease
from libs.events.testing.simulation.database import Call, Database, Model, Rows
from libs.events.types import Snapshot

NEVER = datetime.min.replace(tzinfo=UTC)  # -infinity


def add_cursors(database: Database) -> None:
    """The table."""
    database.table("cursors", cursors_pkey=("name",))


async def known(call: Call, names: Sequence[str]) -> Rows:
    """lease.KNOWN."""
    return [{"count": len([row for row in _cursors(call) if row["name"] in names])}]


async def declare(call: Call, names: Sequence[str]) -> Rows:
    """lease.DECLARE."""
    made = []
    for name in names:
        values: dict[str, Any] = {"name": name, "prev": None, "cur": None, "page_position": 0, "last_number": 0}
        values |= {"told": None, "owner": None, "epoch": 0, "lease_until": NEVER}
        made.append(await call.database.tables["cursors"].insert_or_skip(call.tx, values))
        await call.pause()
    return [version.values for version in made if version is not None]


async def take(call: Call, names: Sequence[str], owner: UUID, length: timedelta) -> Rows:
    """lease.TAKE."""
    database = call.database

    def free(row: dict[str, Any]) -> bool:
        return row["name"] in names and (row["owner"] == owner or row["lease_until"] < database.now())

    cursors = database.tables["cursors"]
    taken = []
    for version in await call.lock(cursors, free, "name", skip_locked=True):
        until = {"lease_until": database.now() + length}
        taken.append(cursors.change(call.tx, version, {"owner": owner, "epoch": version.values["epoch"] + 1} | until))
    return [version.values for version in taken]


async def peek(call: Call, names: Sequence[str]) -> Rows:
    """lease.PEEK."""
    return [row for row in _cursors(call) if row["name"] in names]


async def free(call: Call, names: Sequence[str], owner: UUID) -> Rows:
    """lease.FREE."""
    now = call.database.now()
    rows = [row for row in _cursors(call) if row["name"] in names]
    return [{"count": len([row for row in rows if row["owner"] == owner or row["lease_until"] < now])}]


async def lock(call: Call, name: str, epoch: int, timeout: str) -> Rows:
    """lease.LOCK: a limit of time, then the row under the reader's epoch."""
    call.backend.limit(int(timeout.removesuffix("ms")) / 1000)
    await call.pause()
    cursors = call.database.tables["cursors"]
    found = await call.lock(cursors, lambda row: row["name"] == name and row["epoch"] == epoch)
    return [version.values for version in found]


async def store(
    call: Call, name: str, prev: Snapshot, cur: Snapshot | None, position: int, number: int, length: timedelta
) -> Rows:
    """lease.STORE."""

    def moved(row: dict[str, Any]) -> dict[str, Any]:
        until = max(row["lease_until"], call.database.now() + length)
        return {"prev": prev, "cur": cur, "page_position": position, "last_number": number, "lease_until": until}

    return await call.update(call.database.tables["cursors"], lambda row: bool(row["name"] == name), moved)


async def expire(call: Call, names: Sequence[str]) -> Rows:
    """lease.EXPIRE."""
    return await _let_go(call, lambda row: row["name"] in names and row["owner"] is not None)


async def release(call: Call, names: Sequence[str], owner: UUID) -> Rows:
    """lease.RELEASE."""
    return await _let_go(call, lambda row: row["name"] in names and row["owner"] == owner)


async def _let_go(call: Call, where: Any) -> Rows:
    return await call.update(call.database.tables["cursors"], where, lambda _: {"owner": None, "lease_until": NEVER})


def _cursors(call: Call) -> Rows:
    return call.rows(call.database.tables["cursors"])


CURSOR_MODELS: dict[str, Model] = {
    lease.KNOWN: known,
    lease.DECLARE: declare,
    lease.TAKE: take,
    lease.PEEK: peek,
    lease.FREE: free,
    lease.LOCK: lock,
    lease.STORE: store,
    lease.EXPIRE: expire,
    lease.RELEASE: release,
}
