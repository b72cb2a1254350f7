"""What is published reaches its readers over a real broker: all of it, once, each key in order, as over the table."""

from libs.events.kafka import Kafka
from tests.conftest import MakeDatabase
from tests.integration.events import counting
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.kafka.conftest import TUNING
from tests.integration.events.kafka.load import Load, whole


async def test_every_record_is_taken_once_and_in_order(
    cluster: Kafka, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
    publisher = await open_runtime(counting.notes(), source, kafka=cluster, tuning=TUNING)
    reader = await open_runtime(counting.reader(), target, kafka=cluster, tuning=TUNING)
    await publisher.start()
    await reader.start()
    load = Load(publisher)
    await load.write(60)
    assert await whole(publisher, reader, load) > 0
