"""What becomes of a pair of records: found, proposed, decided, found anew, closed."""

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from libs.events.testing.given import given
from libs.values.errors import Conflict, DomainError, NotFound, Refused
from services.registry.domain import pair as p
from services.registry.domain.likeness import Found
from services.registry.domain.pair_events import (
    Answer,
    PairChanged,
    PairClosed,
    PairDecided,
    PairFound,
    PairProposed,
    PairReopened,
    Side,
)
from tests.unit.registry.pair_samples import (
    C2,
    DIFFERENT,
    FIND,
    FOUND,
    MOVED,
    ONE,
    OTHER,
    PAIR,
    RENAMED,
    SAME,
    SAME_OTHER,
    T1,
    T2,
)

COUNTY = "522634000000"
WAS_FOUND = PairFound(PAIR, ONE, OTHER, FOUND)
NOT_HER = PairDecided(PAIR, DIFFERENT, "decision", COUNTY, "print-1")
HER = PairDecided(PAIR, SAME, "decision", COUNTY, "print-1")
ONE_SAYS = PairProposed(PAIR, "one", T1, SAME)


def propose(side: Side, unit: str, answer: Answer) -> p.Propose:
    return p.Propose(PAIR, side, unit, answer, "print-1")


def test_a_pair_is_found_once() -> None:
    given(p.pair).when(FIND).then(WAS_FOUND)
    given(p.pair, WAS_FOUND).when(FIND).then_nothing()
    given(p.pair, WAS_FOUND).when(replace(FIND, found=MOVED)).then(PairChanged(PAIR, MOVED))


def test_a_decision_sticks_while_the_data_it_rests_on_stay() -> None:
    given(p.pair, WAS_FOUND, NOT_HER).when(FIND).then_nothing()
    given(p.pair, WAS_FOUND, NOT_HER).when(replace(FIND, found=MOVED)).then_nothing()
    renamed = replace(FIND, found=RENAMED)
    given(p.pair, WAS_FOUND, NOT_HER).when(renamed).then(PairReopened(PAIR, "data_changed", RENAMED))


def test_a_pair_that_is_no_longer_likely_closes_by_itself_and_comes_back() -> None:
    lost = PairClosed(PAIR, "no_longer_alike")
    given(p.pair, WAS_FOUND).when(p.Lose(PAIR, "no_longer_alike")).then(lost)
    given(p.pair, WAS_FOUND, lost).when(FIND).then(PairReopened(PAIR, "alike_again", FOUND))
    given(p.pair, WAS_FOUND, NOT_HER).when(p.Lose(PAIR, "no_longer_alike")).then_nothing()


def test_two_units_settle_a_pair_by_saying_the_same() -> None:
    given(p.pair, WAS_FOUND).when(propose("one", T1, SAME)).then(ONE_SAYS)
    agreed = PairDecided(PAIR, SAME, "agreement", T2, "print-1")
    given(p.pair, WAS_FOUND, ONE_SAYS).when(propose("other", T2, SAME)).then(
        PairProposed(PAIR, "other", T2, SAME), agreed
    )


@pytest.mark.parametrize("answer", [DIFFERENT, SAME_OTHER])
def test_units_that_say_otherwise_are_in_dispute_until_one_gives_way(answer: Answer) -> None:
    said = PairProposed(PAIR, "other", T2, answer)
    given(p.pair, WAS_FOUND, ONE_SAYS).when(propose("other", T2, answer)).then(said)
    state = p.pair.fold([WAS_FOUND, ONE_SAYS, said])
    assert isinstance(state, p.Open)
    assert state.disputed
    given(p.pair, WAS_FOUND, ONE_SAYS, said).when(propose("other", T2, SAME)).then(
        PairProposed(PAIR, "other", T2, SAME), PairDecided(PAIR, SAME, "agreement", T2, "print-1")
    )
    given(p.pair, WAS_FOUND, ONE_SAYS, said).when(p.Decide(PAIR, COUNTY, DIFFERENT, "print-1")).then(NOT_HER)


def test_a_unit_does_not_overrule_the_unit_above_it() -> None:
    county = PairProposed(PAIR, "one", COUNTY, SAME)
    given(p.pair, WAS_FOUND, county).when(propose("one", T1, DIFFERENT)).then_refused(Conflict, "pair_spoken_above")
    given(p.pair, WAS_FOUND, ONE_SAYS).when(propose("one", COUNTY, DIFFERENT)).then(
        PairProposed(PAIR, "one", COUNTY, DIFFERENT)
    )
    given(p.pair, WAS_FOUND, ONE_SAYS).when(propose("one", T1, SAME)).then_nothing()


