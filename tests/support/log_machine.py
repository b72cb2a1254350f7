"""A state machine that does to a store whatever a caller may, and to a dict the same, and compares.

It drives both stores: give `build` as a class attribute, which makes an empty store and says how to let go of it. The
machine is synchronous, as Hypothesis needs it, so it runs the store in an event loop of its own.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from libs.events.commands import Commands, CommandStore, Idempotency, Receipt
from libs.events.decider import Decider
from libs.events.store import ANY, EXISTS, NO_STREAM, Append, Expected, VersionConflict
from libs.events.testing.store_suite import META, Counted, Labelled
from libs.values.errors import Invalid, Refused, Stale

T = TypeVar("T")
Build = Callable[[], Awaitable[tuple[CommandStore, Callable[[], Awaitable[None]]]]]

STREAMS = [UUID(int=n) for n in range(1, 5)]
LIMIT = 12  # commands refuse above this length


@dataclass(frozen=True)
class Add:
    """Say these things, unless the stream has grown too long."""

    events: tuple[Any, ...]


def _decide(length: int, command: Add) -> list[Any]:
    if length + len(command.events) > LIMIT:
        raise Refused("machine.full", "long enough")
    return list(command.events)


adding: Decider[int, Add, Any] = Decider(0, _decide, lambda length, _event: length + 1)

streams = st.sampled_from(STREAMS)
expectations = st.sampled_from([NO_STREAM, EXISTS, ANY, 0, -1, 1])  # numbers are counted from the present version
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
events = st.builds(Counted, st.integers(-(2**63), 2**63 - 1)) | st.builds(
    Labelled, texts, st.dictionaries(texts, st.booleans() | st.none() | texts, max_size=2)
)
batches = st.lists(events, min_size=1, max_size=3)
keys = st.integers(0, 5).map(lambda n: UUID(int=1000 + n))
fingerprints = st.sampled_from(["a", "b"])


def version(expected: Expected, present: int) -> Expected:
    """What is expected, where the present version is known."""
    return max(0, present + expected) if isinstance(expected, int) else expected


class LogMachine(RuleBasedStateMachine):
    """`model` is what should lie in the store, `answers` what each key was answered."""

    build: ClassVar[Build]

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[UUID, list[Any]] = {stream: [] for stream in STREAMS}
        self.answers: dict[UUID, tuple[str, Receipt, bytes]] = {}
        self.order: list[int] = []  # positions as they were given out
        self.loop = asyncio.new_event_loop()

    @initialize()
    def begin(self) -> None:
        self.store, self.let_go = self.run(type(self).build())
        self.commands = Commands(self.store)

    def run(self, work: Awaitable[T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        if hasattr(self, "let_go"):
            self.run(self.let_go())
        self.loop.close()

    @rule(stream=streams, expected=expectations, said=batches)
    def append(self, stream: UUID, expected: Expected, said: list[Any]) -> None:
        expected = version(expected, len(self.model[stream]))
        if not self.meets(expected, len(self.model[stream])):
            with pytest.raises(VersionConflict) as caught:
                self.run(self.store.append(Append(stream, expected, said, META)))
            assert caught.value.actual == len(self.model[stream])
            return
        done = self.run(self.store.append(Append(stream, expected, said, META)))
        self.model[stream] += said
        assert (done.version, len(done.event_ids)) == (len(self.model[stream]), len(said))
        self.placed(done.position)

    @rule(parts=st.lists(st.tuples(streams, expectations, batches), max_size=4))
    def append_many(self, parts: list[tuple[UUID, Expected, list[Any]]]) -> None:
        after = {stream: list(said) for stream, said in self.model.items()}
        fits, appends = True, []
        for stream, relative, said in parts:
            expected = version(relative, len(after[stream]))
            fits = fits and self.meets(expected, len(after[stream]))
            after[stream] += said
            appends.append(Append(stream, expected, said, META))
        if not fits:
            with pytest.raises(VersionConflict):
                self.run(self.store.append_many(appends))
            return
        done = self.run(self.store.append_many(appends))
        self.model = after
        for each in done:
            self.placed(each.position)
        assert len({each.xid for each in done}) <= 1

    @rule(stream=streams, said=st.lists(events, max_size=3), off=st.sampled_from([None, 0, 1, -1]))
    def command(self, stream: UUID, said: list[Any], off: int | None) -> None:
        length = len(self.model[stream])
        seen = None if off is None else max(0, length + off)
        handled = self.commands.handle(adding, stream, Add(tuple(said)), META, expected=seen)
        if seen is not None and seen != length:
            with pytest.raises(Stale):
                self.run(handled)
        elif length + len(said) > LIMIT:
            with pytest.raises(Refused):
                self.run(handled)
        else:
            receipt = self.run(handled)
            self.took(stream, said, receipt)

    @rule(stream=streams, said=st.lists(events, max_size=2), key=keys, fingerprint=fingerprints)
    def command_with_key(self, stream: UUID, said: list[Any], key: UUID, fingerprint: str) -> None:
        request, answer = Idempotency(key, "machine", fingerprint), str(len(self.answers)).encode()
        handled = self.commands.handle(
            adding, stream, Add(tuple(said)), META, idempotency=request, respond=lambda _receipt: answer
        )
        known = self.answers.get(key)
        if known is not None:
            self.repeated(handled, known, fingerprint)
        elif len(self.model[stream]) + len(said) > LIMIT:
            with pytest.raises(Refused):
                self.run(handled)
        else:
            receipt = self.run(handled)
            assert receipt.replayed is None
            self.took(stream, said, receipt)
            self.answers[key] = (fingerprint, receipt, answer)

    def repeated(self, handled: Awaitable[Receipt], known: tuple[str, Receipt, bytes], fingerprint: str) -> None:
        before, receipt, answer = known
        if fingerprint != before:
            with pytest.raises(Invalid):
                self.run(handled)
            return
        again = self.run(handled)
        assert (again.version, again.position, again.event_ids) == (
            receipt.version,
            receipt.position,
            receipt.event_ids,
        )
        assert again.replayed == answer

    def took(self, stream: UUID, said: list[Any], receipt: Receipt) -> None:
        self.model[stream] += said
        assert (receipt.version, len(receipt.event_ids)) == (len(self.model[stream]), len(said))
        if said:
            self.placed(receipt.position)

    @rule(stream=streams, after=st.integers(0, 10))
    def load(self, stream: UUID, after: int) -> None:
        loaded = self.run(self.store.load(stream, after))
        assert [each.event for each in loaded] == self.model[stream][after:]
        assert [each.version for each in loaded] == list(range(after + 1, len(self.model[stream]) + 1))

    @rule(asked=st.lists(streams, max_size=5))
    def load_many(self, asked: list[UUID]) -> None:
        loaded = self.run(self.store.load_many(asked))
        assert {stream: [each.event for each in said] for stream, said in loaded.items()} == {
            stream: self.model[stream] for stream in asked
        }

    @precondition(lambda self: any(self.model.values()))
    @rule()
    def everything_lies_as_it_was_said(self) -> None:
        loaded = self.run(self.store.load_many(STREAMS))
        assert {stream: [each.event for each in said] for stream, said in loaded.items()} == self.model
        recorded = [each for said in loaded.values() for each in said]
        assert len({each.event_id for each in recorded}) == len({each.position for each in recorded}) == len(recorded)

    @invariant()
    def positions_only_rise(self) -> None:
        assert self.order == sorted(set(self.order))

    def placed(self, position: int) -> None:
        self.order.append(position)

    def meets(self, expected: Expected, length: int) -> bool:
        if isinstance(expected, int):
            return expected == length
        return {NO_STREAM: length == 0, EXISTS: length > 0, ANY: True}[expected]
