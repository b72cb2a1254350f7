"""What is published reaches its readers over a real broker: all of it, once, each key in order, as over the table."""

from typing import Any

from uuid_utils.compat import uuid7

from libs.events.kafka import Kafka
from libs.events.store import ANY
from tests.conftest import MakeDatabase
from tests.integration.events import checks, counting
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.kafka.conftest import TUNING


async def publish(publisher: Any, streams: list[Any], per_stream: int, start: int = 1) -> int:
    """Notes start … start+per_stream-1 of every stream; the last published number."""
    xid = 0
    for n in range(start, start + per_stream):
        done = await publisher.store.append_many([counting.note(stream, n, ANY) for stream in streams])
        xid = done[-1].xid
    number = await publisher.wait_published(xid, 30)
    assert number is not None
    return int(number)


async def test_every_record_is_taken_once_and_in_order(
    cluster: Kafka, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
    publisher = await open_runtime(counting.notes(), source, kafka=cluster, tuning=TUNING)
    reader = await open_runtime(counting.reader(), target, kafka=cluster, tuning=TUNING)
    await publisher.start()
    await reader.start()
    number = await publish(publisher, [uuid7() for _ in range(50)], 60)
    assert await reader.wait_consumed("notes", number, 30), (await reader.status()).consumers
    assert await checks.tally(reader.pool, "consumer") == await checks.log(publisher.pool)
    await checks.chain_is_whole(publisher.pool, 3000)
