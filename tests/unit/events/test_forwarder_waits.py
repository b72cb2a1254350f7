"""A forwarder whose cursor is held by a running page of another process waits; it does not ask as fast as it can."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from libs.events import lease
from libs.events.ending import end
from libs.events.forwarder import Forwarder
from libs.events.kafka import Kafka
from libs.events.lease import Lease
from libs.events.publisher import FORWARDER
from libs.events.testing.simulation.connections import Pool
from libs.events.testing.simulation.database import Database
from libs.events.testing.simulation.kernel import kernel_database
from libs.events.testing.simulation.loop import VirtualLoop
from libs.events.types import Pool as RealPool
from libs.events.wake import Pulse

SECONDS, MOST = 10, 100
NOBODY = Kafka("nowhere")  # not asked before the cursor is taken


async def _held_up(database: Database) -> None:
    pool = cast(RealPool, Pool(database, "forwarder"))
    mine = Lease([FORWARDER], UUID(int=1), timedelta(seconds=1))
    await mine.declare(pool)
    async with Pool(database, "page").acquire() as page, page.transaction():
        await page.fetchrow(lease.LOCK, FORWARDER, 0, "60000ms")
        forwarder = Forwarder(pool, "accounts", NOBODY, mine, Pulse(), {})
        forwarder.start()
        await asyncio.sleep(SECONDS)
        await end(forwarder._task)


def test_a_cursor_that_a_page_holds_is_asked_for_ever_more_seldom() -> None:
    loop = VirtualLoop(random.Random(1))
    database, asked = kernel_database(loop, UUID(int=1)), Counter[Any]()

    def note(_name: str, _who: object, statement: str, *_result: object) -> None:
        asked[statement] += 1
        if asked[statement] > MOST:
            raise RuntimeError("it asks as fast as it can")

    database.note = note
    loop.run_until_complete(_held_up(database))
    loop.close()
    assert 5 < asked["take"] < SECONDS + 10
