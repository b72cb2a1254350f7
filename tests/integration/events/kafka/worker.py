"""Appends, publishes, forwards, consumes until it is killed: `python -m … SOURCE TARGET BOOTSTRAP PREFIX`."""

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

LEASE = timedelta(seconds=1.5)


async def main(source: str, target: str, bootstrap: str, prefix: str) -> None:
    """Appends a note, waits until it was consumed, and again."""
    kafka = Kafka(bootstrap, prefix=prefix, session_timeout=3.0, request_timeout=3.0)
    tools = {"vault": MemoryVault(), "clock": counting.clock, "ids": uuid7, "kafka": kafka}
    tools["tuning"] = replace(TUNING, lease=LEASE)
    publisher = await Runtime.open(counting.notes(), source, **tools)
    reader = await Runtime.open(counting.reader(), target, **tools)
    await publisher.start()
    await reader.start()
    stream = uuid7()
    for n in range(1, 1_000):
        done = await publisher.store.append(counting.note(stream, n, n - 1 or NO_STREAM))
        number = await publisher.wait_published(done.xid, 30)
        assert number is not None
        await reader.wait_consumed("notes", number, 30)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
