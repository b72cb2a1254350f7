"""Each check is quiet on a sound database and names the fault in one that was damaged behind our back."""

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from libs.events.codec import Codec
from libs.events.contract import Contract, Fact, Outgoing
from libs.events.meta import Meta
from libs.events.personal import Personal
from libs.events.pool import connect
from libs.events.replay import replay
from libs.events.runtime import Runtime
from libs.events.service import Consumer, Service
from libs.events.store import NO_STREAM, Append, Recorded
from libs.events.types import Connection
from libs.events.vault_postgres import PostgresVault
from libs.events.verifying.check import SHOWN, Check, snapshot
from libs.events.verifying.published import PublishedWalk
from libs.events.verifying.readers import check_offsets
from libs.events.verifying.streams import Walk, check_numbers
from libs.values.errors import Invalid
from tests.conftest import KERNEL, KEYS, MakeDatabase
from tests.integration.events.counting import clock
from tests.support.postgres import Databases

STREAMS, EVENTS = 4, 3
META = Meta("test", "tester", "000000000000", uuid7())


@dataclass(frozen=True, slots=True)
class Told:
    """A private event with a personal value."""

    stream: UUID
    n: int
    name: Personal[str]


class Heard(Contract):
    """What the world hears of it."""

    topic: ClassVar[str] = "tales"
    type: ClassVar[str] = "tales.heard.v1"

    stream: UUID
    n: int


def publish(recorded: Recorded[Any]) -> Iterable[Outgoing]:
    event: Told = recorded.event
    yield Outgoing(event.stream, Heard(stream=event.stream, n=event.n))


async def nothing(_tx: Connection, _facts: Any) -> None:
    """Moves the offset only."""


def tales(*consumers: Consumer) -> Service:
    return Service("tales", Codec().add("told", Told), publish, consumers=consumers)


CONSUMER = Consumer("listener.tales", "tales", (Heard,), nothing)


@dataclass
class Place:
    """A publisher that a reader of the same database has read to the end, both stopped."""

    dsn: str
    keys: str

    @asynccontextmanager
    async def damaged(self, *statements: str) -> AsyncIterator[dict[str, Check]]:
        """The checks by name after some statements of an owner who switched the triggers off; then undone."""
        async with AsyncExitStack() as stack:
            connection, keys = await connect(self.dsn), await connect(self.keys)
            stack.push_async_callback(connection.close)
            stack.push_async_callback(keys.close)
            transaction = connection.transaction()
            await transaction.start()
            await connection.execute("SET LOCAL session_replication_role = replica")
            for statement in statements:
                done = await connection.execute(statement)
                assert not done.endswith(" 0"), f"nothing was damaged by {statement}"
            vault = await PostgresVault.open(self.keys, b"m" * 32)
            stack.push_async_callback(vault.close)
            yield await checked(connection, keys, vault)
            await transaction.rollback()


async def checked(connection: Connection, keys: Connection, vault: PostgresVault) -> dict[str, Check]:
    """Every check of the kernel."""
    walk = Walk(tales(), vault)
    found = [await check_numbers(connection)]
    await walk.run(connection, keys)
    published = PublishedWalk(walk.made)
    await published.run(connection)
    found += [*walk.checks, *published.checks, await check_offsets(connection, connection, CONSUMER.name)]
    return {check.name: check for check in found}


@pytest.fixture(scope="module")
def place() -> dict[str, Place]:
    """The place once made, for all tests of this module."""
    return {}


@pytest.fixture
async def sound(databases: Databases, place: dict[str, Place]) -> Place:
    """Twelve events in four streams, all published, all consumed; two records replayed."""
    if not place:
        dsn, keys = await databases.make(KERNEL), await databases.make(KEYS)
        vault = await PostgresVault.open(keys, b"m" * 32)
        runtime = await Runtime.open(tales(CONSUMER), dsn, vault=vault, clock=clock, ids=uuid7)
        await runtime.start({"tales": dsn})
        for stream in (uuid7() for _ in range(STREAMS)):
            told = [Told(stream, n, Personal(stream, f"张{n}")) for n in range(1, EVENTS + 1)]
            done = await runtime.store.append(Append(stream, NO_STREAM, told, META))
        assert await runtime.wait_published(done.xid, 10) == STREAMS * EVENTS
        async with runtime.pool.acquire() as tx, tx.transaction():
            await replay(tx, 3, 4)
        assert await runtime.wait_consumed(CONSUMER.name, STREAMS * EVENTS + 2, 10)
        await runtime.stop()
        await vault.close()
        place["sound"] = Place(dsn, keys)
    return place["sound"]


