"""Groups of one, two and three members: whoever reads, every record is taken once, and all know how far they are."""

import asyncio

from libs.events.kafka import Kafka
from libs.events.runtime import Runtime
from libs.events.topic import look
from tests.conftest import MakeDatabase
from tests.integration.events import counting
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.kafka.conftest import TUNING
from tests.integration.events.kafka.load import Load, counted, until, whole

LAST_XID = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"


def shares(*members: Runtime) -> list[int]:
    """How many partitions each member has."""
    return [len(transport.assigned()) for member in members for transport in member._members]


async def test_members_come_and_go_under_load(
    cluster: Kafka, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
    publisher = await open_runtime(counting.notes(), source, kafka=cluster, tuning=TUNING)
    members = [await open_runtime(counting.reader(), target, kafka=cluster, tuning=TUNING) for _ in range(3)]
    await publisher.start()
    load = Load(publisher)
    async with load.going_on():
        for size, member in enumerate(members, start=1):
            await member.start()
            await _shared_out(load, members[:size])
        await members[0].stop()
        await _shared_out(load, members[1:])
        await members[1].stop()
        await _shared_out(load, members[2:])
    assert load.written > 2_000
    await whole(publisher, members[2], load)


async def _shared_out(load: Load, members: list[Runtime]) -> None:
    """Every member has its share, and each goes on taking."""
    expected = [24 // len(members)] * len(members)

    async def settled() -> bool:
        return shares(*members) == expected

    await until(settled, f"{expected} partitions")
    seen = await counted(members[0])

    async def moved() -> bool:
        return await counted(members[0]) > seen

    await until(moved, "records are taken")


async def test_a_process_without_consumers_knows_how_far_three_members_are(
    cluster: Kafka, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
    publisher = await open_runtime(counting.notes(), source, kafka=cluster, tuning=TUNING)
    members = [await open_runtime(counting.reader(), target, kafka=cluster, tuning=TUNING) for _ in range(3)]
    web = await open_runtime(counting.reader(), target, kafka=cluster, tuning=TUNING)
    await publisher.start()
    await asyncio.gather(*(member.start() for member in members))
    load = Load(publisher)
    for _ in range(3):
        await load.write(5)
        await whole(publisher, web, load)
    number = (await web.freshness())["notes"]["number"]
    assert number == load.written
    assert [(await member.freshness())["notes"]["number"] for member in members] == [number] * 3
    assert not await web.wait_consumed("notes", load.written + 1, 0.1)


async def test_nothing_is_written_anywhere_while_nothing_is_published(
    cluster: Kafka, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
    publisher = await open_runtime(counting.notes(), source, kafka=cluster, tuning=TUNING)
    reader = await open_runtime(counting.reader(), target, kafka=cluster, tuning=TUNING)
    await publisher.start()
    await reader.start()
    load = Load(publisher)
    assert await whole(publisher, reader, load) > 0
    drawn, ends = -1, None
    for _ in range(4):  # another part of the server, such as autovacuum, may draw one in some spell
        before = await reader.pool.fetchval(LAST_XID)
        await asyncio.sleep(2)  # the spell itself, in which the topic is checked twice
        drawn = await reader.pool.fetchval(LAST_XID) - before
        last, ends = (
            ends,
            {partition: each.end for partition, each in (await look(cluster, cluster.topic("notes"))).items()},
        )
        if drawn == 0 and ends == last:
            return
    raise AssertionError(f"{drawn} transaction ids drawn, the topic ends at {ends}")
