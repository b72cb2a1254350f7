"""Rebuilding a read model beside the serving one: by the projection's own upserts, and by a fold in memory.

The log holds courses that open and attendances with days and money; the read model sums them per county and month.
Every event has a meta of its own, and 19 of 20 are handled.
"""

import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from bench.figure import figure
from bench.kernel import database_of
from jinguo.postgres import EmbeddedPostgres
from libs.events import projection_versions
from libs.events.codec import Codec
from libs.events.pool import connect
from libs.events.rebuild import Rebuild, source_of
from libs.events.schema import migrate
from libs.events.service import Fold, Projection, Service
from libs.events.store import Recorded
from libs.events.types import Connection, Record

EVENTS = int(os.environ.get("BENCH_REBUILD_EVENTS", "500000"))
COUNTIES = 88

TABLE = """
CREATE TABLE attendance (
    county text NOT NULL, month date NOT NULL, attendances bigint NOT NULL, days bigint NOT NULL, fen bigint NOT NULL,
    PRIMARY KEY (county, month)
);
CREATE INDEX attendance_month ON attendance (month);
"""
# As appends would have left it: a stream of 20 events for each course, small events, a meta for each.
FILL = """
INSERT INTO events (stream_id, version, event_id, type, schema_version, data, meta)
SELECT ('00000000-0000-7000-8000-' || lpad((n / 20)::text, 12, '0'))::uuid, n % 20 + 1, gen_random_uuid(),
       CASE WHEN n % 20 = 0 THEN 'opened' ELSE 'attended' END, 1,
       CASE WHEN n % 20 = 0
            THEN jsonb_build_object('course_id', gen_random_uuid(), 'title', 'Embroidery ' || n)
            ELSE jsonb_build_object('woman_id', gen_random_uuid(), 'county', (520000 + n % $2)::text, 'fen', n % 900,
                                    'day', date '2016-01-01' + (n % 1800)::int, 'days', n % 5 + 1) END,
       jsonb_build_object('actor', 'bench', 'role', 'cadre', 'unit', '520000000000',
                          'correlation_id', gen_random_uuid(), 'command_id', gen_random_uuid())
FROM generate_series($1::bigint, $1 + $3 - 1) n
"""
SEEN = """
INSERT INTO cursors (name, prev) VALUES ('projection.attendance', pg_current_snapshot());
"""
UPSERT = """
INSERT INTO attendance (county, month, attendances, days, fen)
SELECT * FROM unnest($1::text[], $2::date[], $3::bigint[], $4::bigint[], $5::bigint[])
ON CONFLICT (county, month) DO UPDATE SET attendances = attendance.attendances + excluded.attendances,
    days = attendance.days + excluded.days, fen = attendance.fen + excluded.fen
"""


@dataclass(frozen=True, slots=True)
class Opened:
    """A course; the read model does not handle it."""

    course_id: UUID
    title: str


@dataclass(frozen=True, slots=True)
class Attended:
    """A woman's attendance."""

    woman_id: UUID
    county: str
    day: date
    days: int
    fen: int


Sums = dict[tuple[str, date], list[int]]


def add(sums: Sums, rows: Sequence[Record]) -> None:
    """Of bare columns."""
    for county, day, days, fen in rows:
        entry = sums.get((county, day))
        if entry is None:
            entry = sums[county, day] = [0, 0, 0]
        entry[0] += 1
        entry[1] += days
        entry[2] += fen


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """Set-based, as a projection should be."""
    sums: Sums = {}
    months: dict[date, date] = {}
    for recorded in events:
        event: Attended = recorded.event
        month = months.get(event.day) or months.setdefault(event.day, event.day.replace(day=1))
        entry = sums.get((event.county, month))
        if entry is None:
            entry = sums[event.county, month] = [0, 0, 0]
        entry[0] += 1
        entry[1] += event.days
        entry[2] += event.fen
    await tx.execute(UPSERT, *map(list, zip(*((*key, *entry) for key, entry in sums.items()), strict=True)))


def rows_of(sums: Sums) -> dict[str, Any]:
    """What the table holds in the end."""
    return {"attendance": [(*key, *entry) for key, entry in sums.items()]}


COLUMNS = """data->>'county', date_trunc('month', (data->>'day')::date)::date, (data->>'days')::int,
    (data->>'fen')::int"""
FOLD = Fold(COLUMNS, dict, add, rows_of)


def service(fold: Fold | None) -> Service:
    """Without a fold the same projection is rebuilt by its upserts."""
    codec = Codec().add("opened", Opened).add("attended", Attended)
    projection = Projection("attendance", (Attended,), apply, tables=("attendance",), fold=fold)
    return Service("bench", codec, lambda _: (), (projection,))


async def rebuild() -> list[str]:
    """Events of the log passed in a second, from the first page until the version stands where the serving one does."""
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-", ignore_cleanup_errors=True) as parent:
        server = EmbeddedPostgres(Path(parent) / "postgres")
        server.start()
        try:
            dsn = await database_of(server, "bench")
            await _fill(dsn)
            folded, compared = await _built(dsn, FOLD)
            upserted, _ = await _built(dsn, None)
        finally:
            server.stop()
    return [
        figure("rebuild_fold", folded, "events/s", 250_000, "≥"),
        figure("rebuild_upsert", upserted, "events/s", 80_000, "≥"),
        figure("rebuild_compare", compared, "s", 5, "<"),
    ]


async def _fill(dsn: str) -> None:
    await migrate(dsn)
    connection = await connect(dsn)
    try:
        await connection.execute(TABLE)
        for start in range(0, EVENTS, 50_000):
            await connection.execute(FILL, start, COUNTIES, 50_000)
        await connection.execute("VACUUM ANALYZE events")
        await connection.execute(SEEN)
    finally:
        await connection.close()


async def _built(dsn: str, fold: Fold | None) -> tuple[float, float]:
    """Events a second of one rebuild, and the seconds of what came after: cut and comparison."""
    work = Rebuild(dsn, source_of(service(fold), "attendance"))
    began = time.perf_counter()
    comparison = await work.build()
    whole = time.perf_counter() - began
    assert set(comparison.tables_that_differ) <= {"attendance"}  # nothing has filled the serving one
    connection = await connect(dsn)
    beside = (await projection_versions.of_all(connection))[-1]
    assert beside.passed == EVENTS, beside
    total = await connection.fetchval(f"SELECT sum(attendances) FROM {beside.schema}.attendance")
    await connection.close()
    assert total == EVENTS * 19 // 20
    await work.drop()
    return EVENTS / beside.seconds, whole - beside.seconds


CASES = {"rebuild": rebuild}
