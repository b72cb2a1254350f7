"""What every event store must do. Subclass it in a test module and give the fixture `store` over `suite_codec()`."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from libs.events.codec import Codec
from libs.events.commands import Commands, CommandStore, Idempotency, Receipt
from libs.events.decider import Decider
from libs.events.meta import Meta
from libs.events.personal import Personal
from libs.events.store import ANY, EXISTS, MAX_EVENTS, NO_STREAM, Append, Expected, VersionConflict
from libs.values.errors import Conflict, Invalid, Refused, Stale


@dataclass(frozen=True, slots=True)
class Counted:
    """Something was counted."""

    n: int


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody was named."""

    name: Personal[str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Some text was noted, and whatever else."""

    text: str
    more: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Count:
    """Count once more, up to a limit; `quietly` says nothing new."""

    limit: int = 100
    quietly: bool = False


def suite_codec() -> Codec:
    """The event types of the suite."""
    return Codec().add("counted", Counted).add("named", Named).add("labelled", Labelled)


def _decide(count: int, command: Count) -> list[Counted]:
    if command.quietly:
        return []
    if count >= command.limit:
        raise Refused("count.full", f"counted to {count} already")
    return [Counted(count + 1)]


counter: Decider[int, Count, Counted] = Decider(0, _decide, lambda _count, event: event.n)
remembered = replace(counter, remembered=True)
META = Meta("suite", "tester", "522634000000", UUID(int=1), traceparent=None, valid="2016-05")


def append(stream: UUID, expected: Expected, *numbers: int) -> Append:
    """An append of counted numbers."""
    return Append(stream, expected, [Counted(n) for n in numbers], META)


def key(fingerprint: str = "a", command_id: UUID | None = None) -> Idempotency:
    """A request's key."""
    return Idempotency(command_id or uuid7(), "client", fingerprint)


class StoreSuite:
    """Streams, expectations and batches."""

    async def test_events_come_back_in_order_with_what_was_recorded(self, store: CommandStore) -> None:
        stream = uuid7()
        done = await store.append(append(stream, NO_STREAM, 1, 2))
        loaded = await store.load(stream)
        assert [each.event for each in loaded] == [Counted(1), Counted(2)]
        assert [each.version for each in loaded] == [1, 2]
        assert {(each.stream_id, each.type, each.meta) for each in loaded} == {(stream, "counted", META)}
        assert tuple(each.event_id for each in loaded) == done.event_ids
        assert (done.version, done.position) == (2, loaded[-1].position)
        assert loaded[0].position < loaded[1].position
        assert loaded[0].recorded_at.tzinfo is not None

    async def test_a_stream_is_loaded_from_a_version_on(self, store: CommandStore) -> None:
        stream = uuid7()
        await store.append(append(stream, NO_STREAM, 1, 2, 3))
        assert [each.version for each in await store.load(stream, after=2)] == [3]

    async def test_a_stream_is_read_as_of_a_version(self, store: CommandStore) -> None:
        stream = uuid7()
        await store.append(append(stream, NO_STREAM, 1, 2, 3))
        for until, versions in ((0, []), (2, [1, 2]), (9, [1, 2, 3])):
            assert [each.version for each in await store.load(stream, until_version=until)] == versions
        assert [each.version for each in await store.load(stream, 1, until_version=2)] == [2]

    async def test_a_stream_is_read_as_it_was_recorded_at_an_instant(self, store: CommandStore) -> None:
        stream = uuid7()
        for n in range(3):
            await store.append(append(stream, n or NO_STREAM, n + 1))
        recorded = await store.load(stream)
        for event in recorded:
            expected = [each.event.n for each in recorded if each.recorded_at <= event.recorded_at]
            assert [each.event.n for each in await store.load_as_of(stream, event.recorded_at)] == expected
        assert await store.load_as_of(stream, recorded[0].recorded_at - timedelta(microseconds=1)) == []
        assert await store.load_as_of(uuid7(), recorded[0].recorded_at) == []

    async def test_an_unknown_stream_is_empty(self, store: CommandStore) -> None:
        stream = uuid7()
        assert await store.load(stream) == []
        assert await store.load_many([stream]) == {stream: []}

    async def test_many_streams_are_loaded_at_once(self, store: CommandStore) -> None:
        one, two = uuid7(), uuid7()
        await store.append_many([append(one, NO_STREAM, 1, 2), append(two, NO_STREAM, 3)])
        loaded = await store.load_many([one, two])
        assert {stream: [each.event.n for each in each] for stream, each in loaded.items()} == {one: [1, 2], two: [3]}

    @pytest.mark.parametrize(
        ("expected", "there", "taken"),
        [
            (NO_STREAM, 0, True),
            (NO_STREAM, 2, False),
            (0, 0, True),
            (2, 2, True),
            (1, 2, False),
            (3, 2, False),
            (EXISTS, 2, True),
            (EXISTS, 0, False),
            (ANY, 0, True),
            (ANY, 2, True),
        ],
    )
    async def test_an_append_is_taken_only_as_expected(
        self, store: CommandStore, expected: Expected, there: int, taken: bool
    ) -> None:
        stream = uuid7()
        if there:
            await store.append(append(stream, NO_STREAM, *range(there)))
        if taken:
            assert (await store.append(append(stream, expected, 9))).version == there + 1
        else:
            with pytest.raises(VersionConflict, match=str(stream)) as caught:
                await store.append(append(stream, expected, 9))
            assert caught.value.actual == there
        assert len(await store.load(stream)) == there + taken

    async def test_a_batch_is_all_or_nothing(self, store: CommandStore) -> None:
        good, bad = uuid7(), uuid7()
        with pytest.raises(VersionConflict):
            await store.append_many([append(good, NO_STREAM, 1), append(bad, EXISTS, 1)])
        assert await store.load(good) == []

    async def test_a_batch_may_name_a_stream_twice(self, store: CommandStore) -> None:
        stream = uuid7()
        done = await store.append_many([append(stream, NO_STREAM, 1, 2), append(stream, 2, 3), append(stream, ANY, 4)])
        assert [each.version for each in done] == [2, 3, 4]
        assert [each.event.n for each in await store.load(stream)] == [1, 2, 3, 4]
        with pytest.raises(VersionConflict):
            await store.append_many([append(stream, 4, 5), append(stream, 4, 6)])

    async def test_a_batch_of_nothing_is_nothing(self, store: CommandStore) -> None:
        assert await store.append_many([]) == []

    async def test_an_append_without_events_is_a_mistake(self, store: CommandStore) -> None:
        with pytest.raises(ValueError, match="without events"):
            await store.append(append(uuid7(), ANY))

    async def test_a_batch_too_large_is_refused(self, store: CommandStore) -> None:
        with pytest.raises(ValueError, match="at most 5000"):
            await store.append(append(uuid7(), ANY, *range(MAX_EVENTS + 1)))

    async def test_a_command_too_large_is_refused(self, store: CommandStore) -> None:
        with pytest.raises(ValueError, match="at most 5000"):
            await store.append_command(append(uuid7(), ANY, *range(MAX_EVENTS + 1)), key(), None)

    async def test_of_two_writers_at_once_one_is_told(self, store: CommandStore) -> None:
        stream = uuid7()
        results = await asyncio.gather(
            *(store.append(append(stream, NO_STREAM, n)) for n in range(8)), return_exceptions=True
        )
        assert sum(isinstance(each, VersionConflict) for each in results) == 7
        assert len(await store.load(stream)) == 1

    async def test_personal_values_lie_sealed_in_the_log(self, store: CommandStore) -> None:
        stream = uuid7()
        await store.append(Append(stream, NO_STREAM, [Named(Personal(stream, "杨花"))], META))
        name = (await store.load(stream))[0].event.name
        assert name.value is None
        assert name.sealed
        assert "杨花" not in name.sealed


class CommandSuite:
    """Commands over a store: decided anew on conflict, answered once."""

    async def test_a_command_is_decided_on_what_happened_before(self, store: CommandStore) -> None:
        commands, stream = Commands(store), uuid7()
        await commands.handle(counter, stream, Count(), META)
        receipt = await commands.handle(counter, stream, Count(), META)
        assert receipt.version == 2
        assert [each.event for each in await store.load(stream)] == [Counted(1), Counted(2)]
        assert receipt.event_ids == ((await store.load(stream))[1].event_id,)

    async def test_commands_at_once_are_all_taken(self, store: CommandStore) -> None:
        commands, stream = Commands(store), uuid7()
        await asyncio.gather(*(commands.handle(counter, stream, Count(), META) for _ in range(4)))
        assert [each.event.n for each in await store.load(stream)] == [1, 2, 3, 4]

    async def test_a_refusal_writes_nothing(self, store: CommandStore) -> None:
        commands, stream = Commands(store), uuid7()
        with pytest.raises(Refused, match="counted to 0"):
            await commands.handle(counter, stream, Count(limit=0), META, idempotency=key())
        assert await store.load(stream) == []

    async def test_a_change_to_an_older_version_is_stale(self, store: CommandStore) -> None:
        commands, stream = Commands(store), uuid7()
        await commands.handle(counter, stream, Count(), META, expected=0)
        with pytest.raises(Stale, match="at version 1"):
            await commands.handle(counter, stream, Count(), META, expected=0)

    async def test_a_repeated_request_gets_the_stored_answer(self, store: CommandStore) -> None:
        commands, stream, request = Commands(store), uuid7(), key()
        first = await commands.handle(counter, stream, Count(limit=1), META, idempotency=request, respond=_answer)
        again = await commands.handle(counter, stream, Count(limit=1), META, idempotency=request, respond=_fail)
        assert (again.replayed, again.event_ids) == (_answer(first), first.event_ids)
        assert first.replayed is None
        recorded = await store.load(stream)
        assert [each.meta.command_id for each in recorded] == [request.command_id]

    async def test_an_answer_of_version_and_ids_alone_is_stored_too(self, store: CommandStore) -> None:
        commands, stream, request = Commands(store), uuid7(), key()
        await commands.handle(counter, stream, Count(), META)
        first = await commands.handle(counter, stream, Count(), META, idempotency=request, respond=_named)
        again = await commands.handle(counter, stream, Count(), META, idempotency=request, respond=_fail)
        assert again == replace(first, replayed=f"version 2: {first.event_ids}".encode())
        assert [each.position for each in await store.load(stream)][-1] == first.position

    @pytest.mark.parametrize("quietly", [False, True])
    async def test_an_answer_that_cannot_be_made_is_told(self, store: CommandStore, quietly: bool) -> None:
        commands, stream = Commands(store), uuid7()
        with pytest.raises(ArithmeticError):
            await commands.handle(counter, stream, Count(quietly=quietly), META, idempotency=key(), respond=_break)

    async def test_a_repeated_request_without_a_body_is_known(self, store: CommandStore) -> None:
        commands, stream, request = Commands(store), uuid7(), key()
        await commands.handle(counter, stream, Count(), META, idempotency=request)
        assert (await commands.handle(counter, stream, Count(), META, idempotency=request)).replayed == b""

    async def test_a_command_that_changes_nothing_names_the_last_event(self, store: CommandStore) -> None:
        commands, stream, request = Commands(store), uuid7(), key()
        empty = await commands.handle(counter, stream, Count(quietly=True), META)
        assert (empty.version, empty.position, empty.xid) == (0, 0, 0)
        done = await commands.handle(counter, stream, Count(), META)
        quiet = await commands.handle(counter, stream, Count(quietly=True), META, idempotency=request, respond=_answer)
        assert (quiet.version, quiet.position, quiet.xid, quiet.event_ids) == (1, done.position, done.xid, ())

    @pytest.mark.parametrize("other", ["fingerprint", "client"])
    async def test_a_key_for_two_requests_is_refused(self, store: CommandStore, other: str) -> None:
        commands, stream, request = Commands(store), uuid7(), key()
        await commands.handle(counter, stream, Count(), META, idempotency=request)
        values = {"command_id": request.command_id, "client": "client", "fingerprint": "a", other: "b"}
        with pytest.raises(Invalid, match="another request"):
            await commands.handle(counter, stream, Count(), META, idempotency=Idempotency(**values))  # type: ignore[arg-type]

    async def test_commands_of_one_process_for_one_stream_take_turns(self, store: CommandStore) -> None:
        commands, stream = Commands(store), uuid7()
        receipts = await asyncio.gather(*(commands.handle(counter, stream, Count(), META) for _ in range(60)))
        assert [receipt.version for receipt in receipts] == list(range(1, 61)), "in the order of asking"

    async def test_what_is_remembered_of_a_stream_is_never_believed(self, store: CommandStore) -> None:
        ours, others, stream = Commands(store), Commands(store), uuid7()
        for _ in range(3):
            await ours.handle(remembered, stream, Count(), META)
            await others.handle(counter, stream, Count(), META)
        assert await ours.state(remembered, stream) == (6, 6)
        another = uuid7()
        assert await ours.state(remembered, another) == (0, 0)
        await others.handle(counter, another, Count(), META)
        assert await ours.state(remembered, another) == (1, 1)

    async def test_twins_at_once_write_once(self, store: CommandStore) -> None:
        commands, stream, request = Commands(store), uuid7(), key()
        one = Count(limit=1)
        results: list[Any] = await asyncio.gather(
            *(commands.handle(counter, stream, one, META, idempotency=request, respond=_answer) for _ in range(6)),
            return_exceptions=True,
        )
        assert len(await store.load(stream)) == 1
        failed = [each for each in results if not isinstance(each, Receipt)]
        assert all(isinstance(each, Conflict) and each.code == "idempotency.in_progress" for each in failed)
        assert sum(isinstance(each, Receipt) and each.replayed is None for each in results) == 1


def _answer(receipt: Receipt) -> bytes:
    return f"version {receipt.version} at {receipt.position}".encode()


def _named(receipt: Receipt) -> bytes:
    return f"version {receipt.version}: {receipt.event_ids}".encode()


def _break(_receipt: Receipt) -> bytes:
    raise ArithmeticError


def _fail(_receipt: Receipt) -> bytes:
    raise AssertionError("a stored answer is not made anew")
