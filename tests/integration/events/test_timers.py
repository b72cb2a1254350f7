"""Timers of a real database: set with what else is written, shared by processes, fired once whoever is killed."""

import asyncio
import signal
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from libs.events import failpoints
from libs.events.runtime import Runtime
from libs.events.testing.timer_suite import META, MINUTE, NOON, Fired, TimerSuite, a_timer
from libs.events.timers import LOCK, NEXT, MemoryTimers, PostgresTimers, Timer, new_timer
from libs.events.types import Connection, Pool
from libs.events.wake import Pulse, until
from tests.conftest import MakeDatabase
from tests.integration.events import counting, errands
from tests.integration.events.conftest import OpenRuntime
from tests.integration.events.timer_worker import Bell
from tests.support.forks import Forked

ROOT = Path(__file__).resolve().parents[3]
POINTS = [point for point in failpoints.POINTS if point.startswith("timer.")]
FILL = """
INSERT INTO timeouts (id, process, due_at, payload, meta, next_at)
SELECT gen_random_uuid(), 'suite', $1::timestamptz, '{}', '{}', $1::timestamptz + n * interval '1 minute'
FROM generate_series(1, 50000) n
"""
DUE = errands.START + errands.LATER


@pytest.fixture
def timers(pool: Pool) -> PostgresTimers:
    return PostgresTimers(pool)


class TestPostgresTimers(TimerSuite):
    """Timers in PostgreSQL."""


class TestMemoryTimers(TimerSuite):
    """Timers in memory."""

    @pytest.fixture
    def timers(self) -> MemoryTimers:
        return MemoryTimers()


async def test_a_timer_is_set_only_with_what_else_the_transaction_writes(timers: PostgresTimers, pool: Pool) -> None:
    kept = a_timer()
    await timers.set(None, kept)
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await timers.set(connection, a_timer())
        await timers.cancel(connection, kept.id)
        await transaction.rollback()
    assert await timers.list() == [kept]


async def test_what_fires_and_the_end_of_the_timer_are_one_transaction(timers: PostgresTimers, pool: Pool) -> None:
    await pool.execute("CREATE TABLE done (id uuid)")
    await timers.set(None, a_timer())

    async def half(tx: Connection, timer: Timer) -> None:
        await tx.execute("INSERT INTO done VALUES ($1)", timer.id)
        raise LookupError

    await timers.fire(NOON, ["suite"], half)
    assert await pool.fetch("SELECT * FROM done") == []
    assert [each.attempts for each in await timers.list()] == [1]


async def test_two_processes_share_the_work_and_neither_waits_for_the_other(timers: PostgresTimers) -> None:
    first, second = a_timer(NOON - MINUTE), a_timer(NOON)
    await timers.set(None, first)
    await timers.set(None, second)
    begun, go_on, fired = asyncio.Event(), asyncio.Event(), Fired()

    async def slow(tx: Connection, timer: Timer) -> None:
        begun.set()
        await go_on.wait()
        await fired(tx, timer)

    async with asyncio.timeout(20):
        one = asyncio.create_task(timers.fire(NOON, ["suite"], slow))
        await begun.wait()
        assert await timers.fire(NOON, ["suite"], fired) == second
        assert await timers.fire(NOON, ["suite"], fired) is None
        go_on.set()
        assert await one == first
    assert fired.timers == [second, first]


async def test_a_thousand_timers_of_two_processes_fire_once_each(timers: PostgresTimers) -> None:
    for n in range(200):
        await timers.set(None, a_timer(NOON - n * MINUTE))
    fired = Fired()

    async def drain() -> None:
        while await timers.fire(NOON, ["suite"], fired):
            pass

    await asyncio.gather(*(drain() for _ in range(4)))
    assert len(fired.timers) == 200
    assert set(Counter(each.id for each in fired.timers).values()) == {1}


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = errands.START

    def __call__(self) -> Any:
        return self.now


async def _set(runtime: Runtime, count: int = 1) -> list[UUID]:
    notes = [uuid7() for _ in range(count)]
    for note in notes:
        payload = {"note": str(note)}
        await runtime.timers.set(None, new_timer(errands.timer_of(note), "errands.run", DUE, payload, META))
    return notes


async def _reminders(runtime: Runtime) -> Counter[UUID]:
    rows = await runtime.pool.fetch("SELECT stream_id FROM events WHERE type = 'reminded'")
    return Counter(row["stream_id"] for row in rows)


async def test_a_running_service_is_woken_when_the_clock_says_so(
    make_database: MakeDatabase, open_runtime: OpenRuntime, tmp_path: Path
) -> None:
    clock, dsn = Clock(), await make_database(counting.MIGRATIONS)
    runtime = await open_runtime(errands.without_facts(), dsn, clock=clock)
    await runtime.start(outward={"bell": Bell(tmp_path / "calls")})
    [note] = await _set(runtime)
    assert await runtime.fire_due() == 0
    status = (await runtime.status()).timers
    assert (status.waiting, status.due, status.next_at, status.error) == (1, 0, DUE, None)
    clock.now = DUE

    async def empty() -> bool:
        return await runtime.timers.list() == []

    assert await until(empty, Pulse(), 10)
    [reminded] = await runtime.store.load(errands.stream_of(note))
    assert reminded.event == errands.Reminded(note)
    assert (reminded.meta.correlation_id, reminded.meta.causation_id) == (META.correlation_id, errands.timer_of(note))
    assert (tmp_path / "calls").read_text().split()[1:] == [str(note)]
    assert (await runtime.status()).timers.waiting == 0


