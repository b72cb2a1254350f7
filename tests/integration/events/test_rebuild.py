"""A read model rebuilt beside the one that serves: equal at one cut, swapped, rolled back, dropped; refused clearly."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from libs.events import projection_versions, rebuild
from libs.events.rebuild import Differs, Rebuild, source_of
from libs.events.rebuild_pages import Progress, RebuildStopped, UndeclaredTable
from libs.events.runtime import Runtime, Tuning
from libs.events.service import Fold, Service
from libs.events.store import NO_STREAM, Append, Recorded
from libs.events.types import Connection, Record
from libs.events.wake import Pulse, until
from libs.values.errors import Conflict, NotFound, Refused
from tests.conftest import MakeDatabase
from tests.integration.events import checks, counting
from tests.integration.events.conftest import OpenRuntime

PAGE = 50  # positions a page: histories here are short
VERSIONS = "SELECT version, state FROM projection_versions ORDER BY version"


@pytest.fixture
async def notes(make_database: MakeDatabase) -> str:
    """A database of the counting service."""
    return await make_database(counting.MIGRATIONS)


async def written(runtime: Runtime, streams: int = 40, of: int = 9) -> int:
    """Notes in many streams; the last transaction."""
    done = None
    for _ in range(of):
        appends = []
        for stream in await known(runtime) or [uuid7() for _ in range(streams)]:
            version = await runtime.pool.fetchval("SELECT count(*) FROM events WHERE stream_id = $1", stream)
            events = [counting.Noted(stream, version + 1)]
            appends.append(Append(stream, version or NO_STREAM, events, counting.META))
        done = await runtime.store.append_many(appends)
    assert done is not None
    return done[-1].xid


async def known(runtime: Runtime) -> list[UUID]:
    return [row[0] for row in await runtime.pool.fetch("SELECT DISTINCT stream_id FROM events ORDER BY 1")]


async def served(open_runtime: OpenRuntime, dsn: str, service: Service | None = None, **more: Any) -> Runtime:
    """A service that has written and projected a history."""
    runtime = await open_runtime(service or counting.notes(), dsn, **more)
    await runtime.start()
    assert await runtime.wait_projected(await written(runtime), "tally", 30)
    return runtime


def of(dsn: str, service: Service | None = None, **more: Any) -> Rebuild:
    return Rebuild(dsn, source_of(service or counting.notes(), "tally"), page=PAGE, **more)


def with_projection(**changes: Any) -> Service:
    """The counting service with a changed projection."""
    service = counting.notes()
    return replace(service, projections=(replace(service.projections[0], **changes),))


async def test_a_rebuilt_version_is_equal_and_serves_after_the_swap(open_runtime: OpenRuntime, notes: str) -> None:
    runtime = await served(open_runtime, notes)
    told: list[Progress] = []
    comparison = await of(notes, told=told.append).build()
    assert comparison.equal
    assert comparison.serving["tally"].rows == 40
    assert (told[-1].passed, told[-1].total) == (360, 360)
    before = await runtime.pool.fetchval("SELECT 'tally'::regclass::oid")
    await of(notes).swap()
    assert await runtime.pool.fetchval("SELECT 'tally'::regclass::oid") != before
    assert await runtime.wait_projected(await written(runtime), "tally", 30)
    assert await checks.tally(runtime.pool, "projection") == await checks.log(runtime.pool)
    assert [tuple(row) for row in await runtime.pool.fetch(VERSIONS)] == [(1, "previous"), (2, "serving")]


async def test_a_rolled_back_version_has_what_came_since_and_the_other_can_be_dropped(
    open_runtime: OpenRuntime, notes: str
) -> None:
    runtime = await served(open_runtime, notes)
    await of(notes).build()
    await of(notes).swap()
    assert await runtime.wait_projected(await written(runtime, of=3), "tally", 30)
    await of(notes).rollback()
    assert await checks.tally(runtime.pool, "projection") == await checks.log(runtime.pool)
    assert await runtime.wait_projected(await written(runtime, of=3), "tally", 30)
    assert await checks.tally(runtime.pool, "projection") == await checks.log(runtime.pool)
    assert await of(notes).drop() == 2
    assert [tuple(row) for row in await runtime.pool.fetch(VERSIONS)] == [(1, "serving")]
    assert await runtime.pool.fetchval("SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tally%'") == 0


async def test_a_version_that_differs_is_not_swapped_in_unless_that_is_accepted(
    open_runtime: OpenRuntime, notes: str
) -> None:
    runtime = await served(open_runtime, notes)
    wrong = (await known(runtime))[:3]
    await runtime.pool.execute("UPDATE tally SET total = 0 WHERE stream = ANY($1)", wrong[:2])
    await runtime.pool.execute("DELETE FROM tally WHERE stream = $1", wrong[2])
    comparison = await of(notes).build()
    found = {(each.key, each.kind, each.columns) for each in comparison.differences}
    assert found == {
        (f"projection {wrong[0]}", "differs", ("total",)),
        (f"projection {wrong[1]}", "differs", ("total",)),
        (f"projection {wrong[2]}", "only in the rebuilt version", ()),
    }
    with pytest.raises(Differs, match="tally") as raised:
        await of(notes).swap()
    assert len(raised.value.rows) == 3
    assert await checks.tally(runtime.pool, "projection") != await checks.log(runtime.pool)
    await of(notes).swap(accept_differences=True)
    assert await checks.tally(runtime.pool, "projection") == await checks.log(runtime.pool)


async def test_what_is_written_between_comparison_and_swap_is_compared_too(
    open_runtime: OpenRuntime, notes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = await served(open_runtime, notes)
    await of(notes).build()
    compared = rebuild.Beside.compared

    async def then_something_goes_wrong(beside: rebuild.Beside) -> Any:
        comparison = await compared(beside)
        await runtime.pool.execute("UPDATE tally SET total = -1 WHERE stream = (SELECT stream FROM tally LIMIT 1)")
        return comparison

    monkeypatch.setattr(rebuild.Beside, "compared", then_something_goes_wrong)
    with pytest.raises(Differs, match="tally"):
        await of(notes).swap()
    assert [tuple(row) for row in await runtime.pool.fetch(VERSIONS)] == [(1, "serving"), (2, "beside")]


async def test_an_event_that_cannot_be_applied_stops_the_rebuild_at_its_number_and_it_goes_on_when_mended(
    open_runtime: OpenRuntime, notes: str
) -> None:
    runtime = await served(open_runtime, notes)
    bad = 123

    async def failing(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
        if any(each.position == bad for each in events):
            raise ValueError("secret")
        await counting.project(tx, events)

    with pytest.raises(RebuildStopped) as raised:
        await of(notes, with_projection(apply=failing)).build()
    assert raised.value.number == bad
    assert str(raised.value) == "tally cannot take event 123: ValueError"
    version = (await projection_versions.of_all(runtime.pool))[-1]
    assert version.position.page_position == bad - 1
    assert (await of(notes).build()).equal


async def test_a_projection_that_writes_or_reads_a_table_it_does_not_name_is_stopped(
    open_runtime: OpenRuntime, notes: str
) -> None:
    runtime = await served(open_runtime, notes)
    await runtime.pool.execute("CREATE TABLE elsewhere (n int); INSERT INTO elsewhere VALUES (1)")

    async def writing(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
        await counting.project(tx, events)
        await tx.execute("UPDATE elsewhere SET n = n + 1")

    async def reading(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
        await counting.project(tx, events)
        await tx.fetch("SELECT * FROM elsewhere")

    for apply, how in ((writing, "tally writes elsewhere"), (reading, "tally reads elsewhere")):
        with pytest.raises(UndeclaredTable, match=how):
            await of(notes, with_projection(apply=apply)).build()
    assert await runtime.pool.fetchval("SELECT n FROM elsewhere") == 1
    assert (await of(notes, with_projection(apply=reading, reads=("elsewhere",))).build()).equal


async def test_the_second_of_two_rebuilds_at_once_is_refused(open_runtime: OpenRuntime, notes: str) -> None:
    await served(open_runtime, notes)
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def slow(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
        inside.set()
        await go_on.wait()
        await counting.project(tx, events)

    first = asyncio.create_task(of(notes, with_projection(apply=slow)).build())
    await inside.wait()
    with pytest.raises(Conflict, match="Another process works on tally"):
        await of(notes).build()
    go_on.set()
    assert (await first).equal


async def test_what_cannot_be_done_is_said(open_runtime: OpenRuntime, notes: str) -> None:
    runtime = await open_runtime(counting.notes(), notes)
    with pytest.raises(Refused, match="Nothing was ever read"):
        await of(notes).build()
    await runtime.start()
    assert await runtime.wait_projected(await written(runtime), "tally", 30)
    for command in (of(notes).swap, of(notes).rollback, of(notes).drop, of(notes).compare):
        with pytest.raises(Refused, match="no version beside"):
            await command()
    with pytest.raises(NotFound, match="no read model 'sums'"):
        source_of(counting.notes(), "sums")
    with pytest.raises(Refused, match="which tables it writes"):
        source_of(with_projection(tables=()), "tally")
    await of(notes).build()
    with pytest.raises(Refused, match="is being rebuilt"):
        await of(notes).rollback()
    await of(notes).swap()
    with pytest.raises(Refused, match="kept to go back to"):
        await of(notes).build()
    await runtime.pool.execute("ALTER TABLE tally ADD COLUMN note text")
    with pytest.raises(Refused, match="were changed since"):
        await of(notes).rollback()


@pytest.mark.parametrize(
    ("obstacle", "said"),
    [
        ("CREATE TABLE more (p text, s uuid, FOREIGN KEY (p, s) REFERENCES tally)", "foreign key"),
        ("CREATE MATERIALIZED VIEW sums AS SELECT sum(total) FROM tally", "sums is built on it"),
        ("CREATE FUNCTION f() RETURNS SETOF tally LANGUAGE sql AS 'SELECT * FROM tally'", "bound to it"),
        ("ALTER TABLE tally DROP CONSTRAINT tally_pkey", "no primary key"),
    ],
)
async def test_what_would_still_reach_the_old_tables_after_a_swap_is_refused(
    obstacle: str, said: str, open_runtime: OpenRuntime, notes: str
) -> None:
    runtime = await served(open_runtime, notes)
    await runtime.pool.execute(obstacle)
    with pytest.raises(Refused, match=said):
        await of(notes).build()


async def test_indexes_views_triggers_and_rights_are_the_same_after_a_swap(
    open_runtime: OpenRuntime, notes: str
) -> None:
    runtime = await served(open_runtime, notes)
    await runtime.pool.execute("""
        CREATE INDEX tally_total ON tally (total) WHERE count > 1;
        CREATE VIEW sums AS SELECT place, sum(total) AS total FROM tally GROUP BY place;
        CREATE VIEW of_sums AS SELECT total FROM sums;
        CREATE TRIGGER tally_kept BEFORE DELETE ON tally FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
        GRANT SELECT ON tally TO PUBLIC;
        ALTER TABLE tally SET (fillfactor = 70);
    """)
    before, total = await shape(runtime), await runtime.pool.fetchval("SELECT total FROM of_sums")
    await of(notes).build()
    await of(notes).swap()
    assert await shape(runtime) == before
    assert await runtime.pool.fetchval("SELECT total FROM of_sums") == total
    await runtime.pool.execute("UPDATE tally SET total = total + 1 WHERE stream = (SELECT stream FROM tally LIMIT 1)")
    assert await runtime.pool.fetchval("SELECT total FROM of_sums") == total + 1


async def shape(runtime: Runtime) -> list[Any]:
    queries = (
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = 'tally' ORDER BY 1",
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'tally'::regclass AND NOT tgisinternal",
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'tally'::regclass ORDER BY 1",
        "SELECT relacl, reloptions FROM pg_class WHERE oid = 'tally'::regclass",
        "SELECT viewname, definition FROM pg_views WHERE viewname LIKE '%sums' AND schemaname = 'public' ORDER BY 1",
        "SELECT attname, atttypid, attnotnull FROM pg_attribute WHERE attrelid = 'tally'::regclass AND attnum > 0",
    )
    return [[tuple(row) for row in await runtime.pool.fetch(query)] for query in queries]


def fold_of_tallies() -> Fold:
    def add(state: dict[UUID, list[int]], rows: Sequence[Record]) -> None:
        for stream, n in rows:
            state.setdefault(stream, []).append(n)

    def rows(state: dict[UUID, list[int]]) -> dict[str, Any]:
        return {
            "tally": [("projection", stream, len(ns), sum(ns), ns[-1], False) for stream, ns in state.items()],
        }

    return Fold("stream_id, (data->>'n')::int", dict, add, rows)


async def test_a_fold_in_memory_gives_the_same_rows_and_goes_on_by_pages(open_runtime: OpenRuntime, notes: str) -> None:
    service = with_projection(fold=fold_of_tallies())
    runtime = await served(open_runtime, notes)
    assert (await of(notes, service).build()).equal
    assert await runtime.wait_projected(await written(runtime, of=2), "tally", 30)
    assert (await of(notes, service).compare()).equal
    before = await shape(runtime)
    await of(notes, service).swap()
    assert await shape(runtime) == before
    assert await checks.tally(runtime.pool, "projection") == await checks.log(runtime.pool)


async def test_a_rebuild_ends_exactly_inside_a_window_the_serving_reader_has_half_read(
    open_runtime: OpenRuntime, notes: str
) -> None:
    inside, go_on = asyncio.Event(), asyncio.Event()
    pages = 0

    async def halting(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
        nonlocal pages
        pages += 1
        if pages == 4:
            inside.set()
            await go_on.wait()
        await counting.project(tx, events)

    writer = await open_runtime(counting.notes(), notes)
    last = await written(writer, of=5)
    runtime = await open_runtime(with_projection(apply=halting), notes, tuning=Tuning(page=30))
    await runtime.start()
    await inside.wait()
    work = asyncio.create_task(of(notes).build())
    moving = Pulse()

    async def moved() -> bool:
        return bool(await runtime.pool.fetchval("SELECT count(*) FROM projection_versions WHERE passed > 0"))

    assert await until(moved, moving, 30)
    go_on.set()
    assert (await work).equal
    await of(notes).swap()
    assert await runtime.wait_projected(last, "tally", 30)
    assert await checks.tally(runtime.pool, "projection") == await checks.log(runtime.pool)
