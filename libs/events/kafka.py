"""Where Kafka is and how to speak to it: the one place that makes the clients of aiokafka.

aiokafka carries no types, so what is made here is `Any` to the type checker; the modules that use it are few.
"""

import asyncio
import logging
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]
from aiokafka.errors import KafkaConnectionError, KafkaError  # type: ignore[import-untyped]

from libs.events.ending import end
from libs.events.kafka_refusal import refusal

Security = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]

BATCH_BYTES = 512 * 1024  # of one partition; a broker takes a megabyte by default
FETCH_BYTES = 8 * 1024 * 1024
CLOSE_LIMIT = 3.0  # seconds a client gets to say goodbye to a broker that may be away

# What is raised while a broker is away or a topic is not what it was; all worth another try.
AWAY = (KafkaError, OSError, TimeoutError)

_log = logging.getLogger("jinguo.events")


@dataclass(frozen=True)
class Kafka:
    """A cluster and our names in it; times in seconds. `prefix` begins the names of topics and groups."""

    bootstrap: str
    prefix: str = "jinguo."
    security: Security = "PLAINTEXT"
    mechanism: Mechanism = "SCRAM-SHA-512"
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    replication: int | None = None
    """Copies of a topic's partitions when it is made; None: three, or as many as there are brokers."""
    request_timeout: float = 10.0
    session_timeout: float = 10.0
    """After this long without a sign of life a member's partitions go to the others."""
    settings: str = field(default="", compare=False)
    """Begins the names of the settings that this was read from; for messages."""

    def setting(self, name: str) -> str:
        """What the setting is called where a person can change it."""
        return f"{self.settings}{name}"

    def topic(self, source: str) -> str:
        """The topic of a publisher."""
        return f"{self.prefix}{source}"

    def group(self, consumer: str) -> str:
        """The group of a consumer, in whichever processes it runs."""
        return f"{self.prefix}{consumer}"

    def producer(self) -> Any:
        """A producer whose records arrive once and in order, or not at all."""
        return AIOKafkaProducer(
            **self._client(), enable_idempotence=True, acks="all", linger_ms=0, max_batch_size=BATCH_BYTES
        )

    def member(self, consumer: str, topic: str, listener: Any) -> Any:
        """A member of a consumer's group; nothing is committed by itself."""
        client = AIOKafkaConsumer(
            **self._client(),
            group_id=self.group(consumer),
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # a start too early costs duplicates, which are dropped
            fetch_max_wait_ms=200,
            fetch_max_bytes=FETCH_BYTES,
            session_timeout_ms=int(self.session_timeout * 1000),
            heartbeat_interval_ms=int(self.session_timeout * 1000 / 4),
        )
        client.subscribe([topic], listener=listener)
        return client

    def reader(self) -> Any:
        """A consumer without a group, for looking."""
        return AIOKafkaConsumer(
            **self._client(), enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=50
        )

    def admin(self) -> Any:
        """For making and describing topics."""
        return AIOKafkaAdminClient(**self._client())

    def _client(self) -> dict[str, Any]:
        """With `metadata_max_age_ms` a topic made anew is noticed."""
        return {"bootstrap_servers": self.bootstrap, "metadata_max_age_ms": 5_000, **self.connecting()}

    def connecting(self) -> dict[str, Any]:
        """How one connection is made, as the library's arguments; the password is among them."""
        options: dict[str, Any] = {
            "request_timeout_ms": int(self.request_timeout * 1000),
            "security_protocol": self.security,
        }
        if self.security.startswith("SASL"):
            options |= {"sasl_mechanism": self.mechanism, "sasl_plain_username": self.user}
            options["sasl_plain_password"] = self.password
        if self.security.endswith("SSL"):
            options["ssl_context"] = ssl.create_default_context(cafile=str(self.ca_file) if self.ca_file else None)
        return options


async def start(kafka: Kafka, client: Any) -> None:
    """Start a client; one that is cancelled meanwhile leaves no connection behind, as the library's own start may.

    Raises NotLetIn where the brokers answer and a setting keeps us out.
    """
    if not isinstance(client, _LIBRARY):
        await client.start()
        return
    inner = _inner(client)
    greet = inner.bootstrap

    async def greeted() -> None:
        greeting = asyncio.create_task(greet())
        try:
            await asyncio.shield(greeting)
        except asyncio.CancelledError:
            await asyncio.wait({greeting}, timeout=CLOSE_LIMIT)
            await end({greeting})
            raise

    inner.bootstrap = greeted
    try:
        await client.start()
    except KafkaConnectionError as away:
        if kafka.security != "PLAINTEXT" and (refused := await refusal(kafka)) is not None:
            raise refused from away
        raise


async def close(client: Any) -> None:
    """Stop a client, whatever cancels meanwhile; one whose broker is away is cut off, and leaves nothing running."""
    closing = asyncio.create_task(_close(client))
    cancelled = False
    while not closing.done():
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            cancelled = True
    closing.result()
    if cancelled:
        raise asyncio.CancelledError


async def _close(client: Any) -> None:
    goodbye = client.close() if isinstance(client, AIOKafkaAdminClient) else client.stop()
    stopping = asyncio.create_task(goodbye)
    await asyncio.wait({stopping}, timeout=CLOSE_LIMIT)
    if not stopping.done() or stopping.cancelled() or stopping.exception():
        _log.info("a client of Kafka is cut off: its broker does not answer")
    await (_cut(client) if isinstance(client, _LIBRARY) else client.cut())


async def _cut(client: Any) -> None:
    """What the library leaves of a client that could not say goodbye: tasks that would connect anew, and sockets."""
    inner = _inner(client)
    inner._get_conn = _no_connection
    while left := _running(client, inner):
        await end(left)
        for task in left:
            task.cancelled() or task.exception()  # nobody else asks
    for connection in inner._conns.values():
        if connection._writer is not None:
            connection._writer.transport.abort()  # a frozen broker would never take what is still to be written
    await inner.close()


def _running(client: Any, inner: Any) -> set[asyncio.Task[Any]]:
    """The tasks in which a method of the client or of one of its parts runs."""
    parts = {id(client), id(inner), *(id(part) for name in _PARTS if (part := getattr(client, name, None)) is not None)}
    return {task for task in asyncio.all_tasks() if id(_owner(task)) in parts}


def _owner(task: asyncio.Task[Any]) -> object:
    frame = getattr(task.get_coro(), "cr_frame", None)
    return frame.f_locals.get("self") if frame else None


def _inner(client: Any) -> Any:
    return getattr(client, "client", None) or client._client


async def _no_connection(*_: Any, **__: Any) -> None:
    """In place of the one that connects."""


_LIBRARY = (AIOKafkaProducer, AIOKafkaConsumer, AIOKafkaAdminClient)
"""Others, as those of the simulation, have `start`, `stop`, and `cut` for when a goodbye takes too long."""

_PARTS = ("_sender", "_message_accumulator", "_txn_manager", "_coordinator", "_fetcher")
