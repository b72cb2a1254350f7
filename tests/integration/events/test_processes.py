"""A process manager decides on its own streams in the transaction that moves its offset: once, with its cause kept."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid5

import pytest
from uuid_utils.compat import uuid7

from libs.events.memory import MemoryStore
from libs.events.meta import Meta
from libs.events.process import Process, Reaction, Refusal, Step, Turn
from libs.events.publisher import event_id_of
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM, Append, Recorded
from libs.events.wake import Pulse, until
from tests.conftest import MakeDatabase
from tests.integration.events import counting, errands
from tests.integration.events.conftest import OpenRuntime

MINE = Meta("anna", "cadre", "522634000000", UUID(int=77), traceparent=None, valid="2016-05")
REFUSE_TWICE = """
CREATE SEQUENCE tries;
CREATE FUNCTION race() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('tries') <= 2 THEN
        RAISE EXCEPTION 'version conflict' USING ERRCODE = 'JG409', DETAIL = NEW.stream_id || ' 0 1';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER race BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION race();
"""


@dataclass
class Two:
    """A publisher of notes and the service that runs errands for them."""

    notes: Runtime
    errands: Runtime
    source: str
    target: str

    async def note(self, stream: UUID, count: int = 1) -> Sequence[Recorded[Any]]:
        """Take notes, and wait until they were reacted to, the reactions too."""
        version = len(await self.notes.store.load(stream))
        events = [counting.Noted(stream, version + n) for n in range(1, count + 1)]
        done = await self.notes.store.append(Append(stream, version or NO_STREAM, events, MINE))
        number = await self.notes.wait_published(done.xid, 10)
        assert number is not None
        assert await self.errands.wait_consumed("errands.run", number, 10), await self.errands.status()
        return await self.errands.store.load(errands.stream_of(stream))


@pytest.fixture
async def two(make_database: MakeDatabase, open_runtime: OpenRuntime) -> Two:
    source, target = await make_database(counting.MIGRATIONS), await make_database(counting.MIGRATIONS)
    notes = await open_runtime(counting.notes(), source)
    reacting = await open_runtime(errands.errands(), target, clock=lambda: errands.START)
    await notes.start()
    await reacting.start({"notes": source})
    return Two(notes, reacting, source, target)


async def test_what_happened_elsewhere_leads_to_a_decision_here_that_names_its_cause(two: Two) -> None:
    note = uuid7()
    [ran] = await two.note(note)
    fact = event_id_of((await two.notes.store.load(note))[0].event_id, 0)
    assert ran.event == errands.Ran(note, 1)
    meta = ran.meta
    assert (meta.actor, meta.role, meta.unit) == ("service:errands", "service", MINE.unit)
    assert (meta.correlation_id, meta.causation_id, meta.valid) == (MINE.correlation_id, fact, "2016-05")
    assert meta.command_id == uuid5(uuid5(fact, "errands.run"), "0")
    assert (await two.errands.freshness())["notes"]["number"] == 1


async def test_a_cause_is_never_overwritten_by_a_later_or_an_earlier_one(two: Two) -> None:
    """As commanded #624: each event names the event before it, and all of them the request that began it."""
    note = uuid7()
    await two.note(note, errands.LIMIT)
    ran = await two.errands.store.load(errands.stream_of(note))
    xid = await two.errands.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    assert await two.errands.wait_published(xid, 10) == errands.LIMIT
    facts = [event_id_of(each.event_id, 0) for each in await two.notes.store.load(note)]
    assert [each.meta.causation_id for each in ran] == facts, "each of the one fact that led to it"
    rows = await two.errands.pool.fetch("SELECT event_id, meta FROM published ORDER BY number")
    assert [row["event_id"] for row in rows] == [event_id_of(each.event_id, 0) for each in ran]
    assert [row["meta"]["causation_id"] for row in rows] == [str(fact) for fact in facts]
    assert {row["meta"]["correlation_id"] for row in rows} == {str(MINE.correlation_id)}


async def test_a_refusal_is_an_event_and_the_process_goes_on(two: Two) -> None:
    full, other = uuid7(), uuid7()
    events = await two.note(full, errands.LIMIT + 2)
    assert [type(each.event).__name__ for each in events] == ["Ran", "Ran", "Ran", "Declined", "Declined"]
    assert events[-1].event == errands.Declined(full, "errands.enough")
    assert events[-1].meta.causation_id != events[-2].meta.causation_id
    assert len(await two.note(other)) == 1
    assert [each.error for each in (await two.errands.status()).consumers] == [None]


async def test_the_same_facts_again_do_nothing_again_also_after_a_week(two: Two) -> None:
    note = uuid7()
    before = await two.note(note, 2)
    await two.errands.stop()
    again = await Runtime.open(
        errands.errands(), two.target, vault=two.errands.vault, clock=lambda: errands.START, ids=uuid7
    )
    await again.pool.execute("UPDATE commands SET at = at - interval '8 days'")
    assert await again.store.prune_commands() == 0
    await again.pool.execute("UPDATE offsets SET number = 0, event_id = NULL")
    await again.start({"notes": two.source})
    assert await again.wait_consumed("errands.run", 2, 10)
    assert await again.store.load(errands.stream_of(note)) == before
    await again.stop()


async def test_a_batch_that_lost_a_race_is_decided_anew_without_an_error(two: Two) -> None:
    await two.errands.pool.execute(REFUSE_TWICE)
    assert [each.event.n for each in await two.note(uuid7(), 3)] == [1, 2, 3]
    assert await two.errands.pool.fetchval("SELECT last_value FROM tries") >= 5
    assert [each.error for each in (await two.errands.status()).consumers] == [None]


