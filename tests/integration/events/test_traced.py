"""One command is followed from its HTTP request through append and publish into another process, by links alone."""

import asyncio
import json
import sys
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Request
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from uuid_utils.compat import uuid7

from libs.access.fastapi import public
from libs.events import tracing
from libs.events.decider import Decider
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.service import telemetry
from libs.service.app import create_app
from libs.service.context import context_of
from libs.service.settings import ServiceSettings
from tests.conftest import ROOT, MakeDatabase
from tests.integration.events import counting
from tests.integration.events.conftest import OpenRuntime

NOTING: Decider[int, UUID, counting.Noted] = Decider(
    0, lambda count, stream: [counting.Noted(stream, count + 1)], lambda _count, event: event.n
)
CALLER = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    for module in (tracing, telemetry):
        monkeypatch.setattr(module, "_tracer", provider.get_tracer("test"))
    return exporter


def noting(runtime: Runtime) -> APIRouter:
    router = APIRouter(tags=["notes"])

    @router.post("/notes", dependencies=[public()])
    async def note(request: Request) -> int:
        """Takes one note."""
        stream, context = uuid7(), context_of(request.scope)
        meta = Meta("somebody", "tester", "000000000000", context.correlation_id, traceparent=context.traceparent)
        return (await runtime.commands.handle(NOTING, stream, stream, meta)).xid

    return router


def key_of(span: ReadableSpan) -> str:
    assert span.context is not None
    return f"{span.context.trace_id:032x}-{span.context.span_id:016x}"


def links_of(span: ReadableSpan) -> list[str]:
    return [f"{link.context.trace_id:032x}-{link.context.span_id:016x}" for link in span.links]


async def test_a_command_is_followed_from_its_request_into_another_process(
    spans: InMemorySpanExporter, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    source, target = await make_database(), await make_database()
    publisher = await open_runtime(counting.notes(), source)
    await publisher.start()
    app = create_app(
        "notes",
        title="Notes",
        routers=[noting(publisher)],
        runtime=publisher,
        verifier=None,
        settings=ServiceSettings(),
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notes") as client:
        xid = (await client.post("/notes", headers={"traceparent": CALLER})).raise_for_status().json()
    number = await publisher.wait_published(xid, 10)
    assert number == 1
    assert await publisher.wait_projected(xid, "tally", 10)
    await publisher.stop()

    found = {span.name: span for span in spans.get_finished_spans()}
    request = found["notes POST"]
    assert key_of(request).startswith("a" * 32)
    for name in ("events.load", "events.decide", "events.append"):
        parent = found[name].parent
        assert parent is not None
        assert request.context is not None
        assert parent.span_id == request.context.span_id, name
    pages = [span for span in spans.get_finished_spans() if span.name in {"events.page", "events.publish"}]
    assert sorted(span.name for span in pages) == ["events.page", "events.page", "events.publish"]
    assert all(links_of(span) == [key_of(request)] for span in pages)
    assert found["events.publish"].kind.name == "PRODUCER"

    told = await elsewhere(source, target, number)
    (consume,) = [span for span in told if span["name"] == "events.consume"]
    assert (consume["kind"], consume["links"]) == ("CONSUMER", [key_of(request)])
    assert consume["attributes"] == {
        "messaging.system": "postgresql",
        "messaging.operation.name": "process",
        "messaging.destination.name": "notes",
        "messaging.consumer.group.name": "notes",
        "messaging.batch.message_count": 1,
    }


async def elsewhere(source: str, target: str, number: int) -> list[dict[str, object]]:
    """The spans of a reader in a process of its own."""
    command = (sys.executable, "-m", "tests.integration.events.traced_reader", source, target, str(number))
    child = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    out, _ = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode == 0
    spans: list[dict[str, object]] = json.loads(out)
    return spans
