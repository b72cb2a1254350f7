"""Everything one service's database holds about a person: events, what was published, rows of every other table.

Tables are looked through from end to end, for a right to one's data is not worth less in a table that somebody adds
later without an index for it.
"""

from collections.abc import AsyncIterator, Collection
from typing import Any
from uuid import UUID

from jinguo.subject.opening import Opener, uuids
from libs.events.types import Connection

EVENTS = """
SELECT position, stream_id, version, type, recorded_at, data, meta FROM events
WHERE stream_id = ANY($1) OR data::text LIKE ANY($2) ORDER BY position
"""
PUBLISHED = """
SELECT number, type, key, at, data FROM published WHERE key = ANY($1) OR data::text LIKE ANY($2) ORDER BY number
"""
TABLES = """
SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> ALL($1) ORDER BY 1
"""
# Logs are given as such; the others say where readers stand, hold only keyed hashes of requests, or files and results
# that are opened in their own way.
APART = (
    "events",
    "published",
    "commands",
    "cursors",
    "offsets",
    "counters",
    "logs",
    "jobs",
    "import_files",
    "import_file_parts",
)


async def gathered(
    connection: Connection, opener: Opener, streams: Collection[UUID], ids: Collection[UUID]
) -> dict[str, Any]:
    """`streams` are her own histories; `ids` are those by which others speak of her."""
    published = await connection.fetch(PUBLISHED, list(ids), _patterns(ids))
    return {
        "events": await events_of(connection, opener, streams, ids),
        "published": [await _record(opener, row) for row in published],
        "tables": {name: rows async for name, rows in tables_of(connection, opener, ids)},
    }


async def events_of(
    connection: Connection, opener: Opener, streams: Collection[UUID], ids: Collection[UUID]
) -> list[dict[str, Any]]:
    """Her own histories, and events of others that name her."""
    return [await _event(opener, row) for row in await connection.fetch(EVENTS, list(streams), _patterns(ids))]


async def tables_of(
    connection: Connection, opener: Opener, ids: Collection[UUID]
) -> AsyncIterator[tuple[str, list[Any]]]:
    """Every table that names her, with the rows that do."""
    for table in await connection.fetch(TABLES, APART):
        query = f'SELECT to_jsonb(x) AS row FROM "{table["name"]}" x WHERE to_jsonb(x)::text LIKE ANY($1)'  # noqa: S608
        rows = [row["row"] for row in await connection.fetch(query, _patterns(ids))]
        if rows:
            yield table["name"], [await opener.opened(row, list(uuids(row))) for row in rows]


def _patterns(ids: Collection[UUID]) -> list[str]:
    return [f"%{each}%" for each in ids]


async def _event(opener: Opener, row: Any) -> dict[str, Any]:
    return {
        "position": row["position"],
        "stream": str(row["stream_id"]),
        "version": row["version"],
        "type": row["type"],
        "recorded_at": row["recorded_at"].isoformat(),
        "by": {name: row["meta"].get(name) for name in ("actor", "role", "unit", "valid")},
        "data": await opener.opened(row["data"]),
    }


async def _record(opener: Opener, row: Any) -> dict[str, Any]:
    return {
        "number": row["number"],
        "type": row["type"],
        "at": row["at"].isoformat(),
        "data": await opener.opened(row["data"]),
    }
