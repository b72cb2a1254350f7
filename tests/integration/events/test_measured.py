"""What a running service measures: counts, lags and ages that a person would look at, and nothing about anybody."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from uuid_utils.compat import uuid7

from libs.events import metric_names as names
from libs.events.contract import Fact
from libs.events.metric_names import METRICS, Metric
from libs.events.metrics import Instruments
from libs.events.runtime import Runtime, Tuning
from libs.events.service import Consumer, Service
from libs.events.status_query import COUNTED
from libs.events.store import NO_STREAM, VersionConflict
from libs.events.types import Connection
from tests.conftest import MakeDatabase
from tests.integration.events import counting
from tests.integration.events.conftest import OpenRuntime

TUNING = Tuning(watch=0.02)
BESIDE = """
INSERT INTO projection_versions (projection, version, state, passed, total) VALUES ('tally', 2, 'beside', 1, 4)
"""
FILL = """
INSERT INTO events (stream_id, version, event_id, type, schema_version, data, meta)
SELECT gen_random_uuid(), 1, gen_random_uuid(), 'noted', 1, '{}', '{}' FROM generate_series(1, $1)
"""


class Held:
    """A consumer whose `apply` waits, or fails with a word that must not be told."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.fault: Exception | None = None

    async def apply(self, tx: Connection, facts: list[Fact[counting.NoteTaken]]) -> None:
        await self.open.wait()
        if self.fault:
            raise self.fault
        await counting.consume(tx, facts)

    def service(self) -> Service:
        consumers = (Consumer("notes", "notes", (counting.NoteTaken,), self.apply),)
        return Service("reader", counting.Codec(), lambda _: (), consumers=consumers, migrations=counting.MIGRATIONS)


@dataclass
class Measured:
    """Two running services and what they measured."""

    publisher: Runtime
    reader: Runtime
    held: Held
    exporter: InMemoryMetricReader
    meter_provider: MeterProvider

    async def append(self, count: int) -> None:
        """Append so many notes; returns when they are published."""
        done = await self.publisher.store.append_many([counting.note(uuid7(), 1, NO_STREAM) for _ in range(count)])
        assert await self.publisher.wait_published(done[-1].xid, 10) is not None
        assert await self.publisher.wait_projected(done[-1].xid, "tally", 10)

    def points(self, metric: Metric) -> list[Any]:
        data = self.exporter.get_metrics_data()
        if data is None:
            return []
        scopes = [scope for resource in data.resource_metrics for scope in resource.scope_metrics]
        found = [each for scope in scopes for each in scope.metrics if each.name == metric.name]
        return [point for each in found for point in each.data.data_points]

    def value(self, metric: Metric, **attributes: str) -> Any:
        """The value (or, for a histogram, the count) of the one series with these attributes; None without one."""
        wanted = {name.replace("_", "."): value for name, value in attributes.items()}
        for point in self.points(metric):
            if wanted.items() <= dict(point.attributes).items():
                return point.count if hasattr(point, "bucket_counts") else point.value
        return None

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not reached():  # noqa: ASYNC110 - the exporter has no event for it
                await asyncio.sleep(0.01)


@pytest.fixture
async def measured(make_database: MakeDatabase, open_runtime: OpenRuntime) -> AsyncIterator[Measured]:
    source, target = await make_database(), await make_database()
    exporter, held = InMemoryMetricReader(), Held()
    provider = MeterProvider([exporter])
    instruments = Instruments(provider.get_meter("jinguo.events"), counting.clock)
    publisher = await open_runtime(counting.notes(), source, instruments=instruments, tuning=TUNING)
    reader = await open_runtime(held.service(), target, instruments=instruments, tuning=TUNING)
    await publisher.start()
    await reader.start({"notes": source})
    yield Measured(publisher, reader, held, exporter, provider)
    held.open.set()


async def test_lag_goes_up_while_a_consumer_is_held_and_down_again(measured: Measured) -> None:
    lag = {"jinguo_service": "reader", "jinguo_reader": "notes"}
    await measured.until(lambda: measured.value(names.LAG_EVENTS, **lag) == 0)
    await measured.append(30)
    await measured.until(lambda: measured.value(names.LAG_EVENTS, **lag) == 30)
    before = measured.value(names.LAG_TIME, **lag)
    await measured.until(lambda: measured.value(names.LAG_TIME, **lag) > before)
    measured.held.open.set()
    await measured.until(lambda: measured.value(names.LAG_EVENTS, **lag) == 0)
    assert measured.value(names.LAG_TIME, **lag) == 0


