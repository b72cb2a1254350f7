"""The forwarder and the readers over a broker are measured like every other reader."""

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from libs.events import metric_names as names
from libs.events.kafka import Kafka
from libs.events.metrics import Instruments
from libs.events.publisher import FORWARDER
from tests.conftest import MakeDatabase
from tests.integration.events import counting
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.kafka.conftest import TUNING
from tests.integration.events.kafka.load import Load
from tests.integration.events.test_measured import Held, Measured


async def test_what_is_sent_and_taken_over_kafka_is_counted(
    cluster: Kafka, make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    exporter, held = InMemoryMetricReader(), Held()
    held.open.set()
    provider = MeterProvider([exporter])
    instruments = Instruments(provider.get_meter("jinguo.events"), counting.clock)
    more = {"kafka": cluster, "tuning": TUNING, "instruments": instruments}
    publisher = await open_runtime(counting.notes(), await make_database(), **more)
    reader = await open_runtime(held.service(), await make_database(), **more)
    await publisher.start()
    await reader.start()
    measured = Measured(publisher, reader, held, exporter, provider)
    number = await Load(publisher, streams=30).write(10)
    assert await reader.wait_consumed("notes", number, 30)
    sent = {"messaging_system": "kafka", "messaging_operation_name": "send", "messaging_destination_name": "notes"}
    assert measured.value(names.SENT, **sent) == number
    assert measured.value(names.SEND_DURATION, **sent) >= 1
    assert measured.value(names.HANDLED, jinguo_reader=FORWARDER) == number
    assert measured.value(names.LATENCY, jinguo_reader=FORWARDER) >= 1
    assert measured.value(names.FAILING, jinguo_reader=FORWARDER) == 0
    assert measured.value(names.HANDLED, jinguo_service="reader", jinguo_reader="notes") == number
    assert measured.value(names.CONSUMED, messaging_system="kafka", messaging_consumer_group_name="notes") >= number
