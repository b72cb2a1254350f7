"""Every query on a growing table finds its rows by an index, whatever the plan cache decides."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from libs.events import consumer, listing, postgres, publisher, restore, rows, status_query, table_transport, windows
from libs.events.pool import connect
from libs.events.types import Connection
from tests.conftest import KERNEL
from tests.support.postgres import Databases

EVENTS = 200_000
FILL_EVENTS = """
INSERT INTO events (xid, stream_id, version, event_id, type, schema_version, data, meta)
SELECT (100 + n / 10)::text::xid8, md5((n / 20)::text)::uuid, n % 20 + 1, gen_random_uuid(), 'noted', 1, '{"n": 1}',
       '{"actor": "a"}' FROM generate_series(0, $1 - 1) n
"""
FILL_PUBLISHED = """
INSERT INTO published SELECT n, n % 24, greatest(0, n - 24), gen_random_uuid(), 'notes.taken.v1', gen_random_uuid(),
       '{"n": 1}', '{}', now() FROM generate_series(1, $1) n
"""
FILL_OFFSETS = "INSERT INTO offsets SELECT 'c' || c, $1, p, 0 FROM generate_series(1, 200) c, generate_series(0, 23) p"
FILL_CURSORS = """
INSERT INTO cursors (name, prev, cur, page_position)
VALUES ('new', NULL, NULL, 0), ('resting', $1, NULL, 0), ('in a window', $1, $2, $3)
"""
LAST = 100 + EVENTS // 10
PREV, CUR = (LAST - 5, LAST - 3, (LAST - 5, LAST - 4)), (LAST, LAST, ())
PARTITIONS = list(range(24))


@pytest.fixture(scope="module")
def big() -> dict[str, str]:
    """The DSN of the filled database, made by the first test."""
    return {}


@pytest.fixture
async def full(databases: Databases, big: dict[str, str]) -> AsyncIterator[Connection]:
    if not big:
        big["dsn"] = await databases.make(KERNEL)
        connection = await connect(big["dsn"])
        await connection.execute(FILL_EVENTS, EVENTS)
        await connection.execute(FILL_PUBLISHED, EVENTS)
        await connection.execute(FILL_OFFSETS, uuid7())
        await connection.execute(FILL_CURSORS, PREV, CUR, EVENTS - 500)
        await connection.execute("VACUUM ANALYZE events, published, offsets, commands")
        await connection.close()
    connection = await connect(big["dsn"])
    yield connection
    await connection.close()


async def _probe(connection: Connection) -> str:
    body: str = await connection.fetchval("SELECT prosrc FROM pg_proc WHERE proname = 'window_probe'")
    return re.sub(r"\bp_cur\b", "$2", re.sub(r"\bp_prev\b", "$1", body))


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in _nodes(child))]


CASES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "stream load": (postgres.LOAD, (uuid7(), 0, rows.ALL_VERSIONS)),
    "stream as of an instant": (postgres.LOAD_AS_OF, (uuid7(), datetime(2016, 5, 3, tzinfo=UTC))),
    "end of the private log": (listing.LAST_EVENTS, (20,)),
    "end of the published log": (listing.LAST_PUBLISHED, (20,)),
    "many streams": (postgres.LOAD_MANY, ([uuid7()] * 50,)),
    "answered command": (postgres.FIND, (uuid7(),)),
    "answered command or stream": (postgres.FIND_OR_LOAD, (uuid7(), uuid7())),
    "small window": (windows.SMALL, (PREV, CUR)),
    "page of a large window": (windows.WALK, (PREV, CUR, EVENTS - 500, 100, windows.LARGEST)),
    "first page of everything": (windows.WALK, (windows.NOTHING, CUR, 0, 100, windows.LARGEST)),
    "last numbers": (publisher.LASTS, (24,)),
    "published by number": (table_transport.READ, (PARTITIONS, [EVENTS - 30] * 24, 1000)),
    "published from the start": (table_transport.READ, (PARTITIONS, [0] * 24, 1000)),
    "published under a number": (table_transport.AT, (5,)),
    "head": (table_transport.HEAD, ()),
    "offsets": (consumer.LOCK, ("c7", uuid7(), [3, 5])),
    "stored offset": (consumer.STORED, ("c7",)),
    "lag of cursors": (status_query.CURSOR, (windows.NOTHING, status_query.COUNTED)),
    "restore guard": (restore.NEWEST, ()),
}


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("case", [*CASES, "probe"])
async def test_rows_are_found_by_an_index(full: Connection, case: str, mode: str) -> None:
    await full.execute(f"SET plan_cache_mode = {mode}")
    query, arguments = CASES[case] if case in CASES else (await _probe(full), (PREV, CUR))
    answer = await full.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *arguments)
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    scanned = {node["Relation Name"] for node in _nodes(plan) if node["Node Type"] == "Seq Scan"}
    assert scanned.isdisjoint({"events", "published", "offsets"})
    read = [node["Actual Rows"] * node["Actual Loops"] + node.get("Rows Removed by Filter", 0) for node in _nodes(plan)]
    assert max(read) < 30_000, f"{case} touches {max(read)} rows"


async def test_the_forwarders_lag_reads_no_events(full: Connection) -> None:
    """It moves over published numbers; its row has no snapshot, so all events would lie behind it."""
    undone = full.transaction()
    await undone.start()
    await full.execute("DELETE FROM cursors; INSERT INTO cursors (name, last_number) VALUES ('forwarder', 7)")
    query = f"EXPLAIN (ANALYZE, FORMAT JSON) {status_query.CURSOR}"
    answer = await full.fetchval(query, windows.NOTHING, status_query.COUNTED)
    await undone.rollback()
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    of_events = [node for node in _nodes(plan) if node.get("Relation Name") == "events"]
    assert of_events != []
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in of_events) == 0
