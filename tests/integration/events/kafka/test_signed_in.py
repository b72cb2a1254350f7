"""Over TLS and with an account: facts go from service to service, and what keeps us out is said by its setting."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiokafka.errors import KafkaConnectionError
from uuid_utils.compat import uuid7

from libs.events.kafka import Kafka
from libs.events.kafka_refusal import NotLetIn, refusal
from libs.events.store import NO_STREAM
from libs.events.topic import exists
from libs.service.transport import PREFIX
from tests.integration.events import counting
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.kafka.conftest import TUNING, forget
from tests.integration.events.kafka.load import until
from tests.support.certificates import authority
from tests.support.kafka import LocalBroker


@pytest.fixture
async def secured(local_kafka: LocalBroker) -> AsyncIterator[Kafka]:
    """The listener over TLS, under names of its own, as the product's settings would say it."""
    made = replace(local_kafka.signed_in, prefix=f"t{uuid4().hex[:8]}.", request_timeout=3.0, session_timeout=3.0)
    yield replace(made, settings=PREFIX)
    await forget(made)


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-512", "PLAIN"])
async def test_facts_are_forwarded_and_read_over_tls_with_an_account(
    secured: Kafka, dsns: tuple[str, str], open_runtime: OpenRuntime, mechanism: Any
) -> None:
    signed = replace(secured, mechanism=mechanism)
    publisher = await open_runtime(counting.notes(), dsns[0], kafka=signed, tuning=TUNING)
    reader = await open_runtime(counting.reader(), dsns[1], kafka=signed, tuning=TUNING)
    await publisher.start()
    await reader.start()
    done = await publisher.store.append_many([counting.note(uuid7(), 1, NO_STREAM) for _ in range(100)])
    number = await publisher.wait_published(done[-1].xid, 10)
    assert number == 100
    assert await reader.wait_consumed("notes", number, 20), await reader.status()
    assert await reader.pool.fetchval("SELECT sum(total) FROM tally WHERE place = 'consumer'") == 100


WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "password": ({"password": "geheim"}, "JINGUO_KAFKA_USER, JINGUO_KAFKA_PASSWORD", "did not let 'jinguo' sign in"),
    "user": ({"user": "nobody"}, "JINGUO_KAFKA_USER, JINGUO_KAFKA_PASSWORD", "an account of the cluster"),
    "plain password": (
        {"password": "geheim", "mechanism": "PLAIN"}, "JINGUO_KAFKA_USER, JINGUO_KAFKA_PASSWORD", "by PLAIN"
    ),
    "mechanism": ({"mechanism": "SCRAM-SHA-256"}, "JINGUO_KAFKA_MECHANISM", "lets nobody sign in by SCRAM-SHA-256"),
    "no authority": ({"ca_file": None}, "JINGUO_KAFKA_CA_FILE", "the authorities of this system"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
async def test_what_keeps_us_out_is_said_by_its_setting(secured: Kafka, what: str) -> None:
    change, settings, words = WRONG[what]
    wrong = replace(secured, **change)
    with pytest.raises(NotLetIn) as refused:
        await exists(wrong, "notes")
    said = str(refused.value)
    assert said.startswith(f"{settings}: {secured.bootstrap}" if "sign in" in said else f"{settings}: ")
    assert words in said
    assert wrong.password not in said


async def test_another_authority_and_another_name_are_not_trusted(secured: Kafka, tmp_path: Path) -> None:
    stranger = replace(secured, ca_file=authority(tmp_path, "stranger").file)
    with pytest.raises(NotLetIn, match=r"JINGUO_KAFKA_CA_FILE: .*stranger\.pem .*; name the PEM file"):
        await exists(stranger, "notes")
    renamed = replace(secured, bootstrap=secured.bootstrap.replace("127.0.0.1", "localhost"))
    with pytest.raises(NotLetIn, match=r"JINGUO_KAFKA_BOOTSTRAP: .*made for another name"):
        await exists(renamed, "notes")


async def test_a_port_that_speaks_something_else_is_told_from_one_that_is_away(secured: Kafka) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(NotLetIn, match=r"JINGUO_KAFKA_SECURITY: .*does not speak TLS as SASL_SSL needs it"):
            await exists(replace(secured, bootstrap=f"127.0.0.1:{port}"), "notes")
    with pytest.raises(KafkaConnectionError):
        await exists(replace(secured, bootstrap=f"127.0.0.1:{port}"), "notes")
    assert await refusal(secured) is None


async def test_the_state_of_the_system_names_the_setting_and_no_secret(
    secured: Kafka, dsns: tuple[str, str], open_runtime: OpenRuntime
) -> None:
    wrong = replace(secured, password="geheim")
    publisher = await open_runtime(counting.notes(), dsns[0], kafka=wrong, tuning=TUNING)
    await publisher.start()
    await publisher.store.append(counting.note(uuid7(), 1, NO_STREAM))

    async def told() -> bool:
        errors = [each.error for each in (await publisher.status()).cursors if each.kind == "forwarder"]
        return any(each and each.startswith("NotLetIn: JINGUO_KAFKA_USER") for each in errors)

    await until(told, "the state of the system names the setting")
    assert "geheim" not in repr(await publisher.status())
    await asyncio.wait_for(publisher.stop(), 10)
