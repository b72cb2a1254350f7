"""Names of metrics: as OpenTelemetry wants them, known to the conventions where they say so, explained to people."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.semconv._incubating.attributes import error_attributes, messaging_attributes
from opentelemetry.semconv._incubating.metrics import messaging_metrics

from libs.events import metric_names
from libs.events.metric_names import METRICS, Metric, prometheus_name
from libs.events.metrics import SILENT, Instruments, Metrics
from libs.service.telemetry import REQUEST_DURATION
from tests.integration.events.counting import clock

PAGE = Path(__file__).resolve().parents[3] / "docs" / "explanation" / "observability.md"
UNITS = {"s", "1"}
NOW = datetime(2026, 1, 2, tzinfo=UTC)
BY_NAME = {metric.name: metric for metric in METRICS}


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_follows_the_conventions(metric: Metric) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", metric.name)
    assert not metric.name.endswith((".total", ".seconds", "_total", "_seconds", ".count"))
    assert metric.unit in UNITS or re.fullmatch(r"\{[a-z]+\}", metric.unit)
    assert metric.description.endswith(".")
    assert bool(metric.bounds) == (metric.kind == "histogram")
    assert list(metric.bounds) == sorted(set(metric.bounds))
    assert not [other for other in BY_NAME if other.startswith(f"{metric.name}.")], "a name that is also a namespace"


def test_no_name_is_given_twice() -> None:
    assert len(BY_NAME) == len(METRICS)
    assert len({prometheus_name(metric) for metric in METRICS}) == len(METRICS)


def test_names_of_messaging_are_those_of_the_conventions() -> None:
    ours = {metric.name for metric in METRICS if metric.name.startswith("messaging.")}
    theirs = {value for name, value in vars(messaging_metrics).items() if name.startswith("MESSAGING_")}
    assert ours == {
        "messaging.client.consumed.messages",
        "messaging.client.operation.duration",
        "messaging.client.sent.messages",
        "messaging.process.duration",
    }
    assert ours <= theirs


def test_attributes_are_those_of_the_conventions_or_ours() -> None:
    words = [*vars(messaging_attributes).values(), *vars(error_attributes).values()]
    theirs = {word for word in words if isinstance(word, str)}
    ours = {metric_names.SERVICE, metric_names.READER, metric_names.EVENT_TYPE}
    for metric in METRICS:
        assert set(metric.attributes) <= ours | theirs, metric.name


def test_the_documentation_explains_every_metric_and_no_other() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| (\w+) \| `([^`]+)` \| (.+?) \| (.*?) \|$", PAGE.read_text(), re.MULTILINE)
    shown = {name: (kind, unit, meaning, attributes) for name, kind, unit, meaning, attributes in rows}
    wanted = {
        metric.name: (
            metric.kind,
            metric.unit,
            metric.description,
            ", ".join(f"`{each}`" for each in metric.attributes),
        )
        for metric in (*METRICS, REQUEST_DURATION)
    }
    assert shown == wanted


def test_an_instrument_has_its_unit_its_meaning_and_its_bounds() -> None:
    reader = InMemoryMetricReader()
    instruments = Instruments(MeterProvider([reader]).get_meter("test"), clock)
    for metric in METRICS:
        if metric.kind == "counter":
            instruments.count(metric, 1, {})
        elif metric.kind == "histogram":
            instruments.record(metric, 0.02, {})
    data = reader.get_metrics_data()
    assert data is not None
    found = {each.name: each for each in data.resource_metrics[0].scope_metrics[0].metrics}
    assert set(found) == {metric.name for metric in METRICS if metric.kind != "gauge"}
    for name, each in found.items():
        assert (each.unit, each.description) == (BY_NAME[name].unit, BY_NAME[name].description)
        if BY_NAME[name].kind == "histogram":
            assert tuple(each.data.data_points[0].explicit_bounds) == BY_NAME[name].bounds


def test_a_command_is_timed_and_its_failure_told_by_its_kind_only() -> None:
    reader = InMemoryMetricReader()
    metrics = Metrics("notes", Instruments(MeterProvider([reader]).get_meter("test"), clock))
    with metrics.command():
        pass
    with pytest.raises(ValueError, match="canary"), metrics.command():
        raise ValueError("canary")
    data = reader.get_metrics_data()
    assert data is not None
    points = data.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
    assert [dict(point.attributes or {}) for point in points] == [
        {"jinguo.service": "notes"},
        {"jinguo.service": "notes", "error.type": "ValueError"},
    ]


def test_a_page_is_as_late_as_its_oldest_event_and_all_beyond_the_promise_are_counted() -> None:
    reader = InMemoryMetricReader()
    instruments = Instruments(MeterProvider([reader]).get_meter("test"), lambda: NOW)
    Metrics("notes", instruments).reader("tally").passed(NOW - timedelta(seconds=age) for age in (5, 61, 90, 0))
    data = reader.get_metrics_data()
    assert data is not None
    found = {each.name: each.data.data_points[0] for each in data.resource_metrics[0].scope_metrics[0].metrics}
    assert (found["jinguo.reader.latency"].count, found["jinguo.reader.latency"].sum) == (1, 90.0)
    assert (found["jinguo.reader.events"].value, found["jinguo.reader.late.events"].value) == (4, 2)


def test_without_instruments_nothing_is_measured_and_nothing_fails() -> None:
    with pytest.raises(ValueError, match="of the command"), SILENT.command():
        raise ValueError("of the command")  # what fails inside is not swallowed
    with SILENT.command():
        SILENT.appended(["noted"])
        SILENT.conflict()
        SILENT.taken_over()
        reader, messaging = SILENT.reader("tally"), SILENT.messaging("postgresql", "process", "notes")
        reader.window(1)
        reader.page(0.1, 1)
        reader.passed([clock()])
        reader.failed(ValueError())
        messaging.consumed(1)
        messaging.processed(0.1)
        messaging.sent(1, 0.1)
