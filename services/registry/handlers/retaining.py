"""What has been kept long enough: listed with its rule, and destroyed where that needs no person.

A file is emptied, that is told, and its key marked in one transaction; then the key goes. Killed in between, the next
run destroys the key; done twice, nothing is due any more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from libs.events import failpoints
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM, Append
from libs.events.types import Pool, Record
from libs.values.valid_date import SHANGHAI, local_date
from services.registry.domain.keys import retention_key
from services.registry.domain.retention import RULES, FilesDestroyed, Kind, left_long_ago
from services.registry.handlers import files

FILES: Final = """
SELECT import_id, kept_at, emptied_on IS NULL AND kept_at < $1 AS raw, refused IS NOT NULL AND kept_at < $2 AS refused
FROM import_files
WHERE (emptied_on IS NULL AND kept_at < $1) OR (refused IS NOT NULL AND kept_at < $2) ORDER BY kept_at, import_id
"""
EMPTIED: Final = "UPDATE import_files SET emptied_on = $2 WHERE import_id = $1"
LEFT: Final = """
SELECT woman_id, division, gone, gone_valid FROM women
WHERE gone IS NOT NULL AND merged_into IS NULL AND NOT erased AND left(gone_valid, 4) <= $1
ORDER BY division, woman_id
"""


@dataclass(frozen=True, slots=True)
class Due:
    """One thing whose time is over: an import's file or a woman's record, since when, and by which rule."""

    kind: Kind
    subject: UUID
    since: str
    days: int
    way: str
    source: str


async def due(pool: Pool, now: datetime) -> list[Due]:
    """Everything that is due on a day, files first; who left is only proposed."""
    today = local_date(now)
    found: list[Due] = []
    for row in await _files(pool, today):
        since = str(local_date(row["kept_at"]))
        found += [_due(kind, row["import_id"], since, today) for kind in _kinds(row["raw"], row["refused"])]
    last = today - timedelta(days=RULES["woman_left"].on(today).value.days)
    for row in await pool.fetch(LEFT, f"{last.year:04}"):
        if left_long_ago(row["gone_valid"], last):
            found.append(_due("woman_left", row["woman_id"], row["gone_valid"], today))
    return found


async def destroy(runtime: Runtime, meta: Meta) -> int:
    """Destroy the files that are due and tell it; gives their number. Again does nothing more."""
    today = local_date(runtime.clock())
    done = 0
    for row in await _files(runtime.pool, today):
        kinds = _kinds(row["raw"], row["refused"])
        done += await _empty(runtime, row["import_id"], kinds, local_date(row["kept_at"]), meta)
    await files.destroy_retired(runtime.pool, runtime.vault)
    failpoints.passing("retention.keys_destroyed")
    return done


async def _empty(runtime: Runtime, import_id: UUID, kinds: Sequence[Kind], kept_on: date, meta: Meta) -> bool:
    kept = await files.kept(runtime.pool, runtime.vault, import_id)
    left = None if "raw_file" in kinds else kept.raw
    new_key, today = runtime.ids(), local_date(runtime.clock())
    await runtime.vault.ensure([new_key])
    stream = retention_key(import_id)
    before = await runtime.store.load(stream)
    told = FilesDestroyed(import_id, tuple(kinds), kept_on, today)
    async with runtime.pool.acquire() as connection, connection.transaction():
        if not await files.replace(connection, runtime.vault, kept, new_key, left, None):
            return False  # its rows were taken out at this moment: the next run sees what is left
        if "raw_file" in kinds:
            await connection.execute(EMPTIED, import_id, today)
        version = before[-1].version if before else NO_STREAM
        await runtime.store.append_many([Append(stream, version, [told], meta)], connection)
    failpoints.passing("retention.emptied")
    return True


async def _files(pool: Pool, today: date) -> list[Record]:
    return list(await pool.fetch(FILES, _before("raw_file", today), _before("refused_file", today)))


def _before(kind: Kind, today: date) -> datetime:
    """What was kept before this moment is due."""
    last = today - timedelta(days=RULES[kind].on(today).value.days)
    return datetime.combine(last, time(), SHANGHAI)


def _kinds(raw: bool, refused: bool) -> list[Kind]:
    kinds: list[Kind] = []
    if raw:
        kinds.append("raw_file")
    if refused:
        kinds.append("refused_file")
    return kinds


def _due(kind: Kind, subject: UUID, since: str, today: date) -> Due:
    rule = RULES[kind].on(today)
    return Due(kind, subject, since, rule.value.days, rule.value.way, rule.source)
