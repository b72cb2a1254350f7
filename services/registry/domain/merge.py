"""Two records that are one woman: a rule over both streams, written to both in one transaction."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias, assert_never
from uuid import UUID

from libs.values.errors import Conflict, NotFound, Refused
from services.registry.domain import woman_events as e
from services.registry.domain import woman_state as s
from services.registry.domain.presence import erased


@dataclass(frozen=True, slots=True)
class MergeWomen:
    """A person decided that `merged_id` and `survivor_id` are one woman."""

    merged_id: UUID
    survivor_id: UUID
    on: date


@dataclass(frozen=True, slots=True)
class UnmergeWomen:
    """A person decided that they are two after all."""

    merged_id: UUID
    survivor_id: UUID
    on: date


Command: TypeAlias = MergeWomen | UnmergeWomen


@dataclass(frozen=True, slots=True)
class Pair:
    """Both states as decided upon."""

    merged: s.State
    survivor: s.State


def decide(pair: Pair, command: Command) -> tuple[list[e.Event], list[e.Event]]:
    """Events of the merged record and of the survivor; two empty lists when it is so already."""
    match command:
        case MergeWomen():
            return _merge(pair, command)
        case UnmergeWomen():
            return _unmerge(pair, command)
        case _:
            assert_never(command)


def _merge(pair: Pair, command: MergeWomen) -> tuple[list[e.Event], list[e.Event]]:
    if command.merged_id == command.survivor_id:
        raise Refused("registry.merge_with_itself", "A record cannot be merged into itself.", field="into")
    if isinstance(pair.merged, s.Merged) and pair.merged.into == command.survivor_id:
        return [], []
    for state in (pair.merged, pair.survivor):
        _require_live(state)
    return (
        [e.WomanMergedInto(command.merged_id, command.survivor_id, command.on)],
        [e.WomanAbsorbed(command.survivor_id, command.merged_id, command.on)],
    )


def _unmerge(pair: Pair, command: UnmergeWomen) -> tuple[list[e.Event], list[e.Event]]:
    if isinstance(pair.merged, s.Unknown):
        raise NotFound("common.not_found", "no such woman in your units")
    if isinstance(pair.survivor, s.Merged):
        raise Refused(
            "registry.survivor_merged",
            f"The survivor was itself merged into {pair.survivor.into}; undo that merge first.",
            rule="merges are undone from the last to the first",
        )
    if not (isinstance(pair.merged, s.Merged) and pair.merged.into == command.survivor_id):
        raise Conflict("registry.not_merged", "These two records are not merged.", rule="un-merge follows a merge")
    released: list[e.Event] = [e.WomanReleased(command.survivor_id, command.merged_id, command.on)]
    return (
        [e.WomanSeparated(command.merged_id, command.survivor_id, command.on)],
        [] if isinstance(pair.survivor, s.Erased) else released,
    )


def _require_live(state: s.State) -> None:
    match state:
        case s.Registered():
            return
        case s.Unknown():
            raise NotFound("common.not_found", "no such woman in your units")
        case s.Merged():
            raise Conflict(
                "registry.merged",
                f"This record was merged already; the woman is {state.into}.",
                rule="one record is merged once",
                right=str(state.into),
            )
        case s.Erased():
            raise erased()
        case _:
            assert_never(state)
