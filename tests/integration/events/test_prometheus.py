"""Prometheus reads a running service: the page it gets, parsed by Prometheus' own client library."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from uuid_utils.compat import uuid7

from libs.events import metric_names as names
from libs.events.metric_names import METRICS, Metric, prometheus_name
from libs.events.runtime import Tuning
from libs.events.store import NO_STREAM
from libs.service.exporting import Telemetry, telemetry
from tests.conftest import MakeDatabase
from tests.integration.events import counting
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.test_measured import Held

ENVIRONMENT = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": "0"}
Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[Telemetry]:
    monkeypatch.setattr("opentelemetry.metrics.set_meter_provider", lambda _provider: None)  # once in a process
    with telemetry("test", ENVIRONMENT, counting.clock) as made:
        yield made


async def scrape(told: Telemetry) -> Series:
    assert told.metrics_url
    async with httpx.AsyncClient(trust_env=False) as client:
        page = (await client.get(told.metrics_url)).raise_for_status().text
    families = text_string_to_metric_families(page)
    return {(each.name, frozenset(each.labels.items())): each.value for family in families for each in family.samples}


def value(series: Series, metric: Metric, **labels: str) -> float | None:
    found = [
        each for (name, has), each in series.items() if name == prometheus_name(metric) and labels.items() <= set(has)
    ]
    assert len(found) <= 1
    return found[0] if found else None


async def test_prometheus_sees_lag_go_up_while_a_consumer_is_held_and_down_again(
    told: Telemetry, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    source, held = await make_database(), Held()
    more = {"instruments": told.instruments, "tuning": Tuning(watch=0.02)}
    publisher = await open_runtime(counting.notes(), source, **more)
    reader = await open_runtime(held.service(), await make_database(), **more)
    await publisher.start()
    await reader.start({"notes": source})
    labels = {"jinguo_service": "reader", "jinguo_reader": "notes"}

    async def lags(wanted: int) -> Series:
        async with asyncio.timeout(10):
            while value(series := await scrape(told), names.LAG_EVENTS, **labels) != wanted:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return series

    await lags(0)
    await publisher.store.append_many([counting.note(uuid7(), 1, NO_STREAM) for _ in range(25)])
    assert value(await lags(25), names.FAILING, **labels) == 0
    held.open.set()
    series = await lags(0)
    assert value(series, names.APPENDED, jinguo_service="notes") == 25
    shown = {name for name, _ in series}
    unseen = {names.CONFLICTS, names.ERRORS, names.SENT, names.SEND_DURATION, names.REBUILD_PROGRESS}
    for metric in set(METRICS) - unseen - {names.COMMAND_DURATION}:
        assert prometheus_name(metric) + ("_bucket" if metric.kind == "histogram" else "") in shown, metric.name
    assert "process_resident_memory_bytes" in shown
