"""What other event stores are held to, written anew: the cases of commanded's and sliceworkz's public suites.

Subclass `PeerSuite` in a test module beside `StoreSuite` and give the fixture `make_store`: a store over
`suite_codec()` whose event ids come from the source handed in. Their cases of subscriptions need a running service and
are in tests/integration/events/conformance; those of named or prefixed stores have no counterpart where streams are
UUIDs.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from libs.events.commands import Commands, CommandStore
from libs.events.decider import Decider
from libs.events.meta import Meta
from libs.events.store import ANY, EXISTS, MAX_EVENTS, NO_STREAM, Append, EventIdTaken, VersionConflict
from libs.events.testing.store_suite import META, Counted, Labelled, append, key
from libs.events.types import Ids

MakeStore = Callable[[Ids], CommandStore]

FULL_META = Meta(
    actor="clerk",
    role="county",
    unit="522634000000",
    correlation_id=UUID(int=11),
    command_id=UUID(int=12),
    causation_id=UUID(int=13),
    traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    valid="2016-05-03/2016-05-07",
)


def _decide(count: int, upto: int) -> list[Counted]:
    return [Counted(n) for n in range(count + 1, upto + 1)]


several: Decider[int, int, Counted] = Decider(0, _decide, lambda _count, event: event.n)


class PeerSuite:
    """Appends, reads, metadata, ids and repeated requests, as the peers' own suites ask."""

    @pytest.fixture
    def log(self, make_store: MakeStore) -> CommandStore:
        """An empty log."""
        return make_store(uuid7)

    async def test_a_stream_grows_by_one_two_and_three_events(self, log: CommandStore) -> None:
        stream = uuid7()
        versions = [
            (await log.append(append(stream, expected, *numbers))).version
            for expected, numbers in [(0, (1,)), (1, (2, 3)), (3, (4, 5, 6))]
        ]
        assert versions == [1, 3, 6]
        assert [each.event.n for each in await log.load(stream)] == [1, 2, 3, 4, 5, 6]

    async def test_any_version_is_never_refused(self, log: CommandStore) -> None:
        stream = uuid7()
        for numbers in ((1, 2, 3), (4, 5), (6,)):
            await log.append(append(stream, ANY, *numbers))
        assert [each.version for each in await log.load(stream)] == [1, 2, 3, 4, 5, 6]

    async def test_wrong_versions_are_refused_until_the_right_one_comes(self, log: CommandStore) -> None:
        stream = uuid7()
        await log.append(append(stream, 0, 1, 2, 3))
        for wrong in (NO_STREAM, 0, 1, 2, 4, 100):
            with pytest.raises(VersionConflict):
                await log.append(append(stream, wrong, 9))
        assert (await log.append(append(stream, 3, 4))).version == 4
        assert (await log.append(append(stream, EXISTS, 5))).version == 5
        assert [each.event.n for each in await log.load(stream)] == [1, 2, 3, 4, 5]

    async def test_a_version_of_a_stream_that_is_not_there_is_refused(self, log: CommandStore) -> None:
        stream = uuid7()
        for wrong in (1, 7, EXISTS):
            with pytest.raises(VersionConflict) as caught:
                await log.append(append(stream, wrong, 1))
            assert caught.value.actual == 0
        assert await log.load(stream) == []

    async def test_streams_do_not_mix(self, log: CommandStore) -> None:
        one, two = uuid7(), uuid7()
        for n in range(1, 4):
            await log.append(append(one, n - 1, n))
            await log.append(append(two, n - 1, n * 10))
        assert [each.event.n for each in await log.load(one)] == [1, 2, 3]
        assert [each.event.n for each in await log.load(two)] == [10, 20, 30]

    async def test_a_stream_is_read_in_steps(self, log: CommandStore) -> None:
        stream = uuid7()
        await log.append(append(stream, NO_STREAM, *range(1, 11)))
        for after in range(11):
            assert [each.version for each in await log.load(stream, after)] == list(range(after + 1, 11))
        assert await log.load(stream, 99) == []

    async def test_what_is_known_beside_an_event_is_kept(self, log: CommandStore) -> None:
        stream = uuid7()
        bare = replace(FULL_META, command_id=None, causation_id=None, traceparent=None, valid=None)
        await log.append_many([Append(stream, ANY, [Counted(1)], FULL_META), Append(stream, ANY, [Counted(2)], bare)])
        assert [each.meta for each in await log.load(stream)] == [FULL_META, bare]

    async def test_a_command_keeps_the_cause_it_was_given(self, log: CommandStore) -> None:
        stream, request = uuid7(), key()
        await Commands(log).handle(several, stream, 2, FULL_META, idempotency=key())
        await Commands(log).handle(several, stream, 3, replace(FULL_META, command_id=None), idempotency=request)
        stamped = replace(FULL_META, command_id=request.command_id)
        assert [each.meta for each in await log.load(stream)] == [FULL_META, FULL_META, stamped]

    async def test_positions_rise_in_the_order_of_appends_and_ids_are_unique(self, log: CommandStore) -> None:
        streams = [uuid7() for _ in range(4)]
        positions = [(await log.append(append(stream, ANY, n))).position for n in range(3) for stream in streams]
        assert positions == sorted(set(positions))
        loaded = [each for events in (await log.load_many(streams)).values() for each in events]
        assert len({each.event_id for each in loaded}) == len({each.position for each in loaded}) == 12

    async def test_the_moment_is_kept_in_utc_and_does_not_go_back(self, log: CommandStore) -> None:
        stream = uuid7()
        for n in range(1, 4):
            await log.append(append(stream, n - 1, n))
        moments = [each.recorded_at for each in await log.load(stream)]
        assert moments == sorted(moments)
        assert {moment.utcoffset() for moment in moments} == {timedelta(0)}

    @pytest.mark.parametrize(
        "text", ["", " ", "杨花", "ꪕ 𠮷 👩‍🌾", "a'b\"c\\d", "\\u0000", "line\nand\ttab", "x" * 200_000], ids=range(8)
    )
    async def test_text_comes_back_as_it_was(self, log: CommandStore, text: str) -> None:
        stream = uuid7()
        await log.append(Append(stream, NO_STREAM, [Labelled(text, {text[:40]: [1, None, text[:9]]})], META))
        assert (await log.load(stream))[0].event == Labelled(text, {text[:40]: [1, None, text[:9]]})

    @pytest.mark.parametrize("text", ["\0", "a\0b", "\\\0"])
    async def test_a_nul_which_no_database_keeps_is_refused_before_anything_is_written(
        self, log: CommandStore, text: str
    ) -> None:
        stream = uuid7()
        with pytest.raises(ValueError, match="NUL"):
            await log.append(Append(stream, NO_STREAM, [Counted(1), Labelled(text, {})], META))
        assert await log.load(stream) == []

    async def test_the_largest_batch_is_taken_whole_and_in_order(self, log: CommandStore) -> None:
        stream = uuid7()
        done = await log.append(append(stream, NO_STREAM, *range(MAX_EVENTS)))
        loaded = await log.load(stream)
        assert (done.version, len(done.event_ids)) == (MAX_EVENTS, MAX_EVENTS)
        assert [each.event.n for each in loaded] == list(range(MAX_EVENTS))
        assert tuple(each.event_id for each in loaded) == done.event_ids

    async def test_an_id_that_was_used_is_refused_with_the_whole_append(self, make_store: MakeStore) -> None:
        ids = iter([UUID(int=1), UUID(int=2), UUID(int=1), UUID(int=3), UUID(int=3), UUID(int=4)])
        log, one, two = make_store(lambda: next(ids)), uuid7(), uuid7()
        await log.append(append(one, NO_STREAM, 1))
        with pytest.raises(EventIdTaken):
            await log.append_many([append(one, 1, 2), append(two, NO_STREAM, 1)])
        with pytest.raises(EventIdTaken):
            await log.append(append(two, NO_STREAM, 1, 2))
        await log.append(append(two, NO_STREAM, 1))
        assert {stream: len(events) for stream, events in (await log.load_many([one, two])).items()} == {one: 1, two: 1}


