"""Reporting's facts against the publishers' logs: sound after reading and after a replay; damage is named."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from libs.events.pool import connect
from libs.events.replay import replay
from libs.events.types import Connection
from libs.events.verifying.check import Check
from services.reporting.consumers import CONSUMERS
from services.reporting.verification import check_facts, check_recorded
from tests.conftest import KERNEL, MakeDatabase
from tests.integration.reporting import samples as s
from tests.integration.reporting.publisher import publish
from tests.integration.reporting.reader import read_all

REGISTRY = next(each for each in CONSUMERS if each.source == "registry")


@dataclass
class Read:
    """Reporting and a publisher that it has read; ten women, one of them erased."""

    reporting: Connection
    source: Connection
    dsns: tuple[str, str, str]

    async def checks(self) -> list[Check]:
        return [
            await check_facts(self.reporting, self.source, REGISTRY),
            await check_recorded(self.reporting),
        ]


@pytest.fixture
async def read(dsn: str, make_database: MakeDatabase, feed: s.Feed) -> AsyncIterator[Read]:
    source, other = await make_database(KERNEL), await make_database(KERNEL)
    facts = feed(*(s.registered(n) for n in range(10)), s.erased(3))
    await publish(source, facts)
    await read_all(dsn, {"registry": source, "training": other})
    reporting, publisher = await connect(dsn), await connect(source)
    async with reporting.transaction(), publisher.transaction():
        for connection in (reporting, publisher):
            await connection.execute("SET LOCAL session_replication_role = replica")
        yield Read(reporting, publisher, (dsn, source, other))
    await reporting.close()
    await publisher.close()


async def test_what_was_read_is_kept_once_and_numbered_without_gaps(read: Read) -> None:
    facts, recorded = await read.checks()
    assert (facts.faults, facts.counted) == ([], 11)
    assert (recorded.faults, recorded.counted) == ([], 11)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM facts WHERE number = 4", "number 4, registry.woman-registered.v1: no fact was kept"),
        ("UPDATE facts SET body = body || '{\"birth_year\": 1900}' WHERE number = 4", "differs in body.birth_year"),
        ("UPDATE facts SET event_id = gen_random_uuid() WHERE number = 4", "which is another record"),
        ("UPDATE counters SET last = 99", "the counter stands at 99, the last fact is 11"),
        ("UPDATE facts SET recorded = 77 WHERE recorded = 5", "recorded number 6 after 4"),
    ],
)
async def test_damage_is_named(read: Read, statement: str, said: str) -> None:
    await read.reporting.execute(statement)
    faults = [fault for check in await read.checks() for fault in check.faults]
    assert any(said in fault for fault in faults), faults


async def test_a_parked_record_is_known_to_be_missing(read: Read) -> None:
    await read.reporting.execute(
        "INSERT INTO parked (consumer, log_id, partition, number, key, event, attempts) "
        "SELECT 'reporting.registry', log_id, 0, number, key, '{}', 1 FROM facts WHERE number = 4"
    )
    await read.reporting.execute("DELETE FROM facts WHERE number = 4")
    facts, _ = await read.checks()
    assert facts.good


async def test_replayed_records_are_kept_and_counted_once(dsn: str, make_database: MakeDatabase, feed: s.Feed) -> None:
    source, other = await make_database(KERNEL), await make_database(KERNEL)
    facts = feed(s.registered(1), s.registered(2), s.erased(2))
    await publish(source, facts)
    await read_all(dsn, {"registry": source, "training": other})
    publisher, reporting = await connect(source), await connect(dsn)
    figures = "SELECT woman_id, status, division, target_group, until FROM women ORDER BY woman_id, recorded"
    before = await reporting.fetch(figures)
    await publisher.execute("INSERT INTO cursors (name, last_number) VALUES ('publisher', 3)")
    async with publisher.transaction():
        assert (await replay(publisher, 1, 3)).records == 3
    await read_all(dsn, {"registry": source, "training": other})
    assert await reporting.fetchval("SELECT max(number) FROM offsets") == 6
    assert await reporting.fetch(figures) == before
    async with reporting.transaction(), publisher.transaction():
        check = await check_facts(reporting, publisher, REGISTRY)
    assert (check.faults, check.counted) == ([], 3)
    await publisher.close()
    await reporting.close()
