"""The reader dies at every point of its transaction: nothing is lost, nothing is doubled."""

import signal
from pathlib import Path
from typing import Any

import pytest

from libs.events.contract import Contract, Fact
from libs.events.pool import connect
from tests.conftest import MakeDatabase
from tests.integration.reporting import reader
from tests.integration.reporting import samples as s
from tests.integration.reporting.conftest import record
from tests.integration.reporting.publisher import publish
from tests.integration.reporting.test_counting_rules import report, rows
from tests.support.forks import Forked

ROOT = Path(__file__).resolve().parents[3]
POINTS = ("consumer.locked", "consumer.applied", "consumer.stored", "consumer.committed")
WOMEN = range(60)


@pytest.fixture
async def publishers(make_database: MakeDatabase) -> dict[str, str]:
    feed = s.Feed()
    village = [s.VILLAGES[n % 4] for n in WOMEN]
    registry: list[Contract] = [s.divisions(), *(s.registered(n, village[n]) for n in WOMEN)]
    registry += [*(s.exited(n) for n in WOMEN[::5]), *(s.merged(n, n + 1) for n in WOMEN[::10])]
    training = [s.course(), *(s.attended(n, n % 3) for n in WOMEN if n % 2), *(s.withdrawn(n) for n in WOMEN[1::8])]
    result = {}
    for source, bodies in {"registry": registry, "training": training}.items():
        result[source] = await make_database(ROOT / "services" / "reporting" / "migrations")
        await publish(result[source], feed(*bodies))
    return result


async def start(dsn: str, publishers: dict[str, str], failpoint: str) -> int:
    """Run the reader in a process of its own; its exit code, negative for a signal."""
    return await Forked(reader.__name__, dsn, *publishers.values(), env={"JINGUO_FAILPOINT": failpoint}).ended()


@pytest.mark.parametrize("point", POINTS)
async def test_a_reader_killed_inside_its_transaction_loses_and_doubles_nothing(
    point: str, dsn: str, publishers: dict[str, str], make_database: MakeDatabase, connection: Any
) -> None:
    killed = [await start(dsn, publishers, f"{point}:{nth}") for nth in (1, 3)]
    assert killed == [-signal.SIGKILL] * 2
    await reader.read_all(dsn, publishers)
    undisturbed = await make_database(ROOT / "services" / "reporting" / "migrations")
    await reader.read_all(undisturbed, publishers)
    other = await connect(undisturbed)
    try:
        assert await facts(connection) == await facts(other)
        assert (await report(connection, s.COUNTY)).total == (await report(other, s.COUNTY)).total
        numbers = await connection.fetch("SELECT recorded FROM facts ORDER BY recorded")
        assert [row[0] for row in numbers] == list(range(1, len(numbers) + 1))
        again = await rows(connection)
        await reader.read_all(dsn, publishers)
        assert await rows(connection) == again
    finally:
        await other.close()


async def facts(connection: Any) -> list[Any]:
    found: list[Any] = await connection.fetch("SELECT source, number, event_id FROM facts ORDER BY source, number")
    return found


async def test_a_fact_that_comes_again_under_another_number_is_kept_once(connection: Any, feed: s.Feed) -> None:
    once: list[Fact[Contract]] = feed(s.registered(1), s.attended(1))
    again = s.Feed()(s.registered(1), s.attended(1))
    await record(connection, once)
    before = await rows(connection)
    await record(connection, again)
    assert await rows(connection) == before
    assert len(await facts(connection)) == 2
