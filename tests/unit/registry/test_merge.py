"""Two records that are one woman, and two women after all."""

from uuid import UUID

import pytest

from libs.values.errors import Conflict, DomainError, NotFound, Refused
from services.registry.domain.merge import MergeWomen, Pair, UnmergeWomen, decide
from services.registry.domain.woman import woman
from services.registry.domain.woman_events import (
    Event,
    WomanAbsorbed,
    WomanErased,
    WomanMergedInto,
    WomanReleased,
    WomanSeparated,
)
from services.registry.domain.woman_state import State
from tests.unit.registry.samples import OTHER, TODAY, WOMAN, registered

THIRD = UUID(int=9)
MERGE = MergeWomen(OTHER, WOMAN, TODAY)
UNMERGE = UnmergeWomen(OTHER, WOMAN, TODAY)
MERGED = WomanMergedInto(OTHER, WOMAN, TODAY)
ABSORBED = WomanAbsorbed(WOMAN, OTHER, TODAY)


def known(subject: UUID, *events: Event) -> State:
    return woman.fold((registered(woman=subject), *events))


def test_a_merge_is_said_on_both_records() -> None:
    assert decide(Pair(known(OTHER), known(WOMAN)), MERGE) == ([MERGED], [ABSORBED])


def test_the_same_merge_again_says_nothing() -> None:
    assert decide(Pair(known(OTHER, MERGED), known(WOMAN, ABSORBED)), MERGE) == ([], [])


def test_an_unmerge_gives_both_records_back() -> None:
    separated, released = WomanSeparated(OTHER, WOMAN, TODAY), WomanReleased(WOMAN, OTHER, TODAY)
    assert decide(Pair(known(OTHER, MERGED), known(WOMAN, ABSORBED)), UNMERGE) == ([separated], [released])


def test_an_unmerge_from_an_erased_survivor_frees_the_other_record() -> None:
    erased = known(WOMAN, ABSORBED, WomanErased(WOMAN, "request"))
    assert decide(Pair(known(OTHER, MERGED), erased), UNMERGE) == ([WomanSeparated(OTHER, WOMAN, TODAY)], [])


@pytest.mark.parametrize(
    ("pair", "command", "kind", "code"),
    [
        (Pair(known(WOMAN), known(WOMAN)), MergeWomen(WOMAN, WOMAN, TODAY), Refused, "registry.merge_with_itself"),
        (Pair(woman.initial, known(WOMAN)), MERGE, NotFound, "common.not_found"),
        (Pair(known(OTHER), woman.initial), MERGE, NotFound, "common.not_found"),
        (Pair(known(OTHER, WomanMergedInto(OTHER, THIRD, TODAY)), known(WOMAN)), MERGE, Conflict, "registry.merged"),
        (Pair(known(OTHER), known(WOMAN, WomanMergedInto(WOMAN, THIRD, TODAY))), MERGE, Conflict, "registry.merged"),
        (Pair(known(OTHER), known(WOMAN, WomanErased(WOMAN, "request"))), MERGE, Refused, "registry.erased"),
        (Pair(known(OTHER), known(WOMAN)), UNMERGE, Conflict, "registry.not_merged"),
        (Pair(woman.initial, known(WOMAN)), UNMERGE, NotFound, "common.not_found"),
        (
            Pair(known(OTHER, MERGED), known(WOMAN, ABSORBED, WomanMergedInto(WOMAN, THIRD, TODAY))),
            UNMERGE,
            Refused,
            "registry.survivor_merged",
        ),
    ],
)
def test_what_cannot_be_merged_is_refused_by_a_named_rule(
    pair: Pair, command: MergeWomen | UnmergeWomen, kind: type[DomainError], code: str
) -> None:
    with pytest.raises(kind) as refusal:
        decide(pair, command)
    assert refusal.value.code == code
