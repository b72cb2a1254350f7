"""A process that appends, projects, publishes and consumes until it is killed: `python -m … SOURCE_DSN TARGET_DSN`."""

import asyncio
import sys
from datetime import timedelta

from uuid_utils.compat import uuid7

from libs.events.runtime import Runtime, Tuning
from libs.events.store import NO_STREAM
from libs.events.vault import MemoryVault
from tests.integration.events import counting

LEASE = timedelta(seconds=1.5)


async def main(source: str, target: str) -> None:
    """Appends a note, waits until it was consumed, and again."""
    tools = {"vault": MemoryVault(), "clock": counting.clock, "ids": uuid7, "tuning": Tuning(LEASE)}
    publisher = await Runtime.open(counting.notes(), source, **tools)
    reader = await Runtime.open(counting.reader(), target, **tools)
    await publisher.start()
    await reader.start({"notes": source})
    stream = uuid7()
    for n in range(1, 1_000):
        done = await publisher.store.append(counting.note(stream, n, n - 1 or NO_STREAM))
        number = await publisher.wait_published(done.xid, 10)
        assert number is not None
        await reader.wait_consumed("notes", number, 10)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
