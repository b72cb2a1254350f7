"""What an entry of a timeline says, by the kind of its fact."""

from typing import Any

import pytest

from libs.events.contract import Contract
from services.reporting.domain import timeline
from services.reporting.domain.mapping import BY_TYPE
from tests.integration.reporting import samples as s

NAMED = {s.an_id("course", 1): {"title": "苗绣培训班", "place": "丹江镇"}}


def entry(body: Contract) -> tuple[str | None, Any, dict[str, Any]]:
    row, told = BY_TYPE[body.type], body.model_dump(mode="json")
    return timeline.valid(row, told), timeline.measure_of(row, told), timeline.says(row, told, NAMED)


def test_an_attendance_names_its_class_and_its_days() -> None:
    valid, measure, says = entry(s.attended(1, days=2))
    assert (valid, measure) == ("2017-05-08/2017-05-12", s.an_id("course", 1))
    assert (says["title"], says["place"], says["days"], says["completed"]) == ("苗绣培训班", "丹江镇", 2, True)


def test_a_class_of_one_day_is_valid_that_day() -> None:
    assert entry(s.attended(1, last_day=s.CLASS_DAYS[0]))[0] == "2017-05-08"


def test_a_withdrawal_names_the_class_it_voids() -> None:
    valid, measure, says = entry(s.withdrawn(1))
    assert (valid, measure, says["title"]) == (None, s.an_id("course", 1), "苗绣培训班")


def test_a_class_nobody_has_named_yet_has_no_title() -> None:
    assert entry(s.attended(1, 2))[2]["title"] is None


@pytest.mark.parametrize(
    ("body", "valid", "key"),
    [
        (s.registered(1), "2016-12-31", "division"),
        (s.exited(1, "2018-05"), "2018-05", "reported_by"),
        (s.returned(1, "2016/2018"), "2016/2018", "reported_by"),
        (s.merged(2, 1), "2018-01-01", "survivor_id"),
        (s.unmerged(2, 1), "2018-02-01", "merged_id"),
    ],
)
def test_facts_of_the_register_give_their_own_date(body: Contract, valid: str, key: str) -> None:
    found, measure, says = entry(body)
    assert (found, measure) == (valid, None)
    assert key in says


def test_an_erasure_says_nothing_of_her() -> None:
    assert entry(s.erased(1)) == (None, None, {})
