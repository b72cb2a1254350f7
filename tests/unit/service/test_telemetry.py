"""Tracing is off unless configured; then a request is a span whose traceparent goes into the event."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

PROBE = """
import asyncio, sys
import httpx
from fastapi import APIRouter, Request
from libs.access.fastapi import public
from libs.service.app import create_app
from libs.service.context import context_of
from libs.service.settings import ServiceSettings
from libs.service.telemetry import configure_telemetry
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


def run(setup: str, after: str = "") -> list[str]:
    """In a process of its own, because a tracer provider is set once for all."""
    code = PROBE.format(setup=setup, after=after)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if "[info" not in line]


def test_without_an_endpoint_nothing_is_loaded_and_the_callers_trace_goes_on() -> None:
    traceparent, sdk = run("configure_telemetry('t')")
    assert traceparent.startswith("00-" + "a" * 32)
    assert sdk == "False"


def test_with_a_provider_the_events_traceparent_is_the_spans() -> None:
    traceparent, _sdk, counted, shown = run(RECORDED, SHOW)
    name, kind, span_id, parent = shown.rsplit(" ", 3)
    assert (name, kind) == ("t GET", "SERVER")
    assert traceparent == f"00-{'a' * 32}-{span_id}-01"
    assert parent == "b" * 16
    assert counted == "1 False", "a span beside ours, or one that quotes the query"


def test_with_an_endpoint_spans_are_sent_there() -> None:
    received: list[str] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            received.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        run(f"flush = configure_telemetry('t', {address!r})", "flush()")
        server.shutdown()
    assert received == ["/v1/traces"]
