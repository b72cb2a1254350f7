"""How fast the forwarder fills a topic of a real broker from a published log that lies ready."""

import asyncio
import statistics
import time

from uuid_utils.compat import uuid7

from bench.disks import QUICK, Server, server
from bench.ours import ours
from bench.results import Figure, Outcome, printed
from bench.scale import SCALE
from libs.events.kafka import Kafka
from libs.events.pool import connect
from libs.events.runtime import Runtime
from libs.events.vault import MemoryVault
from tests.integration.events import counting
from tests.support import kafka as broker_support

LIMIT = 120.0
POLL = 0.005
REACHED = "SELECT last_number FROM cursors WHERE name = 'forwarder'"
FORGET = "DELETE FROM cursors WHERE name = 'forwarder'"


async def forward() -> Outcome:
    """The median of the rounds, each into a topic of its own."""
    try:
        with broker_support.broker() as broker:
            async with server() as running:
                dsn = await _published(running)
                rates = [await _round(dsn, broker.bootstrap) for _ in range(SCALE.rounds)]
    except broker_support.NoKafka as why:
        return Outcome(remarks=[f"Kafka is left out: {why}"])
    return Outcome(figures=[Figure("forwarder_to_kafka", statistics.median(rates), "events/s")])


async def _published(running: Server) -> str:
    async with ours(running, QUICK) as mine:
        last = await mine.fill(SCALE.events, 1)
        await mine.runtime.start()
        number = await mine.runtime.wait_published(last, LIMIT)
        assert number == SCALE.events
        return mine.dsn


async def _round(dsn: str, bootstrap: str) -> float:
    """From the first page that the broker confirmed to the last, so that making the topic does not count."""
    kafka = Kafka(bootstrap, prefix=f"bench-{uuid7().hex}.")
    looking = await connect(dsn, name="bench")
    await looking.execute(FORGET)
    runtime = await Runtime.open(
        counting.notes(), dsn, vault=MemoryVault(), clock=counting.clock, ids=uuid7, kafka=kafka
    )
    try:
        first, began = 0, time.perf_counter()
        await runtime.start(alone=True)
        async with asyncio.timeout(LIMIT):
            while (reached := await looking.fetchval(REACHED) or 0) < SCALE.events:
                if not first and reached:
                    first, began = reached, time.perf_counter()
                await asyncio.sleep(POLL)
        return (SCALE.events - first) / (time.perf_counter() - began)
    finally:
        await runtime.stop()
        await looking.close()


COMPARISONS = {"forwarder": forward}
CASES = {name: printed(case) for name, case in COMPARISONS.items()}
