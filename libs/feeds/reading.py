"""Reads a feed: the published records of some units and types after one of them, and where an id lies."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from libs.events.types import Pool, Record
from libs.values.division import Division
from libs.values.errors import Conflict, Invalid

_ID: Final = re.compile(r"(\d{16})::([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")

_READ: Final = """
SELECT f.tick, p.event_id, p.type, p.key, p.data, p.meta, p.at, o.tick AS original
FROM feed f JOIN published p ON p.number = f.number LEFT JOIN feed o ON o.number = (p.meta->>'replayof')::bigint
WHERE f.tick > $1 AND f.unit BETWEEN $2 AND $3 AND ($4::text[] IS NULL OR p.type = ANY($4)){narrow}
ORDER BY f.tick LIMIT $5
"""
# Codes of a level share so many digits; each of these has an index of its own.
_DIGITS: Final = {"nation": 0, "province": 0, "prefecture": 4, "county": 6, "township": 9, "village": 9}

# How an id is answered must tell nothing of what lies outside a follower's units and types: all three look inside only.
_SEEN: Final = "f.unit BETWEEN $2 AND $3 AND ($4::text[] IS NULL OR p.type = ANY($4))"
AT_TICK: Final = f"""
SELECT p.event_id FROM feed f JOIN published p ON p.number = f.number WHERE f.tick = $1 AND {_SEEN}
"""  # noqa: S608
BY_ID: Final = f"""
SELECT f.tick FROM published p JOIN feed f ON f.number = p.number WHERE p.event_id = $1 AND {_SEEN}
"""  # noqa: S608
LATER: Final = f"""
SELECT EXISTS (SELECT FROM feed f JOIN published p ON p.number = f.number WHERE f.tick >= $1 AND {_SEEN}{{narrow}})
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Following:
    """What is followed: a unit with all below it, and types, None for all."""

    unit: Division
    types: tuple[str, ...] | None = None


def id_of(tick: int, event_id: UUID) -> str:
    """The id of a record in a feed: sorts as the feed does, and is the same for everybody."""
    return f"{tick:016}::{event_id}"


async def after(pool: Pool, following: Following, tick: int, limit: int) -> Sequence[Record]:
    """Up to `limit` records after `tick`, in the order of the log."""
    sql, narrow = _narrowed(_READ, following, "$6")
    return await pool.fetch(sql, tick, *_inside(following), limit, *narrow)


def _inside(following: Following) -> tuple[str, str, list[str] | None]:
    low, high = following.unit.range()
    return low, high, list(following.types) if following.types is not None else None


def _narrowed(sql: str, following: Following, parameter: str) -> tuple[str, tuple[str, ...]]:
    """The statement by the index of the unit's level, and what it is given besides."""
    digits = _DIGITS[following.unit.level]
    if not digits:
        return sql.format(narrow=""), ()
    return sql.format(narrow=f" AND left(f.unit, {digits}) = {parameter}"), (following.unit.code[:digits],)


async def place(pool: Pool, seen: Following, last_event_id: str | None) -> int:
    """The tick to go on after. Raises Invalid for what is no id, Conflict for one of another log.

    `seen` is all that the follower may see; what lies outside answers as what does not exist. An id whose record is
    gone is followed from where it lay.
    """
    if last_event_id is None:
        return 0
    found = _ID.fullmatch(last_event_id)
    if found is None:
        raise Invalid(
            "feeds.last_event_id",
            "lastEventId 应为收到的最后一个事件的 id。",
            field="lastEventId",
            right="1467331200000000::0b6c…（事件的 id）",
        )
    tick, event_id = int(found[1]), UUID(found[2])
    there = await pool.fetchval(AT_TICK, tick, *_inside(seen))
    if there == event_id:
        return tick
    moved: int | None = await pool.fetchval(BY_ID, event_id, *_inside(seen))
    if moved is not None:
        return moved
    sql, narrow = _narrowed(LATER, seen, "$5")
    if there is not None or not await pool.fetchval(sql, tick, *_inside(seen), *narrow):
        raise Conflict(
            "feeds.other_log",
            "这个 id 不属于本事件流：可能来自另一个系统，或系统已从较早的备份恢复。请从头读取，重复的事件按 id 去重。",
            field="lastEventId",
            rule="id 须是本事件流发出的",
            right="去掉 lastEventId，从头读取",
        )
    return tick