async def test_a_sound_log_has_no_fault_and_everything_was_looked_at(sound: Place) -> None:
    async with sound.damaged() as checks:
        assert {name: check.faults for name, check in checks.items() if not check.good} == {}
        counted = {name: check.counted for name, check in checks.items()}
    assert counted.pop("offsets of listener.tales") == 24
    assert counted.pop("numbers") == 3
    replayed = {"published", "chain", "partitions", "told"}
    assert counted == {name: STREAMS * EVENTS + (2 if name in replayed else 0) for name in counted}


DAMAGES = [
    ("versions", "DELETE FROM events WHERE position = 2", "version 3 after version 1"),
    ("versions", "UPDATE events SET version = 9 WHERE position = 3", "version 9 after version 2"),
    ("told", "DELETE FROM events WHERE position = 2", "number 2, tales.heard.v1: no event makes it"),
    ("numbers", "UPDATE events SET xid = '9000000000'::xid8 WHERE position = 3", "9000000000 is of the future"),
    ("numbers", "ALTER TABLE events ALTER COLUMN position RESTART WITH 1", "position 12 was never drawn"),
    ("readable", "UPDATE events SET type = 'unheard' WHERE position = 5", "position 5, unheard: UnknownEvent"),
    (
        "sealed",
        """UPDATE events SET data = jsonb_set(data, '{name,sealed}', '"张三"') WHERE position = 4""",
        "position 4, told: a value that is no ciphertext",
    ),
    (
        "sealed",
        "UPDATE events SET data = jsonb_set(data, '{name,subject}', to_jsonb(event_id)) WHERE position = 4",
        "position 4: key 1 of",
    ),
    (
        "sealed",
        """UPDATE events SET data = jsonb_set(data, '{name,sealed}',
           to_jsonb(replace(data->'name'->>'sealed', '.identity.', '.identity.AAAA'))) WHERE position = 4""",
        "position 4: a value of",
    ),
    ("republished", "UPDATE published SET data = data || '{\"n\": 7}' WHERE number = 6", "data.n"),
    ("republished", 'UPDATE published SET meta = meta || \'{"actor": "x"}\' WHERE number = 6', "meta.actor"),
    ("republished", "DELETE FROM published WHERE number = 12", "position 12, told: tales.heard.v1 is missing"),
    ("published", "DELETE FROM published WHERE number = 8", "number 9 after 7"),
    ("published", "UPDATE cursors SET last_number = 99 WHERE name = 'publisher'", "the publisher stands at 99"),
    ("chain", "UPDATE published SET previous = 7777 WHERE number = 5", "number 5 names 7777"),
    ("partitions", "UPDATE published SET partition = (partition + 1) % 24 WHERE number = 5", "number 5 lies in"),
    (
        "told",
        "UPDATE published SET event_id = gen_random_uuid() WHERE number = 5",
        "number 5, tales.heard.v1: no event",
    ),
    (
        "told",
        "UPDATE published SET data = data || '{\"n\": 99}' WHERE number = 13",
        "number 13 does not repeat number 3",
    ),
    ("offsets of listener.tales", "UPDATE offsets SET number = 777 WHERE number > 0", "the log ends at 14"),
    (
        "offsets of listener.tales",
        "UPDATE offsets SET event_id = gen_random_uuid() WHERE number > 0",
        "another event id",
    ),
    ("offsets of listener.tales", "UPDATE offsets SET parked = 1 WHERE partition = 0", "1 parked records are said"),
    ("offsets of listener.tales", "DELETE FROM offsets WHERE partition = 3", "offsets of 23 partitions"),
    ("offsets of listener.tales", "DELETE FROM published WHERE number < 14", "there is no such record"),
    (
        "offsets of listener.tales",
        "UPDATE published SET partition = (partition + 1) % 24",
        "the record lies in partition",
    ),
    ("numbers", "UPDATE cursors SET prev = '9000000:9000000:' WHERE name = 'publisher'", "a cursor has seen"),
    ("republished", "UPDATE published SET key = gen_random_uuid() WHERE number = 6", "differs in key"),
    ("republished", "UPDATE published SET data = data || '{\"more\": 1}' WHERE number = 6", "differs in data.more"),
]


