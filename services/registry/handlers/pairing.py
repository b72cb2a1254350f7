"""People decide about a pair: at once where both records are theirs, together with the other unit where one is.

The decision and the merge it means are one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from libs.access.principal import not_found
from libs.events.commands import stale
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import Append, Recorded, retried
from libs.events.types import Record
from libs.values.division import Division
from libs.values.errors import Conflict
from services.registry.domain import merge as m
from services.registry.domain import pair as p
from services.registry.domain import presence
from services.registry.domain.likeness import print_of
from services.registry.domain.pair_events import Answer, Side
from services.registry.handlers import meeting, pairs, people
from services.registry.handlers.reservations import races


@dataclass(frozen=True, slots=True)
class Caller:
    """Who decides, from which unit, on which day; `seen` is the version he read."""

    unit: Division
    meta: Meta
    today: date
    seen: int


@dataclass(frozen=True, slots=True)
class Done:
    """The pair's version; no transaction when it was so already."""

    pair_id: UUID
    version: int
    xid: int | None


def sides_of(unit: Division, one_division: str, other_division: str) -> tuple[Side, ...]:
    """Whose records they are, from a unit: both, one, or none."""
    places: tuple[tuple[Side, str], ...] = (("one", one_division), ("other", other_division))
    return tuple(side for side, division in places if unit.covers(Division(division)))


async def answer(runtime: Runtime, caller: Caller, pair_id: UUID, said: Answer) -> Done:
    """One woman or two: decided where both records are the caller's, else proposed for his side.

    Raises NotFound for pairs of others, Stale, Conflict for a pair that is decided or closed or a merge that cannot be.
    """
    return await retried(lambda: _answer(runtime, caller, pair_id, said))


async def undo(runtime: Runtime, caller: Caller, pair_id: UUID) -> Done:
    """Take a decision back; a merge is undone with it, and everything is again whose it was before."""
    return await retried(lambda: _undo(runtime, caller, pair_id))


async def _answer(runtime: Runtime, caller: Caller, pair_id: UUID, said: Answer) -> Done:
    row, recorded = await _read(runtime, caller, pair_id)
    records = await meeting.persons(runtime.pool, (row["one"], row["other"]))
    one, other = records[row["one"]], records[row["other"]]
    if one.erased or other.erased:
        raise presence.erased()
    sides = sides_of(caller.unit, row["one_division"], row["other_division"])
    rests_on = print_of(one, other)
    command: p.Command = (
        p.Decide(pair_id, caller.unit.code, said, rests_on)
        if len(sides) == 2
        else p.Propose(pair_id, sides[0], caller.unit.code, said, rests_on)
    )
    state, events = _decided(recorded, command)
    merges = isinstance(state, p.Decided) and events and state.answer.verdict == "same"
    merging = await _merging(runtime, caller, pair_id, _merge(state, caller.today)) if merges else None
    return await _write(runtime, caller, row, recorded, events, state, merging)


async def _undo(runtime: Runtime, caller: Caller, pair_id: UUID) -> Done:
    row, recorded = await _read(runtime, caller, pair_id)
    sides = sides_of(caller.unit, row["one_division"], row["other_division"])
    before = p.pair.fold(item.event for item in recorded)
    state, events = _decided(recorded, p.Undo(pair_id, None if len(sides) == 2 else sides[0]))
    merging = None
    if isinstance(before, p.Decided) and before.answer.verdict == "same":
        merging = await _merging(runtime, caller, pair_id, _unmerge(before, caller.today))
    return await _write(runtime, caller, row, recorded, events, state, merging)


async def _merging(runtime: Runtime, caller: Caller, pair_id: UUID, command: m.Command) -> people.Merging:
    """What the decision means for both records. Who was overtaken by another decision is told that, not its effect."""
    try:
        return await people.merging(runtime, command, caller.meta)
    except Conflict:
        await _read(runtime, caller, pair_id)
        raise


async def _read(runtime: Runtime, caller: Caller, pair_id: UUID) -> tuple[Record, list[Recorded[Any]]]:
    row = await pairs.one(runtime.pool, pair_id, caller.unit.range())
    if row is None:
        raise not_found("pair")
    recorded = await runtime.store.load(pair_id)
    if recorded[-1].version != caller.seen:
        raise stale(caller.seen, recorded[-1].version)
    return row, recorded


def _decided(recorded: Sequence[Recorded[Any]], command: p.Command) -> tuple[p.State, list[Any]]:
    state = p.pair.fold(item.event for item in recorded)
    events = p.decide(state, command)
    for event in events:
        state = p.evolve(state, event)
    return state, list(events)


async def _write(
    runtime: Runtime,
    caller: Caller,
    row: Record,
    recorded: Sequence[Recorded[Any]],
    events: Sequence[Any],
    state: p.State,
    merging: people.Merging | None,
) -> Done:
    pair_id, version = row["pair_id"], recorded[-1].version
    if not events:
        return Done(pair_id, version, None)
    kept = pairs.Kept(state, version + len(events), row["one_division"], row["other_division"])
    async with runtime.pool.acquire() as connection, connection.transaction():
        with races():
            [done] = await runtime.store.append_many([Append(pair_id, version, events, caller.meta)], connection)
            await pairs.keep(connection, [kept], runtime.clock())
            if merging is not None and merging.appends:
                done = await people.write(runtime, connection, merging)
    return Done(pair_id, kept.version, done.xid)


def _merge(state: p.State, today: date) -> m.MergeWomen:
    merged, survivor = _records(state)
    return m.MergeWomen(merged, survivor, today)


def _unmerge(state: p.State, today: date) -> m.UnmergeWomen:
    merged, survivor = _records(state)
    return m.UnmergeWomen(merged, survivor, today)


def _records(state: p.State) -> tuple[UUID, UUID]:
    """The record that goes, and the one that stays."""
    assert isinstance(state, p.Decided)
    known = state.known
    return (known.other, known.one) if state.answer.survivor == "one" else (known.one, known.other)
