"""Over Kafka, too, an event that cannot be taken is parked with its key, and a moved reader reads from there on."""

import asyncio

from libs.events import control, parked
from libs.events.kafka import Kafka
from tests.conftest import MakeDatabase
from tests.integration.events import counting, poisoned
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.kafka.conftest import TUNING
from tests.integration.events.kafka.load import Load


async def test_two_members_park_moved_and_retried_events_are_each_taken_once(
    cluster: Kafka, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
    publisher = await open_runtime(counting.notes(), source, kafka=cluster, tuning=TUNING)
    members = [await open_runtime(poisoned.service(), target, kafka=cluster, tuning=TUNING) for _ in range(2)]
    pool = members[0].pool
    await pool.execute("INSERT INTO poison VALUES (7)")
    await publisher.start()
    for member in members:
        await member.start()
    load = Load(publisher, 20)
    number = await load.write(10)
    assert await members[0]._wait_taken("notes", number, 60), (await members[0].status()).consumers
    applied = await poisoned.nothing_is_lost(publisher.pool, pool)
    assert len(applied) == 20
    assert applied == {key: [1, 2, 3, 4, 5, 6] for key in applied}
    await pool.execute("DELETE FROM poison")
    keys = await parked.keys_of(pool, "notes")
    await asyncio.gather(*(parked.retry_key(pool, poisoned.CONSUMER, key, "yang") for key in keys))
    number = await load.write(1)
    assert await members[0]._wait_taken("notes", number, 60)
    applied = await poisoned.nothing_is_lost(publisher.pool, pool)
    assert applied == {key: list(range(1, 12)) for key in applied}
    await control.pause(pool, "notes", "to read again", "yang")
    await pool.execute("TRUNCATE applied")
    await control.start_at(pool, "notes", await control.beginning(publisher.pool, 101), "yang")
    await control.resume(pool, "notes", "yang")
    await poisoned.read_again(pool, 101, number)