@pytest.mark.parametrize(("name", "statement", "said"), DAMAGES)
async def test_damage_is_found_and_named_with_its_place(sound: Place, name: str, statement: str, said: str) -> None:
    async with sound.damaged(statement) as checks:
        assert any(said in fault for fault in checks[name].faults), checks[name].faults


async def test_records_out_of_their_streams_order_are_found(sound: Place) -> None:
    swap = (
        "UPDATE published SET number = 1000 WHERE number = 1",
        "UPDATE published SET number = 1 WHERE number = 2",
        "UPDATE published SET number = 2 WHERE number = 1000",
    )
    async with sound.damaged(*swap) as checks:
        assert any("number 1 of position 2 after number 2" in fault for fault in checks["order"].faults)


async def test_an_event_not_yet_published_is_no_fault(sound: Place) -> None:
    late = (
        "INSERT INTO events (stream_id, version, event_id, type, schema_version, data, meta) "
        "SELECT gen_random_uuid(), 1, gen_random_uuid(), type, schema_version, data, meta FROM events LIMIT 1",
    )
    async with sound.damaged(*late) as checks:
        assert checks["republished"].good
        assert checks["versions"].counted == STREAMS * EVENTS + 1


async def test_a_replay_is_handed_on_as_the_record_it_repeats(make_database: MakeDatabase) -> None:
    heard: list[Fact[Heard]] = []

    async def listen(_tx: Connection, facts: Any) -> None:
        heard.extend(facts)

    dsn, keys = await make_database(KERNEL), await make_database(KEYS)
    vault = await PostgresVault.open(keys, b"m" * 32)
    service = tales(Consumer("listener.tales", "tales", (Heard,), listen))
    runtime = await Runtime.open(service, dsn, vault=vault, clock=clock, ids=uuid7)
    await runtime.start({"tales": dsn})
    stream = uuid7()
    await runtime.store.append(Append(stream, NO_STREAM, [Told(stream, 1, Personal(stream, "张"))], META))
    assert await runtime.wait_consumed("listener.tales", 1, 10)
    for round_ in (1, 2):
        async with runtime.pool.acquire() as tx, tx.transaction():
            done = await replay(tx, round_, round_)
        assert (done.records, done.first, done.last) == (1, round_ + 1, round_ + 1)
        assert await runtime.wait_consumed("listener.tales", round_ + 1, 10)
    later = await runtime.store.append(Append(stream, 1, [Told(stream, 2, Personal(stream, "李"))], META))
    assert await runtime.wait_published(later.xid, 10) == 4, "the publisher goes on behind the replays"
    assert await runtime.wait_consumed("listener.tales", 4, 10)
    await runtime.stop()
    await vault.close()
    assert [(fact.number, fact.body.n) for fact in heard] == [(1, 1), (1, 1), (1, 1), (4, 2)]
    assert len({fact.event_id for fact in heard}) == 2


@pytest.mark.parametrize(
    ("first", "last", "code"), [(0, 1, "replay_range"), (3, 2, "replay_range"), (1, 14, "too_many")]
)
async def test_a_replay_of_no_range_or_of_too_many_is_refused(
    sound: Place, first: int, last: int, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("libs.events.replay.MOST", 10)
    connection = await connect(sound.dsn)
    with pytest.raises(Invalid) as refused:
        async with connection.transaction():
            await replay(connection, first, last)
    assert code in refused.value.code
    assert (await replay(connection, 500, 600)).records == 0
    assert (await replay(connection, 1, 5, "tales.unheard.v1")).records == 0
    await connection.close()


async def test_a_publish_that_fails_is_named_with_the_event(sound: Place) -> None:
    def failing(_recorded: Recorded[Any]) -> Iterable[Outgoing]:
        raise ValueError("no")

    service = Service("tales", Codec().add("told", Told), failing)
    async with snapshot(sound.dsn) as connection:
        walk = Walk(service)
        await walk.run(connection, None)
    assert walk.republished.faulty == STREAMS * EVENTS
    assert walk.republished.faults[0].endswith("told: publishing ValueError")
    assert len(walk.republished.faults) == SHOWN, "only the first are kept in words"


async def test_a_consumer_that_never_subscribed_is_no_fault(sound: Place) -> None:
    async with snapshot(sound.dsn) as connection:
        check = await check_offsets(connection, connection, "nobody.tales")
    assert (check.good, check.counted) == (True, 0)
