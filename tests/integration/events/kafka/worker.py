"""Appends, publishes, forwards until it is killed: `python -m … SOURCE BOOTSTRAP PREFIX`."""

import asyncio
import sys
from dataclasses import replace
from datetime import timedelta

from uuid_utils.compat import uuid7

from libs.events.kafka import Kafka
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM
from libs.events.vault import MemoryVault
from tests.integration.events import counting
from tests.integration.events.kafka.conftest import TUNING
from tests.integration.events.kafka.load import until

LEASE = timedelta(seconds=1.5)


async def main(source: str, bootstrap: str, prefix: str) -> None:
    """Appends a note, waits until it was forwarded, and again."""
    kafka = Kafka(bootstrap, prefix=prefix, session_timeout=3.0, request_timeout=3.0)
    tools = {"vault": MemoryVault(), "clock": counting.clock, "ids": uuid7, "kafka": kafka}
    tools["tuning"] = replace(TUNING, lease=LEASE)
    publisher = await Runtime.open(counting.notes(), source, **tools)
    await publisher.start()
    stream = uuid7()
    for n in range(1, 1_000):
        done = await publisher.store.append(counting.note(stream, n, n - 1 or NO_STREAM))
        await publisher.wait_published(done.xid, 30)
        await _forwarded(publisher)


async def _forwarded(publisher: Runtime) -> None:
    async def all_sent() -> bool:
        cursors = (await publisher.status()).cursors
        return [each.lag_events for each in cursors if each.kind == "forwarder"] == [0]

    await until(all_sent, "all is forwarded")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
