"""Each kernel that is broken in one place is caught by the simulation within few seeds; a right one is not."""

import sys

import pytest

from libs.events.testing.simulation.run import Outcome, Variant, run
from tests.integration.events import broken

MOST = 1_000

BROKEN = {
    "a reader by position": broken.BY_POSITION,
    "cur taken after the id": broken.CUR_AFTER_THE_ID,
    "a batch filtered before locking": broken.FILTERED_BEFORE_LOCKING,
    "an offset in a second transaction": broken.OFFSET_IN_A_SECOND_TRANSACTION,
    "a publisher that checks no epoch": broken.EPOCH_NOT_CHECKED,
    "a lease that is not checked": broken.LEASE_NOT_CHECKED,
    "a retry with a new command id": broken.NEW_ID_FOR_EACH_TRY,
}


def _caught(variant: Variant) -> Outcome:
    return next(outcome for seed in range(1, MOST + 1) if (outcome := run(seed, variant)).violations)


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_on_purpose_is_caught(what: str) -> None:
    outcome = _caught(BROKEN[what])
    sys.stdout.write(f"{what}: caught by seed {outcome.seed}: {outcome.violations[0]}\n")
    assert f"seed {outcome.seed}" in str(outcome)
    assert f"--seed {outcome.seed}" in str(outcome)
    assert "faults: lost_before=" in str(outcome)
    assert outcome.violations[0] in str(outcome)


RIGHT = {
    "a reader that appends": broken.ECHOING,
    "a publisher that checks no epoch, where numbers are unique": broken.EPOCH_NOT_CHECKED_BUT_NUMBERS_UNIQUE,
}


@pytest.mark.parametrize("what", RIGHT)
def test_what_looks_wrong_and_is_right_is_not_accused(what: str) -> None:
    for seed in range(1, 11):
        assert not run(seed, RIGHT[what]).violations