def test_what_was_proposed_on_other_data_counts_no_more() -> None:
    renamed = p.pair.fold([WAS_FOUND, ONE_SAYS, PairChanged(PAIR, RENAMED)])
    moved = p.pair.fold([WAS_FOUND, ONE_SAYS, PairChanged(PAIR, MOVED)])
    assert isinstance(renamed, p.Open)
    assert isinstance(moved, p.Open)
    assert (dict(renamed.proposals), set(moved.proposals)) == ({}, {"one"})


def test_undoing_follows_a_decision_by_those_who_could_make_it() -> None:
    back = PairReopened(PAIR, "undone", FOUND)
    given(p.pair, WAS_FOUND, HER).when(p.Undo(PAIR, None)).then(back)
    given(p.pair, WAS_FOUND, HER).when(p.Undo(PAIR, "one")).then_refused(Refused, "pair_decided_above")
    agreed = replace(HER, settled="agreement", unit=C2)
    given(p.pair, WAS_FOUND, agreed).when(p.Undo(PAIR, "one")).then(back)
    given(p.pair, WAS_FOUND).when(p.Undo(PAIR, None)).then_refused(Conflict, "pair_not_decided")


def test_what_cannot_be_decided_says_why() -> None:
    decision = p.Decide(PAIR, COUNTY, SAME, "print-1")
    given(p.pair).when(decision).then_refused(NotFound)
    given(p.pair).when(p.Undo(PAIR, None)).then_refused(NotFound)
    given(p.pair, WAS_FOUND, NOT_HER).when(decision).then_refused(Conflict, "pair_decided")
    closed = PairClosed(PAIR, "erased")
    given(p.pair, WAS_FOUND, closed).when(decision).then_refused(Conflict, "erased")
    given(p.pair, WAS_FOUND).when(replace(decision, answer=Answer("same"))).then_refused(Refused, "survivor")
    given(p.pair, WAS_FOUND).when(replace(decision, answer=Answer("different", "one"))).then_refused(Refused)


def test_an_unmerge_elsewhere_opens_the_pair_again() -> None:
    given(p.pair, WAS_FOUND, HER).when(FIND).then(PairReopened(PAIR, "separated", FOUND))


class PairMachine(RuleBasedStateMachine):
    """Any order of scans and people: a decision lasts until its data change or somebody takes it back."""

    found = st.sampled_from([FOUND, MOVED, RENAMED])
    answers = st.sampled_from([SAME, SAME_OTHER, DIFFERENT])

    @initialize(found=found)
    def begin(self, found: Found) -> None:
        self.state: p.State = p.Unknown()
        self.prints = found
        self.refusals: set[str] = set()
        self._do(p.Find(PAIR, ONE, OTHER, found))

    @rule(found=found)
    def scan(self, found: Found) -> None:
        before = self.state
        if isinstance(before, p.Decided) and before.answer.verdict == "same":
            return  # a merged record is met by no scan
        self._do(p.Find(PAIR, ONE, OTHER, found))
        kept = isinstance(before, p.Decided) and before.print == found.print
        assert self.state is before if kept else isinstance(self.state, p.Open)
        self.prints = found

    @rule(answer=answers)
    def decide(self, answer: Answer) -> None:
        was_open = isinstance(self.state, p.Open)
        self._do(p.Decide(PAIR, COUNTY, answer, self.prints.print))
        assert not was_open or (isinstance(self.state, p.Decided) and self.state.answer == answer)

    @rule(side=st.sampled_from(["one", "other"]), answer=answers)
    def propose(self, side: Side, answer: Answer) -> None:
        self._do(p.Propose(PAIR, side, T1 if side == "one" else T2, answer, self.prints.print))

    @rule(side=st.sampled_from([None, "one"]))
    def undo(self, side: Side | None) -> None:
        self._do(p.Undo(PAIR, side))

    @rule()
    def lose(self) -> None:
        before = self.state
        self._do(p.Lose(PAIR, "no_longer_alike"))
        assert isinstance(self.state, p.Closed) == isinstance(before, p.Open | p.Closed)

    @invariant()
    def an_open_pair_has_no_agreement(self) -> None:
        if isinstance(getattr(self, "state", None), p.Open):
            said = list(self.state.proposals.values())
            assert len(said) < 2 or said[0].answer != said[1].answer

    @invariant()
    def a_refusal_names_a_rule_of_pairs(self) -> None:
        assert all(code.startswith("registry.pair_") for code in getattr(self, "refusals", ()))

    def _do(self, command: p.Command) -> None:
        try:
            events = p.decide(self.state, command)
        except DomainError as refusal:
            self.refusals.add(refusal.code)
            return
        for event in events:
            self.state = p.evolve(self.state, event)
        repeats = isinstance(command, p.Find | p.Lose)
        assert not repeats or p.decide(self.state, command) == [], "a scan told twice says nothing"


TestPairMachine = PairMachine.TestCase