async def test_a_timer_set_anew_after_it_fired_is_another_one(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    clock = Clock()
    runtime = await open_runtime(errands.without_facts(), await make_database(counting.MIGRATIONS), clock=clock)
    note = uuid7()
    for due in (DUE, DUE + timedelta(days=1), DUE + timedelta(days=1)):
        timer = new_timer(errands.timer_of(note), "errands.run", due, {"note": str(note)}, META)
        await runtime.timers.set(None, timer)
        clock.now = due
        assert await runtime.fire_due() == 1
    assert await _reminders(runtime) == {errands.stream_of(note): 2}, "the same timer for the same time fires once"


class Unreachable:
    """A world outside that does not answer."""

    def __init__(self) -> None:
        self.called: list[UUID] = []

    async def send(self, call_id: UUID, payload: Mapping[str, Any]) -> None:
        """See `Outward.send`."""
        self.called.append(call_id)
        if len(self.called) == 1:
            raise OSError(110, "timed out")


async def test_a_call_outside_is_repeated_under_the_same_id_and_its_trouble_is_shown(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    clock, world = Clock(), Unreachable()
    runtime = await open_runtime(errands.without_facts(), await make_database(counting.MIGRATIONS), clock=clock)
    await _set(runtime)
    clock.now = DUE
    await runtime.start(outward={"bell": world})

    async def called(times: int) -> bool:
        return len(world.called) == times

    assert await until(lambda: called(1), Pulse(), 10)

    async def shown() -> bool:
        return (await runtime.status()).timers.error == "TimeoutError"

    assert await until(shown, Pulse(), 10)
    clock.now += timedelta(seconds=1)
    assert await until(lambda: called(2), Pulse(), 10)
    assert len(set(world.called)) == 1


class Silent:
    """A world outside that takes a call and says nothing."""

    def __init__(self) -> None:
        self.called = asyncio.Event()

    async def send(self, call_id: UUID, payload: Mapping[str, Any]) -> None:
        """See `Outward.send`."""
        del call_id, payload
        self.called.set()
        await asyncio.Event().wait()


async def test_a_port_that_does_not_answer_holds_up_neither_timers_nor_other_ports(
    make_database: MakeDatabase, open_runtime: OpenRuntime, tmp_path: Path
) -> None:
    clock, silent = Clock(), Silent()
    runtime = await open_runtime(errands.without_facts(), await make_database(counting.MIGRATIONS), clock=clock)
    await runtime.timers.set(None, new_timer(uuid7(), "outward.silent", errands.START, {}, META))
    await runtime.start(outward={"silent": silent, "bell": Bell(tmp_path / "calls")})
    async with asyncio.timeout(10):
        await silent.called.wait()
    [note] = await _set(runtime)
    clock.now = DUE

    async def rung() -> bool:
        return (tmp_path / "calls").exists()

    assert await until(rung, Pulse(), 10)
    assert await _reminders(runtime) == {errands.stream_of(note): 1}


async def _killed(dsn: str, file: Path, failpoint: str) -> None:
    process = Forked("tests.integration.events.timer_worker", dsn, file, env={"JINGUO_FAILPOINT": failpoint})
    assert await process.ended() == -signal.SIGKILL


@pytest.mark.parametrize("point", POINTS)
async def test_after_kills_at_a_point_every_timer_has_fired_once(
    make_database: MakeDatabase, open_runtime: OpenRuntime, tmp_path: Path, point: str
) -> None:
    dsn, calls = await make_database(counting.MIGRATIONS), tmp_path / "calls"
    runtime = await open_runtime(errands.without_facts(), dsn, clock=lambda: DUE)
    notes = await _set(runtime, 6)
    for nth in (2,):
        await _killed(dsn, calls, f"{point}:{nth}")
    await runtime.start(outward={"bell": Bell(calls)})

    async def empty() -> bool:
        return await runtime.timers.list() == []

    assert await until(empty, Pulse(), 20)
    assert await _reminders(runtime) == {errands.stream_of(note): 1 for note in notes}
    lines = calls.read_text().splitlines()
    assert {line.split()[1] for line in lines} == {str(note) for note in notes}, "every call was made"
    assert len(set(lines)) == len(notes), "and when it was repeated, under the same id"


async def test_the_next_timer_is_found_by_an_index(pool: Pool) -> None:
    await pool.execute(FILL, NOON)
    await pool.execute("ANALYZE timeouts")
    for query, arguments in ((NEXT, (["suite"],)), (LOCK, (["suite"], NOON + MINUTE))):
        plan = "\n".join(row[0] for row in await pool.fetch(f"EXPLAIN {query}", *arguments))
        assert "timeouts_next" in plan, plan
