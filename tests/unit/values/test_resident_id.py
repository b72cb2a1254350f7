"""Resident ids: what is accepted, put right, asked back, and what is near."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.values import resident_id

TODAY = date(2026, 11, 1)
SOUND = "999999199003070020"


@st.composite
def ids(draw: st.DrawFn) -> str:
    born = draw(st.dates(date(1900, 1, 1), date(2020, 12, 31)))
    first17 = f"{draw(st.integers(110101, 999999))}{born:%Y%m%d}{draw(st.integers(0, 999)):03d}"
    return first17 + resident_id.check_character(first17)


def rules(text: str) -> list[str]:
    return [note.rule for note in resident_id.read(text, TODAY).notes]


@given(ids())
def test_a_sound_id_is_read_as_it_stands(sound: str) -> None:
    assert resident_id.read(sound, TODAY) == resident_id.ReadId(sound)
    assert resident_id.valid(sound, TODAY)


@given(ids(), st.integers(0, 16), st.integers(1, 9))
def test_any_single_wrong_digit_is_caught_and_found_again(sound: str, place: int, shift: int) -> None:
    wrong = f"{sound[:place]}{(int(sound[place]) + shift) % 10}{sound[place + 1 :]}"
    assert resident_id.read(wrong, TODAY).value is None
    assert sound in set(resident_id.one_digit_wrong(wrong))


@given(ids(), st.integers(0, 16))
def test_two_swapped_neighbours_are_found_again(sound: str, place: int) -> None:
    swapped = sound[:place] + sound[place + 1] + sound[place] + sound[place + 2 :]
    if swapped != sound and "X" not in swapped[:17]:
        assert resident_id.read(swapped, TODAY).value is None
        assert sound in set(resident_id.two_swapped(swapped))


@given(ids())
def test_near_ids_are_sound_and_other(sound: str) -> None:
    wrong = sound[:5] + str((int(sound[5]) + 1) % 10) + sound[6:]
    near = [*resident_id.one_digit_wrong(wrong), *resident_id.two_swapped(wrong)]
    assert all(resident_id.check_character(other[:17]) == other[17] for other in near)
    assert all(resident_id.birth_date(other) is not None for other in near)
    assert wrong not in near
    assert len(near) <= 40


def test_what_has_no_form_of_an_id_has_no_neighbours() -> None:
    assert list(resident_id.one_digit_wrong("522634")) == []
    assert list(resident_id.two_swapped("无")) == []


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("99999919900307008x", "99999919900307008X", ["id_lowercase_x"]),
        ("'999999199003070020", SOUND, ["id_apostrophe"]),
        ("９９９９９９１９９００３０７００２０", SOUND, ["id_fullwidth"]),
        ("  999999199003070020\u3000", SOUND, ["id_blanks"]),
        ("999999 19900307 0020", SOUND, ["id_inner_space"]),
        ("\u200b9999991990\xa003070020\t", SOUND, ["id_invisible_char"]),
        ("99999919900307002043", "99999919900307002043", ["id_20_chars"]),
        ("99999919900307002043B1", "99999919900307002043B1", ["id_22_chars"]),
        ("999999900307002", "999999199003070020", ["id_15_digits"]),
    ],
)
def test_lossless_repairs_are_made_and_told(text: str, value: str, found: list[str]) -> None:
    read = resident_id.read(text, TODAY)
    assert (read.value, [note.rule for note in read.notes]) == (value, found)
    assert all(note.severity != "error" for note in read.notes)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "id_empty"),
        ("无", "id_empty"),
        ("999999199003070021", "id_checksum"),
        ("999999199002300023", "id_bad_date"),
        ("999999190002290020", "id_bad_date"),
        ("999999202901010024", "id_birth_future"),
        ("999999189912310029", "id_birth_too_old"),
        ("99999919900307002", "id_length"),
        ("9999991990030700200", "id_length"),
        ("99999919900307008Х", "id_bad_character"),  # Cyrillic
        ("99999919900307O020", "id_letter_for_digit"),
        ("9.99999E+17", "id_float_text"),
        ("999999199003070000.0", "id_float_text"),
    ],
)
def test_what_only_a_person_can_know_is_asked_back(text: str, rule: str) -> None:
    read = resident_id.read(text, TODAY)
    assert read.value is None
    assert rules(text) == [rule]


def test_a_letter_typed_for_a_digit_names_the_likely_id() -> None:
    assert resident_id.read("9999991990O3070020", TODAY).notes[0].right == f"疑为{SOUND}"
    assert resident_id.read("9999991990O3070021", TODAY).notes[0].right == ""


def test_a_wrong_check_character_is_answered_with_the_right_one() -> None:
    assert resident_id.read("999999199003070021", TODAY).notes[0].right == "校验位应为0"


def test_the_id_tells_birth_sex_and_area() -> None:
    assert resident_id.birth_date(SOUND) == date(1990, 3, 7)
    assert resident_id.sex(SOUND) == "female"
    assert resident_id.sex("522634195208056453") == "male"
    assert resident_id.area(SOUND) == "999999"


def test_longer_numbers_are_compared_by_the_first_18_characters() -> None:
    assert resident_id.key("99999919900307002043B1") == SOUND
