"""A topic is cut, deleted, made anew, or not ours: noticed, mended or told, never skipped."""

import asyncio
from dataclasses import replace
from typing import Any

import asyncpg
import pytest
from aiokafka.admin import NewTopic
from aiokafka.structs import TopicPartition

from libs.events.forwarder import ForwarderTuning
from libs.events.kafka import Kafka
from tests.conftest import MakeDatabase
from tests.integration.events import counting
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.kafka.conftest import TUNING
from tests.integration.events.kafka.load import Load, counted, errors, said, until
from tests.integration.events.kafka.pair import CUT, Pair

LAZY = replace(TUNING, forwarder=ForwarderTuning(page=200, check_every=600.0, patience=1.0))

LOSE_THE_END = """
ALTER TABLE published DISABLE TRIGGER published_stay;
DELETE FROM published WHERE number > 900;
ALTER TABLE published ENABLE TRIGGER published_stay;
UPDATE cursors SET last_number = 900 WHERE name IN ('publisher', 'forwarder');
"""


async def test_a_topic_made_anew_under_load_is_filled_again(pair: Pair) -> None:
    async with pair.load.going_on():
        await pair.delete()
        await asyncio.sleep(2)  # of load into a topic that is gone
    assert await pair.settle() > 0


async def test_a_topic_that_was_deleted_while_nobody_looked_is_filled_again(
    pair: Pair, dsns: tuple[str, str], open_runtime: OpenRuntime
) -> None:
    await pair.publisher.stop()
    await pair.reader.stop()
    await pair.delete()
    publisher = await open_runtime(counting.notes(), dsns[0], kafka=pair.cluster, tuning=TUNING)
    reader = await open_runtime(counting.reader(), dsns[1], kafka=pair.cluster, tuning=TUNING)
    await publisher.start()
    await reader.start()
    again = Pair(pair.cluster, publisher, reader)
    again.load.written = pair.load.written
    assert await again.settle() > 0