class PeersAtOnceSuite:
    """The same store under several writers."""

    @pytest.fixture
    def log(self, make_store: MakeStore) -> CommandStore:
        """An empty log."""
        return make_store(uuid7)

    async def test_writers_of_different_streams_do_not_hinder_each_other(self, log: CommandStore) -> None:
        streams = [uuid7() for _ in range(40)]
        done = await asyncio.gather(*(log.append(append(stream, NO_STREAM, 1, 2)) for stream in streams))
        assert len({each.position for each in done}) == 40
        assert {len(events) for events in (await log.load_many(streams)).values()} == {2}

    async def test_writers_of_one_stream_leave_no_gap(self, log: CommandStore) -> None:
        stream = uuid7()
        results = await asyncio.gather(*(log.append(append(stream, ANY, n)) for n in range(30)), return_exceptions=True)
        taken = [each for each in results if not isinstance(each, BaseException)]
        assert all(isinstance(each, VersionConflict) for each in results if isinstance(each, BaseException))
        loaded = await log.load(stream)
        assert [each.version for each in loaded] == list(range(1, len(taken) + 1))
        assert {each.event_id for each in loaded} == {each.event_ids[0] for each in taken}

    async def test_each_of_many_counts_once_when_they_read_again_and_repeat(self, log: CommandStore) -> None:
        stream = uuid7()

        async def count() -> None:
            while True:
                version = len(await log.load(stream))
                try:
                    await log.append(append(stream, version, version + 1))
                except VersionConflict:
                    continue
                return

        await asyncio.gather(*(count() for _ in range(12)))
        assert [each.event.n for each in await log.load(stream)] == list(range(1, 13))

    async def test_batches_over_the_same_streams_are_whole_or_not_there(self, log: CommandStore) -> None:
        streams = sorted(uuid7() for _ in range(5))
        results: list[Any] = await asyncio.gather(
            *(log.append_many([append(stream, NO_STREAM, n, n) for stream in streams]) for n in range(6)),
            return_exceptions=True,
        )
        assert sum(isinstance(each, list) for each in results) == 1
        loaded = await log.load_many(streams)
        assert len({tuple(each.event.n for each in events) for events in loaded.values()}) == 1

    async def test_a_request_repeated_by_many_writes_its_events_once(self, log: CommandStore) -> None:
        stream, request = uuid7(), key()
        results: list[Any] = await asyncio.gather(
            *(Commands(log).handle(several, stream, 3, META, idempotency=request) for _ in range(8)),
            return_exceptions=True,
        )
        ids = {each.event_ids for each in results if not isinstance(each, BaseException)}
        assert ids == {tuple(each.event_id for each in await log.load(stream))}
        assert (await Commands(log).handle(several, stream, 3, META, idempotency=request)).event_ids in ids