async def test_a_process_and_a_user_at_one_stream_both_get_their_word_in(two: Two) -> None:
    note = uuid7()
    stream = errands.stream_of(note)

    async def remind() -> None:
        for _ in range(12):
            await two.errands.commands.handle(errands.errand, stream, errands.Keep(errands.Reminded(note)), MINE)

    await asyncio.gather(two.note(note, 3), remind())
    kinds = [type(each.event).__name__ for each in await two.errands.store.load(stream)]
    assert (kinds.count("Ran"), kinds.count("Reminded")) == (3, 12)


async def test_a_process_over_the_own_log_hears_its_events_and_stands_in_the_status(two: Two) -> None:
    note = uuid7()
    await two.note(note, errands.LIMIT)
    assert [each.id for each in await two.errands.timers.list()] == [errands.timer_of(note)]
    events = await two.note(note)
    assert events[-1].event == errands.Declined(note, "errands.enough")
    xid = await two.errands.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    assert await two.errands.wait_processed(xid, "errands.settle", 10)
    assert await two.errands.timers.list() == []
    kinds = {each.name: each.kind for each in (await two.errands.status()).cursors}
    assert kinds == {"publisher": "publisher", "process.errands.settle": "process"}


async def test_an_error_that_is_no_rule_stops_the_process_and_is_shown(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    """Nothing is skipped: not by a mistake in `react`, and not by a refusal of what should record a refusal."""
    faults: dict[str, Callable[[], Awaitable[Sequence[Step]]]] = {}

    async def react(_turn: Turn, recorded: Recorded[errands.Reminded]) -> Sequence[Step]:
        return await faults["now"]()

    def refused(refusal: Refusal) -> Sequence[Step]:
        return [refusal.reaction]  # refused again: a mistake of the process

    async def broken() -> Sequence[Step]:
        raise LookupError("a mistake")

    async def full() -> Sequence[Step]:
        return [Reaction(errands.errand, stream, errands.Run(stream))]

    stream, process = uuid7(), Process("faulty", (errands.Reminded,), react, refused)
    service = errands.errands()
    runtime = await open_runtime(
        type(service)("faulty", errands.codec(), errands.publish, processes=(process,)), await make_database()
    )
    await runtime.store.append(Append(stream, NO_STREAM, [errands.Ran(stream, n) for n in range(3)], MINE))
    faults["now"] = broken
    await runtime.start()
    await runtime.store.append(Append(uuid7(), NO_STREAM, [errands.Reminded(stream)], MINE))

    async def shows(word: str) -> bool:
        errors = [each.error for each in (await runtime.status()).cursors if each.kind == "process"]
        return word in str(errors[0]) if errors else False

    assert await until(lambda: shows("LookupError"), Pulse(), 10)
    faults["now"] = full
    assert await until(lambda: shows("Refused"), Pulse(), 10)

    async def nothing() -> Sequence[Step]:
        return []

    faults["now"] = nothing
    assert await until(lambda: shows("None"), Pulse(), 10)


async def test_a_mistake_about_a_fact_stops_the_process_and_parks_nothing(
    make_database: MakeDatabase, open_runtime: OpenRuntime
) -> None:
    source, failures = await make_database(counting.MIGRATIONS), [LookupError("a mistake")] * 7

    async def react(turn: Turn, fact: Any) -> Sequence[Step]:
        if failures:
            raise failures.pop()
        return await errands.react(turn, fact)

    notes = await open_runtime(counting.notes(), source)
    process = replace(errands.RUNNING, react=react)
    service = replace(errands.errands(), processes=(process,))
    reacting = await open_runtime(service, await make_database(counting.MIGRATIONS), clock=lambda: errands.START)
    await notes.start()
    await reacting.start({"notes": source})
    two = Two(notes, reacting, source, "")
    events = await two.note(note := uuid7(), 2)
    assert [each.event for each in events] == [errands.Ran(note, 1), errands.Ran(note, 2)]
    assert failures == []
    assert await reacting.pool.fetchval("SELECT count(*) FROM parked") == 0


async def test_a_process_can_be_tried_over_the_store_in_memory() -> None:
    from libs.events.commands import Commands
    from libs.events.process import Reactor
    from libs.events.timers import MemoryTimers

    def clock() -> Any:
        return errands.START

    store, timers = MemoryStore(errands.codec(), clock=clock, ids=uuid7), MemoryTimers()
    reactor = Reactor("errands", errands.SETTLING, Commands(store), timers, clock)
    running = Reactor("errands", errands.RUNNING, Commands(store), timers, clock)
    note = uuid7()
    await timers.set(None, _reminder(note))
    assert await timers.fire(errands.START + errands.LATER, ["errands.run"], running.fire) is not None
    [reminded] = await store.load(errands.stream_of(note))
    assert reminded.event == errands.Reminded(note)
    assert [each.process for each in await timers.list()] == ["outward.bell"]
    await timers.set(None, _reminder(note))
    declined = Append(uuid7(), NO_STREAM, [errands.Declined(note, "x")], MINE)
    await store.append(declined)
    cause = (await store.load(declined.stream_id))[0]
    await reactor.take(None, [cause])
    await reactor.take(None, [cause])
    assert [each.process for each in await timers.list()] == ["outward.bell"]
    with pytest.raises(LookupError, match="no answer"):
        await reactor.fire(None, _reminder(note))


def _reminder(note: UUID) -> Any:
    from libs.events.timers import new_timer

    return new_timer(errands.timer_of(note), "errands.run", errands.START + errands.LATER, {"note": str(note)}, MINE)
