"""Merges as edges, in whatever order they arrive."""

from services.reporting.domain.aliases import Aliases
from tests.integration.reporting.samples import an_id

A, B, C = sorted(an_id("woman", number) for number in (1, 2, 3))


def test_a_record_without_merges_is_itself() -> None:
    assert Aliases().canonical(A) == A


def test_the_end_of_the_chain_is_canonical() -> None:
    aliases = Aliases([(A, B), (B, C)])
    assert [aliases.canonical(each) for each in (A, B, C)] == [C, C, C]
    assert aliases.groups([A]) == {C: (A, B, C)}


def test_a_passing_circle_has_one_canonical_record() -> None:
    aliases = Aliases([(A, B), (B, A), (C, B)])
    assert {aliases.canonical(each) for each in (A, B, C)} == {A}


def test_taking_back_an_edge_that_is_not_there_is_no_fault() -> None:
    aliases = Aliases([(A, B)])
    aliases.unmerge(C, B)
    aliases.unmerge(A, B)
    assert aliases.groups([A, B]) == {A: (A,), B: (B,)}
