"""A producer on one topic: takes records by partition, and answers when the brokers have all of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from libs.events.envelope import Headers
from libs.events.kafka import Kafka, close, start


@dataclass(frozen=True, slots=True)
class Message:
    """What goes into one partition: `at` in milliseconds."""

    key: bytes | None
    value: bytes
    headers: Headers
    at: int


class Outlet:
    """Made by `open`. After an error its numbers for the broker may have a gap: close it and open another."""

    def __init__(self, producer: Any, topic: str, silent: Callable[[float | None], None], patience: float) -> None:
        """See `open`."""
        self._producer = producer
        self._topic = topic
        self._silent = silent
        self._patience = patience

    @classmethod
    async def open(
        cls, kafka: Kafka, topic: str, silent: Callable[[float | None], None], patience: float = 30.0
    ) -> "Outlet":
        """`silent` is told for how many seconds the brokers have not answered, and None when they do again.

        First after `patience` seconds; the producer itself goes on trying.
        """
        producer = kafka.producer()
        try:
            await start(kafka, producer)
        except BaseException:
            await close(producer)
            raise
        return cls(producer, topic, silent, patience)

    async def send(self, messages: Mapping[int, Sequence[Message]]) -> Awaitable[None]:
        """Hand over; what comes back is awaited for the brokers' answers and raises what any of them says."""
        answers = await asyncio.gather(*(self._partition(number, each) for number, each in messages.items()))
        return self._answered([answer for some in answers for answer in some])

    async def close(self) -> None:
        """Let go; what was not answered is sent again by the next."""
        await close(self._producer)

    async def _partition(self, partition: int, messages: Sequence[Message]) -> list[Awaitable[Any]]:
        answers: list[Awaitable[Any]] = []
        batch = self._producer.create_batch()
        for each in messages:
            if not self._append(batch, each):
                answers.append(await self._producer.send_batch(batch, self._topic, partition=partition))
                batch = self._producer.create_batch()
                self._append(batch, each)
        answers.append(await self._producer.send_batch(batch, self._topic, partition=partition))
        return answers

    def _append(self, batch: Any, message: Message) -> bool:
        """False when the batch is full; the first of a batch always fits."""
        added = batch.append(timestamp=message.at, key=message.key, value=message.value, headers=message.headers)
        return added is not None

    async def _answered(self, answers: Sequence[Awaitable[Any]]) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        waiting = {asyncio.ensure_future(answer) for answer in answers}
        everything = set(waiting)
        try:
            while waiting:
                done, waiting = await asyncio.wait(waiting, timeout=self._patience, return_when=asyncio.FIRST_EXCEPTION)
                if not done:
                    self._silent(loop.time() - began)
                elif any(each.exception() for each in done):
                    break
        finally:
            for each in everything:
                each.cancel()
        self._silent(None)
        for each in everything:
            with suppress(asyncio.CancelledError):
                each.result()