async def test_everything_that_happens_is_counted_once(measured: Measured) -> None:
    measured.held.open.set()
    await measured.append(30)
    assert await measured.reader.wait_consumed("notes", 30, 10)
    stream = uuid7()
    async with measured.publisher.pool.acquire() as tx, tx.transaction():  # as a process does
        await measured.publisher.store.append_command(counting.note(stream, 1, NO_STREAM), None, None, tx)
    with pytest.raises(VersionConflict):
        await measured.publisher.store.append(counting.note(stream, 1, NO_STREAM))
    await measured.append(1)
    assert await measured.reader.wait_consumed("notes", 32, 10)
    assert measured.value(names.APPENDED, jinguo_service="notes", jinguo_event_type="noted") == 32
    assert measured.value(names.CONFLICTS, jinguo_service="notes") == 1
    assert measured.value(names.PUBLISHED, jinguo_service="notes") == 32
    assert measured.value(names.TAKEOVERS, jinguo_service="notes") == 1
    for reader in ("publisher", "projection.tally", "notes"):
        await measured.until(lambda reader=reader: measured.value(names.HANDLED, jinguo_reader=reader) == 32)
        assert 2 <= measured.value(names.LATENCY, jinguo_reader=reader) <= 32
        assert measured.value(names.LATE, jinguo_reader=reader) == 0
    windows = [point for point in measured.points(names.WINDOW_SIZE) if "publisher" in point.attributes.values()]
    assert windows[0].sum == 32
    assert measured.value(names.PAGE_DURATION, jinguo_reader="publisher") == windows[0].count
    assert measured.value(names.CONSUMED, messaging_system="postgresql", messaging_destination_name="notes") == 32
    assert measured.value(names.PROCESS_DURATION, messaging_consumer_group_name="notes") >= 2


async def test_a_failing_reader_says_so_by_the_kind_of_error_until_it_is_well(measured: Measured) -> None:
    measured.held.fault = ValueError("canary 杨秀英 522634199003070026")
    measured.held.open.set()
    await measured.append(1)
    await measured.until(lambda: measured.value(names.FAILING, jinguo_reader="notes") == 1)
    assert measured.value(names.ERRORS, jinguo_reader="notes", error_type="ValueError") >= 1
    assert measured.value(names.FAILING, jinguo_reader="publisher") == 0
    measured.held.fault = None
    await measured.until(lambda: measured.value(names.FAILING, jinguo_reader="notes") == 0)


async def test_no_attribute_tells_of_anybody(measured: Measured) -> None:
    measured.held.fault = ValueError("canary")
    measured.held.open.set()
    await measured.append(3)
    await measured.until(lambda: measured.value(names.FAILING, jinguo_reader="notes") == 1)
    known = {metric.name: set(metric.attributes) for metric in METRICS}
    words = {
        *("notes", "reader", "publisher", "projection.tally", "noted", "ValueError"),
        *("postgresql", "process"),
    }
    data = measured.exporter.get_metrics_data()
    assert data is not None
    seen = 0
    for each in data.resource_metrics[0].scope_metrics[0].metrics:
        for point in each.data.data_points:
            seen += 1
            assert set(point.attributes or {}) <= known[each.name], each.name
            assert set((point.attributes or {}).values()) <= words, each.name
    assert seen > 20
    assert "canary" not in data.to_json()


async def test_an_open_write_transaction_is_seen_until_it_ends(measured: Measured) -> None:
    age = {"jinguo_service": "notes"}
    async with measured.publisher.pool.acquire() as writer, writer.transaction():
        await writer.execute("SELECT pg_current_xact_id()")
        await measured.until(lambda: (measured.value(names.WRITE_TRANSACTION_AGE, **age) or 0) > 0.3)
        assert measured.value(names.WRITE_TRANSACTION_AGE, **age) > 0.3
    await measured.until(lambda: measured.value(names.WRITE_TRANSACTION_AGE, **age) == 0)


async def test_a_held_snapshot_is_seen_though_it_wrote_nothing(measured: Measured) -> None:
    pool, age = measured.publisher.pool, {"jinguo_service": "notes"}
    async with pool.acquire() as reader, reader.transaction(isolation="repeatable_read"):
        await reader.fetchval("SELECT count(*) FROM tally")
        for _ in range(50):
            await measured.publisher.store.append(counting.note(uuid7(), 1, NO_STREAM))
        await measured.until(lambda: measured.value(names.SNAPSHOT_AGE, **age) >= 50)
        await measured.until(lambda: measured.value(names.WRITE_TRANSACTION_AGE, **age) == 0)
        assert measured.value(names.SNAPSHOT_AGE, **age) >= 50
    await measured.until(lambda: measured.value(names.SNAPSHOT_AGE, **age) < 50)


async def test_a_rebuild_shows_how_far_it_has_come(measured: Measured) -> None:
    await measured.publisher.pool.execute(BESIDE)
    share = {"jinguo_service": "notes", "jinguo_reader": "projection.tally"}
    await measured.until(lambda: measured.value(names.REBUILD_PROGRESS, **share) == 0.25)
    (rebuild,) = (await measured.publisher.status()).rebuilds
    assert (rebuild.projection, rebuild.version, rebuild.state) == ("tally", 2, "beside")


async def test_lag_is_counted_exactly_up_to_a_bound_and_estimated_beyond(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    runtime = await open_runtime(counting.notes(), await make_database())
    await runtime.pool.execute("INSERT INTO cursors (name) VALUES ('publisher')")
    for total in (COUNTED // 2, COUNTED, COUNTED * 3 // 2):
        await runtime.pool.execute(FILL, COUNTED // 2)
        (cursor,) = (await runtime.status()).cursors
        assert cursor.lag_events == total
