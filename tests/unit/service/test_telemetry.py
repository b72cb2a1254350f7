"""Tracing is off unless configured; then a request is a span whose traceparent goes into the event."""

import gzip
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.semconv.attributes import error_attributes, http_attributes
from opentelemetry.semconv.metrics.http_metrics import HTTP_SERVER_REQUEST_DURATION

from libs.service.clock import system_clock
from libs.service.exporting import plan, telemetry
from libs.service.telemetry import REQUEST_DURATION
from libs.values.errors import Conflict, Invalid

GZIP = b"\x1f\x8b"

PROBE = """
import asyncio, sys
import httpx
from fastapi import APIRouter, Request
from libs.access.fastapi import public
from libs.service.app import create_app
from libs.service.context import context_of
from libs.service.settings import ServiceSettings
from libs.service.clock import system_clock
from libs.service.exporting import telemetry
{setup}
router = APIRouter(tags=["t"])

@router.get("/t", dependencies=[public()])
async def t(request: Request, who: str) -> str:
    return context_of(request.scope).traceparent

app = create_app("t", title="T", routers=[router], runtime=None, verifier=None, settings=ServiceSettings())

async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:
        traceparent = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"
        return (await client.get("/t?who=canary", headers={{"traceparent": traceparent}})).json()

with telemetry("t", {environment}, system_clock):
    print(asyncio.run(main()))
    print("opentelemetry.sdk" in sys.modules)
{after}
"""
RECORDED = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
spans = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(spans))
trace.set_tracer_provider(provider)
"""
SHOW = """
print(len(spans.get_finished_spans()), "canary" in "".join(span.to_json() for span in spans.get_finished_spans()))
span = spans.get_finished_spans()[0]
print(span.name, span.kind.name, f"{span.context.span_id:016x}", f"{span.parent.span_id:016x}")
"""


def run(setup: str = "", after: str = "", **environment: str) -> list[str]:
    """In a process of its own, because a tracer provider is set once for all."""
    code = PROBE.format(setup=setup, after=after, environment=environment)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if "[info" not in line]


def test_without_an_endpoint_nothing_is_loaded_and_the_callers_trace_goes_on() -> None:
    traceparent, sdk = run()
    assert traceparent.startswith("00-" + "a" * 32)
    assert sdk == "False"


def test_with_a_provider_the_events_traceparent_is_the_spans() -> None:
    traceparent, _sdk, counted, shown = run(RECORDED, SHOW)
    name, kind, span_id, parent = shown.rsplit(" ", 3)
    assert (name, kind) == ("t GET", "SERVER")
    assert traceparent == f"00-{'a' * 32}-{span_id}-01"
    assert parent == "b" * 16
    assert counted == "1 False", "a span beside ours, or one that quotes the query"


def test_with_an_endpoint_spans_and_metrics_are_sent_there() -> None:
    received: dict[str, bytes] = {}

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received[self.path] = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        run(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{server.server_port}")
        server.shutdown()
    assert set(received) == {"/v1/traces", "/v1/metrics"}
    sent = gzip.decompress(received["/v1/metrics"]) if received["/v1/metrics"][:2] == GZIP else received["/v1/metrics"]
    assert b"http.server.request.duration" in sent
    assert b"/t" in sent
    assert b"canary" not in sent + received["/v1/traces"]


ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318/"}


@pytest.mark.parametrize(
    ("environment", "traces", "metrics"),
    [
        ({}, set(), set()),
        (ENDPOINT, {"otlp"}, {"otlp"}),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, set(), {"otlp"}),
        (ENDPOINT | {"OTEL_METRICS_EXPORTER": "prometheus, otlp"}, {"otlp"}, {"otlp", "prometheus"}),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://tempo:4318/v1/traces"}, {"otlp"}, set()),
        ({"OTEL_METRICS_EXPORTER": "prometheus"}, set(), {"prometheus"}),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "true"}, set(), set()),
    ],
)
def test_the_environment_says_what_is_sent(environment: dict[str, str], traces: set[str], metrics: set[str]) -> None:
    found = plan(environment)
    assert (found.traces, found.metrics) == (traces, metrics)
    assert (found.host, found.port) == ("127.0.0.1", 9464)


@pytest.mark.parametrize(
    ("variable", "value", "right"),
    [
        ("OTEL_METRICS_EXPORTER", "promethius", "none, otlp, prometheus"),
        ("OTEL_TRACES_EXPORTER", "zipkin", "none, otlp"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "metrics", "0 to 65535"),
        ("OTEL_EXPORTER_PROMETHEUS_PORT", "70000", "0 to 65535"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_right(variable: str, value: str, right: str) -> None:
    with pytest.raises(Invalid, match=variable) as refused:
        plan({variable: value})
    assert refused.value.value == value
    assert right in str(refused.value)


def test_a_taken_port_for_metrics_is_a_clear_refusal() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        environment = {"OTEL_METRICS_EXPORTER": "prometheus", "OTEL_EXPORTER_PROMETHEUS_PORT": port}
        with pytest.raises(Conflict, match=port), telemetry("t", environment, system_clock):
            pass


def test_the_duration_of_a_request_is_named_as_the_conventions_name_it() -> None:
    assert REQUEST_DURATION.name == HTTP_SERVER_REQUEST_DURATION
    theirs = {
        value
        for module in (http_attributes, error_attributes)
        for value in vars(module).values()
        if isinstance(value, str)
    }
    assert set(REQUEST_DURATION.attributes) - theirs == {"jinguo.service"}