async def test_a_topic_made_anew_while_nothing_is_published_is_told_to_its_end(
    pair: Pair, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    """Who begins to read it then must hear of partitions without records, too, though nothing more is published."""
    await pair.reader.stop()
    number = await Load(pair.publisher, streams=1).write(1)
    await pair.delete()
    reader = await open_runtime(
        counting.reader(), await make_database(counting.MIGRATIONS), kafka=pair.cluster, tuning=TUNING
    )
    await reader.start()
    assert await reader.wait_consumed("notes", number, 30), await said(pair.publisher, reader)
    assert (await reader.freshness())["notes"]["number"] == number


@pytest.mark.parametrize("kept", [0, 5])
async def test_a_cut_topic_is_sent_again(
    pair: Pair, dsns: tuple[str, str], open_runtime: OpenRuntime, kept: int
) -> None:
    """The reader was behind, so what was cut is missing for it, and only the publisher can say it again."""
    await pair.reader.stop()
    await pair.load.write(20)
    await pair.cut(kept)
    pair.reader = await open_runtime(counting.reader(), dsns[1], kafka=pair.cluster, tuning=TUNING)
    await pair.reader.start()
    assert await pair.settle() > 0


async def _cut_while_nobody_checks(pair: Pair, dsns: tuple[str, str], open_runtime: OpenRuntime) -> None:
    """A publisher that checks its topic at its start only, and a reader that was away while records were cut."""
    await pair.publisher.stop()
    pair.publisher = await open_runtime(counting.notes(), dsns[0], kafka=pair.cluster, tuning=LAZY)
    await pair.publisher.start()
    written, pair.load = pair.load.written, Load(pair.publisher)
    pair.load.written = written
    await pair.load.write(5)
    assert await pair.settle() > 0
    await pair.reader.stop()
    await pair.load.write(20)
    await pair.cut(0)
    pair.reader = await open_runtime(counting.reader(), dsns[1], kafka=pair.cluster, tuning=LAZY)


async def test_a_hole_is_held_and_shown_until_the_publisher_fills_it(
    pair: Pair, dsns: tuple[str, str], open_runtime: OpenRuntime
) -> None:
    await _cut_while_nobody_checks(pair, dsns, open_runtime)
    await pair.reader.start()
    number = await pair.load.write(1)

    async def shown() -> bool:
        return (await pair.reader.status()).consumers[0].holes == len(CUT)

    await until(shown, "the partitions are held")
    assert not await pair.reader.wait_consumed("notes", number, 3)
    assert await counted(pair.reader) < pair.load.written
    await pair.publisher.stop()
    pair.publisher = await open_runtime(counting.notes(), dsns[0], kafka=pair.cluster, tuning=LAZY)
    await pair.publisher.start()
    written, pair.load = pair.load.written, Load(pair.publisher)
    pair.load.written = written
    assert await pair.settle() > 0
    assert (await pair.reader.status()).consumers[0].holes == 0


async def test_a_hole_that_stays_is_filled_from_the_publishers_table(
    pair: Pair, dsns: tuple[str, str], open_runtime: OpenRuntime
) -> None:
    await _cut_while_nobody_checks(pair, dsns, open_runtime)
    await pair.reader.start({"notes": dsns[0]})
    assert await pair.settle() > 0


async def test_a_publisher_that_lost_its_end_stops_its_forwarder(
    pair: Pair, dsns: tuple[str, str], open_runtime: OpenRuntime
) -> None:
    await pair.publisher.stop()
    connection = await asyncpg.connect(dsns[0])
    try:
        await connection.execute(LOSE_THE_END)
    finally:
        await connection.close()
    publisher = await open_runtime(counting.notes(), dsns[0], kafka=pair.cluster, tuning=TUNING)
    await publisher.start()
    ask = errors([publisher])

    async def told() -> bool:
        return any("was restored" in each for each in await ask())

    await until(told, "the forwarder says so")
    assert (await publisher.status()).cursors[0].kind == "forwarder"


async def test_another_installation_does_not_write_into_this_topic(
    pair: Pair, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    dsn = await make_database(counting.MIGRATIONS)
    stranger = await open_runtime(counting.notes(), dsn, kafka=pair.cluster, tuning=TUNING)
    await stranger.pool.execute("UPDATE logs SET log_id = gen_random_uuid()")  # the test's databases are copies
    await stranger.start()
    ask = errors([stranger])

    async def told() -> bool:
        return any("of another database" in each for each in await ask())

    await until(told, "the forwarder says so")
    await Load(stranger).write(1)
    assert await pair.settle() > 0


async def test_a_topic_with_another_number_of_partitions_is_refused(
    cluster: Kafka, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    publisher = await open_runtime(
        counting.notes(), await make_database(counting.MIGRATIONS), kafka=cluster, tuning=TUNING
    )
    await Pair(cluster, publisher, publisher).admin(
        lambda admin: admin.create_topics([NewTopic(cluster.topic("notes"), 12, 1)])
    )
    await publisher.start()
    ask = errors([publisher])

    async def told() -> bool:
        return any("has 12 partitions; it must have 24" in each for each in await ask())

    await until(told, "the forwarder says so")
    assert await told()


async def test_a_producer_that_is_out_of_order_for_the_broker_is_replaced(
    cluster: Kafka, dsns: tuple[str, str], open_runtime: OpenRuntime
) -> None:
    """aiokafka #1017: after OutOfOrderSequenceNumber a producer fails for ever."""
    made: list[Any] = []

    class Watched(Kafka):
        def producer(self) -> Any:
            made.append(super().producer())
            return made[-1]

    kafka = Watched(cluster.bootstrap, prefix=cluster.prefix, session_timeout=3.0, request_timeout=3.0)
    publisher = await open_runtime(counting.notes(), dsns[0], kafka=kafka, tuning=TUNING)
    reader = await open_runtime(counting.reader(), dsns[1], kafka=kafka, tuning=TUNING)
    await publisher.start()
    await reader.start()
    pair = Pair(kafka, publisher, reader)
    await pair.load.write(20)
    assert await pair.settle() > 0
    for partition in range(0, 24, 5):
        made[0]._txn_manager.increment_sequence_number(TopicPartition(pair.topic, partition), 7)
    await pair.load.write(20)
    assert await pair.settle() > 0
    assert len(made) > 1
