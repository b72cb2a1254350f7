"""What measuring costs: the same work with instruments on an SDK (a Prometheus reader) and without.

Rounds alternate on the same databases, so what else the machine does meets both; the figures are ratios of medians.
"""

import asyncio
import statistics
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path

from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.sdk.metrics import MeterProvider
from prometheus_client import CollectorRegistry
from uuid_utils.compat import uuid7

from bench.figure import figure
from jinguo.databases import create_missing
from jinguo.postgres import EmbeddedPostgres
from libs.events.metrics import Instruments
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM
from libs.events.vault import MemoryVault
from tests.integration.events import counting

ROUNDS = 5
CLIENTS = 8
APPENDS = 200  # of one event, by each client
FACTS = 10_000
LIMIT = 120.0
SOURCE, TARGET = "registry", "training"  # databases that the embedded server makes


async def observed() -> list[str]:
    """Appends by eight clients; then publisher, projection and another service's consumer over as many facts."""
    rates: dict[tuple[str, bool], list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-", ignore_cleanup_errors=True) as parent:
        server = EmbeddedPostgres(Path(parent) / "postgres")
        server.start()
        try:
            await create_missing(server)
            reader = PrometheusMetricReader(registry=CollectorRegistry())
            instruments = Instruments(MeterProvider([reader]).get_meter("jinguo.events"), counting.clock)
            for each in range(2 * ROUNDS + 2):
                measured = bool(each % 2)
                append, pages = await _round(server, instruments if measured else None)
                if each > 1:  # the first two make tables and caches
                    rates.setdefault(("append", measured), []).append(append)
                    rates.setdefault(("pages", measured), []).append(pages)
        finally:
            server.stop()
    ratio = {kind: statistics.median(rates[kind, True]) / statistics.median(rates[kind, False]) for kind, _ in rates}
    return [
        *(figure(f"observed_{kind}", ratio[kind], "of the rate without", 0.9, "≥") for kind in ("append", "pages")),
        *(
            f"bench observed_{kind}_{'with' if on else 'without'}: {statistics.median(values):,.4g} events/s"
            for (kind, on), values in rates.items()
        ),
    ]


async def _round(server: EmbeddedPostgres, instruments: Instruments | None) -> tuple[float, float]:
    async with AsyncExitStack() as stack:
        runtimes = []
        for service, name in ((counting.notes(), SOURCE), (counting.reader(), TARGET)):
            runtime = await Runtime.open(
                service,
                server.dsn(name),
                vault=MemoryVault(),
                clock=counting.clock,
                ids=uuid7,
                instruments=instruments,
            )
            stack.push_async_callback(runtime.stop)
            runtimes.append(runtime)
        publisher, reader = runtimes
        append = await _appended(publisher)
        last = 0
        for _ in range(FACTS // 2_000):
            done = await publisher.store.append_many([counting.note(uuid7(), 1, NO_STREAM) for _ in range(2_000)])
            last = done[-1].xid
        began = time.perf_counter()
        await publisher.start(alone=True)
        await reader.start({"notes": server.dsn(SOURCE)}, alone=True)
        number = await publisher.wait_published(last, LIMIT)
        assert number is not None
        assert await publisher.wait_projected(last, "tally", LIMIT)
        assert await reader.wait_consumed("notes", number, LIMIT)
        return append, (FACTS + CLIENTS * APPENDS) / (time.perf_counter() - began)


async def _appended(publisher: Runtime) -> float:
    async def client() -> None:
        for _ in range(APPENDS):
            await publisher.store.append(counting.note(uuid7(), 1, NO_STREAM))

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    return CLIENTS * APPENDS / (time.perf_counter() - began)


CASES = {"observed": observed}
