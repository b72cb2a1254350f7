"""Two rows of one file that are likely one person: named to the office, never refused."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from libs.rosters.findings import Finding
from services.registry.adapters.spool import Spool
from services.registry.domain.register import columns as c
from services.registry.domain.register.values import Draft
from tests.unit.registry_rosters.making import an_id

VILLAGE = "522634102203"


def draft(row: int, resident_id: str, name: str = "杨梅", village: str | None = VILLAGE) -> Draft:
    return Draft(row, name=name, resident_id=resident_id, names=("", "", village or ""))


def said(*drafts: Draft) -> list[tuple[int, str, str]]:
    return [(each.row, item.rule, item.right_answer) for each, item in findings(drafts)]


def findings(drafts: Sequence[Draft]) -> list[tuple[Draft, Finding]]:
    spool = Spool(Path(":memory:"))
    for each in drafts:
        spool.add(each)
    spool.gather(lambda names: ("", names[2] or None))
    return [(each, item) for each in drafts for item in spool.said_of(each) if item.rule == "likely_duplicate"]


@pytest.mark.parametrize(
    "other",
    [
        an_id(serial=4),
        an_id(serial=20),
        an_id(area="526234"),
        an_id(born="19810307"),
        an_id(serial=888, area="522601"),
    ],
    ids=[
        "one digit",
        "two swapped in the serial",
        "two swapped in the area",
        "a digit of the birth",
        "same day, village",
    ],
)
def test_one_mistake_or_one_day_and_village_are_told_on_the_later_row(other: str) -> None:
    found = said(draft(4, an_id()), draft(5, an_id("19550505", 8), "李桂仙"), draft(9, other))
    assert found == [(9, "likely_duplicate", "与第4行疑为同一人")]


@pytest.mark.parametrize(
    "change",
    [
        {"name": "杨美"},
        {"resident_id": an_id()},
        {"resident_id": an_id("19900909", 888)},
        {"resident_id": an_id(serial=888, area="522601"), "names": ("", "", "522634102204")},
        {"resident_id": an_id(serial=888, area="522601"), "names": ("", "", "")},
        {"resident_id": ""},
        {"name": ""},
    ],
    ids=str,
)
def test_others_and_what_is_missing_are_not(change: dict[str, Any]) -> None:
    other = Draft(9, **{"name": "杨梅", "resident_id": an_id(serial=4), "names": ("", "", VILLAGE)} | change)
    assert said(draft(4, an_id()), other) == []


def test_missing_never_matches_missing() -> None:
    assert said(draft(4, "", "", None), draft(5, "", "", None)) == []
    assert said(draft(4, an_id(), village=None), draft(5, an_id(serial=888, area="522601"), village=None)) == []


def test_it_is_a_warning_with_the_column_of_the_id() -> None:
    later = draft(9, an_id(serial=4))
    said_of = findings([draft(4, an_id()), later])
    assert [(each, item.column, item.severity) for each, item in said_of] == [(later, c.ID, "warning")]
