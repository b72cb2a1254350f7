"""Which woman a roster row means, decided from what was found for it."""

from dataclasses import replace
from uuid import UUID

from services.registry.domain.matching import Answer, Near, Row, Seen, answer, distinct, note

WOMAN = Seen(UUID(int=1), True, "522634100200", 1974, name_fits=True, sounds=True, outside=False)
ROW = Row("4", "522634197402018889", "杨秀英")


def rules(found: Answer) -> list[str]:
    return [finding.rule for finding in found.findings]


def test_her_id_and_name_are_an_exact_match() -> None:
    assert answer(replace(ROW, by_id=WOMAN)) == Answer("4", "exact", WOMAN, sure=True)


def test_a_tidied_id_is_exact_after_normalising() -> None:
    notes = distinct([note("id_blanks", "accepted", " 5", "5"), note("id_inner_space", "accepted", " 5", "5")])
    found = answer(replace(ROW, by_id=WOMAN, notes=notes))
    assert (found.match, found.sure, rules(found)) == ("exact_after_normalising", True, ["id_spaces"])


def test_a_homophone_counts_and_is_told() -> None:
    found = answer(replace(ROW, by_id=replace(WOMAN, name_fits=False)))
    assert (found.match, found.sure, rules(found)) == ("id_exact_name_differs", True, ["name_homophone"])


def test_another_name_waits() -> None:
    found = answer(replace(ROW, by_id=replace(WOMAN, name_fits=False, sounds=False)))
    assert (found.match, found.sure, rules(found)) == ("id_exact_name_differs", False, ["name_differs"])


def test_a_near_id_needs_her_name_and_waits() -> None:
    near = Near(WOMAN, "id_one_digit_wrong", "522634197402018880")
    stranger = Near(replace(WOMAN, name_fits=False, sounds=False), "id_two_digits_swapped", "x")
    homophone = Near(replace(WOMAN, name_fits=False), "id_two_digits_swapped", "y")
    found = answer(replace(ROW, near=(stranger, homophone, near)))
    assert (found.match, found.sure, rules(found)) == ("near_id", False, ["id_one_digit_wrong"])
    assert found.findings[0].right_answer == "522634197402018880"
    assert answer(replace(ROW, near=(stranger,))).match == "not_in_register"


def test_without_an_id_one_name_in_the_village_waits_and_two_are_told_apart_by_nobody() -> None:
    nameless = replace(ROW, written_id="")
    one = answer(replace(nameless, by_name=(WOMAN,)))
    assert (one.match, one.seen, one.sure, rules(one)) == ("name_and_village_only", WOMAN, False, ["id_empty"])
    two = answer(replace(nameless, by_name=(WOMAN, replace(WOMAN, person_id=UUID(int=2)))))
    assert (two.match, two.seen, rules(two)) == ("name_and_village_only", None, ["id_empty", "name_ambiguous"])
    none = answer(nameless)
    assert (none.match, rules(none)) == ("not_in_register", ["id_empty", "not_in_register"])


def test_a_man_of_the_register_is_no_woman() -> None:
    found = answer(replace(ROW, by_id=replace(WOMAN, woman=False, birth_year=None)))
    assert (found.match, found.sure, rules(found)) == ("exact", False, ["not_a_woman"])


def test_of_another_unit_the_findings_are_withheld() -> None:
    far = replace(WOMAN, outside=True)
    assert answer(replace(ROW, by_id=far)) == Answer("4", "exact", far, sure=True)
    waiting = answer(replace(ROW, near=(Near(far, "id_one_digit_wrong", "x"),)))
    assert waiting == Answer("4", "near_id", far)
    man = answer(replace(ROW, by_id=replace(far, woman=False)))
    assert (man.match, man.seen, rules(man)) == ("not_in_register", None, ["not_in_register"])
