"""What snapshots must do over every store. Subclass it in a test module and give the fixture `store`.

The same commands run with and without them, on two streams; states and events must be equal, whatever was kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from libs.events.commands import Commands, CommandStore
from libs.events.decider import Decider
from libs.events.personal import Personal
from libs.events.snapshots import Snapshots, StateCodec, fold
from libs.events.testing.store_suite import META, Counted, Named
from libs.events.vault import Vault
from libs.values.errors import DomainError, Refused


@dataclass(frozen=True, slots=True)
class Empty:
    """Nothing yet."""


@dataclass(frozen=True, slots=True)
class Tallied:
    """Sum and names so far; the names are personal."""

    total: int
    names: tuple[Personal[str], ...] = ()


State: TypeAlias = Empty | Tallied


@dataclass(frozen=True, slots=True)
class Add:
    """Count by n; a negative sum is refused."""

    n: int


@dataclass(frozen=True, slots=True)
class Name:
    """Remember a name."""

    name: Personal[str]


def _decide(state: State, command: Add | Name) -> list[Counted | Named]:
    if isinstance(command, Name):
        return [Named(command.name)]
    total = state.total if isinstance(state, Tallied) else 0
    if total + command.n < 0:
        raise Refused("suite.negative", f"{total} is not enough")
    return [Counted(command.n)] if command.n else []


def _evolve(state: State, event: Counted | Named) -> State:
    known = state if isinstance(state, Tallied) else Tallied(0)
    if isinstance(event, Named):
        return replace(known, names=(*known.names, event.name))
    return replace(known, total=known.total + event.n)


plain: Decider[State, Add | Name, Any] = Decider(Empty(), _decide, _evolve)
PHASES = StateCodec[State]({"empty": Empty, "tallied": Tallied})


def kept(every: int = 3, version: int = 1) -> Decider[State, Add | Name, Any]:
    """The same decider with snapshots."""
    return replace(plain, snapshots=Snapshots("tally", every, version, PHASES))


async def run(store: CommandStore, decider: Decider[State, Add | Name, Any], stream: UUID, words: Sequence[Any]) -> Any:
    """What every word was answered with: a number is added, a text is a name."""
    answers: list[Any] = []
    for word in words:
        command = Add(word) if isinstance(word, int) else Name(Personal(stream, word))
        try:
            answers.append((await Commands(store).handle(decider, stream, command, META)).version)
        except DomainError as refusal:
            answers.append(refusal.code)
    return answers


async def assert_the_same(store: CommandStore, words: Sequence[Any], every: int = 3) -> UUID:
    """The commands with and without snapshots; the stream that has them."""
    one, two = uuid7(), uuid7()
    assert await run(store, plain, one, words) == await run(store, kept(every), two, words)
    events = [[_clear(each.event) for each in await store.load(stream)] for stream in (one, two)]
    assert events[0] == events[1]
    states = (await fold(store, plain, two)).state, (await fold(store, kept(every), two)).state
    assert states[0] == states[1]
    return two


class SnapshotSuite:
    """Snapshots that are good, old, wrong, gone."""

    async def test_a_long_stream_is_read_from_its_last_snapshot(self, store: CommandStore) -> None:
        stream = await assert_the_same(store, [1] * 20)
        assert (await fold(store, plain, stream)).read == 20
        folded = await fold(store, kept(), stream)
        assert (folded.version, folded.state) == (20, Tallied(20))
        assert folded.read <= 5

    async def test_a_short_stream_keeps_none(self, store: CommandStore) -> None:
        stream = await assert_the_same(store, [1, 2, 3])
        assert await store.find_snapshot(stream, "tally", 1) is None

    async def test_a_snapshot_of_another_form_is_not_read(self, store: CommandStore) -> None:
        stream = await assert_the_same(store, [1] * 10)
        assert (await fold(store, kept(version=2), stream)).read == 10
        found = await store.find_snapshot(stream, "tally", 1)
        assert found is not None
        await store.keep_snapshot(replace(found, schema_version=2, state={"phase": "tallied", "state": {"sum": 1}}))
        await store.keep_snapshot(replace(found, schema_version=3, state={"phase": "unheard", "state": {}}))
        for version in (2, 3):
            folded = await fold(store, kept(version=version), stream)
            assert (folded.read, folded.state) == (10, Tallied(10)), "a form that was changed in silence"

    async def test_a_snapshot_newer_than_the_stream_or_of_another_past_is_not_believed(
        self, store: CommandStore
    ) -> None:
        stream = await assert_the_same(store, [1] * 10)
        found = await store.find_snapshot(stream, "tally", 1)
        assert found is not None
        for wrong in (replace(found, version=11), replace(found, event_id=uuid7()), replace(found, version=400)):
            await store.keep_snapshot(replace(wrong, state={"phase": "tallied", "state": {"total": 7, "names": []}}))
            folded = await fold(store, kept(), stream)
            assert (folded.state, folded.version) == (Tallied(10), 10)
        await run(store, kept(), stream, [1])
        mended = await store.find_snapshot(stream, "tally", 1)
        assert mended is not None
        assert mended.version == 10, "the wrong one was replaced"

    async def test_personal_values_lie_sealed_in_a_snapshot_and_go_with_their_key(
        self, store: CommandStore, vault: Vault
    ) -> None:
        stream = await assert_the_same(store, ["杨花", 1, "文秀", 2, 3, 4])
        found = await store.find_snapshot(stream, "tally", 1)
        assert found is not None
        assert "杨花" not in str(found.state)
        state = (await fold(store, kept(), stream)).state
        assert isinstance(state, Tallied)
        sealed = [(stream, each.sealed or "") for each in state.names]
        assert await vault.open_many(sealed) == ["杨花", "文秀"]
        await vault.erase(stream)
        assert await vault.open_many(sealed) == [None, None]

    def test_a_value_in_clear_or_a_phase_without_a_name_is_never_kept(self) -> None:
        with pytest.raises(Exception, match="sealed only"):
            PHASES.dump(Tallied(0, (Personal(UUID(int=1), "杨花"),)))
        with pytest.raises(LookupError, match="no name"):
            StateCodec[State]({"tallied": Tallied}).dump(Empty())


def _clear(event: Counted | Named) -> object:
    """Every name is sealed anew, so only whose it is can be compared."""
    return ("named", event.name.data_class) if isinstance(event, Named) else event
