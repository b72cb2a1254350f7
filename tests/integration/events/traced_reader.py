"""A reader in a process of its own that tells its spans: `python -m … SOURCE TARGET NUMBER` prints them as JSON."""

import asyncio
import json
import sys

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from uuid_utils.compat import uuid7

from libs.events.runtime import Runtime
from libs.events.vault import MemoryVault
from tests.integration.events import counting


async def main(source: str, target: str, number: int) -> None:
    runtime = await Runtime.open(counting.reader(), target, vault=MemoryVault(), clock=counting.clock, ids=uuid7)
    await runtime.start({"notes": source})
    try:
        assert await runtime.wait_consumed("notes", number, 30)
    finally:
        await runtime.stop()


if __name__ == "__main__":
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
    print(  # noqa: T201
        json.dumps(
            [
                {
                    "name": span.name,
                    "kind": span.kind.name,
                    "links": [f"{link.context.trace_id:032x}-{link.context.span_id:016x}" for link in span.links],
                    "attributes": dict(span.attributes or {}),
                }
                for span in exporter.get_finished_spans()
            ]
        )
    )
