"""A publisher, its reader and the topic between them, for tests that disturb one of the three."""

from typing import Any

from aiokafka.admin import RecordsToDelete
from aiokafka.structs import TopicPartition

from libs.events.kafka import Kafka, close
from libs.events.runtime import Runtime
from libs.events.topic import look
from tests.integration.events.kafka.load import Load, until, whole

CUT = (3, 7, 11)


class Pair:
    """A publisher and its reader, loaded, and the topic between them."""

    def __init__(self, cluster: Kafka, publisher: Runtime, reader: Runtime) -> None:
        self.cluster, self.publisher, self.reader = cluster, publisher, reader
        self.load = Load(publisher)
        self.topic = cluster.topic("notes")

    async def settle(self) -> int:
        return await whole(self.publisher, self.reader, self.load)

    async def admin(self, ask: Any) -> Any:
        admin = self.cluster.admin()
        try:
            await admin.start()
            return await ask(admin)
        finally:
            await close(admin)

    async def delete(self) -> None:
        await self.admin(lambda admin: admin.delete_topics([self.topic]))

    async def cut(self, kept: int) -> None:
        """Once all is forwarded: delete the records of some partitions but for the last few."""

        async def forwarded() -> bool:
            cursors = (await self.publisher.status()).cursors
            return [each.lag_events for each in cursors if each.kind == "forwarder"] == [0]

        await until(forwarded, "all is forwarded")
        ends = await look(self.cluster, self.topic)
        records = {TopicPartition(self.topic, each): RecordsToDelete(ends[each].end - kept) for each in CUT}
        await self.admin(lambda admin: admin.delete_records(records))
