"""Every single-character change of a valid id is refused or explained; nothing is taken for another person's id."""

import string
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from libs.values import resident_id
from libs.values.resident_id import check_character, one_digit_wrong, read, two_swapped

TODAY = date(2026, 11, 1)
AREAS = ("522634", "110101", "650121", "460200", "710000")
TYPED = string.digits + string.ascii_letters + "０１９ＸｘХх·。 \u3000'’=+-@"
days = st.integers(0, (TODAY - date(1900, 1, 1)).days).map(lambda past: date(1900, 1, 1) + timedelta(days=past))
ids = st.builds(
    lambda area, born, serial: (first17 := f"{area}{born:%Y%m%d}{serial:03d}") + check_character(first17),
    st.sampled_from(AREAS), days, st.integers(0, 999),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(ids)
def test_every_character_changed_is_refused_or_explained(valid: str) -> None:
    for place in range(18):
        for typed in TYPED:
            changed = valid[:place] + typed + valid[place + 1 :]
            if changed == valid:
                continue
            said = read(changed, TODAY)
            if said.value is None:
                assert [note.severity for note in said.notes] == ["error"], changed
            else:  # a lossless way of writing the same id, and said so
                assert said.value == valid, changed
                assert said.notes, changed


@settings(max_examples=60, deadline=None)
@given(ids)
def test_every_character_left_out_or_doubled_is_refused_or_explained(valid: str) -> None:
    for place in range(18):
        for changed in (valid[:place] + valid[place + 1 :], valid[:place] + valid[place] + valid[place:]):
            said = read(changed, TODAY)
            assert said.value is None, changed
            assert [note.severity for note in said.notes] == ["error"], changed


@settings(max_examples=100, deadline=None)
@given(ids, st.integers(0, 16), st.sampled_from(string.digits))
def test_the_right_id_is_among_the_neighbours_of_a_mistyped_one(valid: str, place: int, digit: str) -> None:
    mistyped = valid[:place] + digit + valid[place + 1 :]
    if digit != valid[place]:
        assert valid in set(one_digit_wrong(mistyped))
    swapped = valid[:place] + valid[place + 1] + valid[place] + valid[place + 2 :]
    if swapped != valid and swapped[:17].isdigit():
        assert valid in set(two_swapped(swapped))


@settings(max_examples=200, deadline=None)
@given(ids, st.from_regex(r"[0-9]{2}([0-9A-Z]{2})?", fullmatch=True))
def test_a_card_and_the_id_in_it_name_one_person(valid: str, more: str) -> None:
    assert resident_id.key(read(valid + more, TODAY).value or "") == resident_id.key(read(valid, TODAY).value or "")


@settings(max_examples=100, deadline=None)
@given(ids.filter(lambda valid: valid[6:8] == "19"))
def test_fifteen_digits_become_the_eighteen_of_the_same_person_with_a_warning(valid: str) -> None:
    said = read(valid[:6] + valid[8:17], TODAY)
    assert said.value == valid
    assert [(note.rule, note.severity) for note in said.notes] == [("id_15_digits", "warning")]
