"""Resident ids by GB 11643: read from what people type, checked, and compared by the first 18 characters.

A register's 证件号码 may be longer: 20 characters (id, disability class and grade) or 22 (a reissued card).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from libs.values.texts import narrowed, trimmed, without_blanks, without_invisible

Sex = Literal["female", "male"]
Severity = Literal["error", "warning", "accepted"]

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
EARLIEST_YEAR = 1900
RIGHT_FORM = "18位身份证号，或20、22位残疾人证号"

# 20: class and grade of disability; 22: then the number of the reissue, such as B1.
_PLAIN = re.compile(r"[0-9]{17}[0-9X](?:[0-9]{2}(?:[0-9A-Z]{2})?)?", re.ASCII)
_FLOAT = re.compile(r"[0-9](?:\.[0-9]+)?[Ee]\+?[0-9]+|[0-9]+\.[0-9]+", re.ASCII)
_LOOK_ALIKES = str.maketrans("OoQDIilZzSsBG", "0000111225586")
_APOSTROPHES = "'’‘"
_NOTHING = frozenset({"", "无", "没有", "暂无", "不详", "未知", "空", "-", "--", "/", "—"})
_SWALLOWED = {"id_blanks", "id_inner_space"}


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to say about an id as written; `right` is the stored value or a hint, personal data both."""

    rule: str
    severity: Severity
    right: str = ""


@dataclass(frozen=True, slots=True)
class ReadId:
    """`value` is what may be stored (18, 20 or 22 characters); None when a note is an error."""

    value: str | None
    notes: tuple[Note, ...] = ()


def read(text: str, on: date) -> ReadId:
    """What was typed, made an id without guessing; born after `on` is an error.

    Lossless repairs (blanks, full-width digits, a small x) are `accepted`, 15 digits made 18 a `warning`.
    """
    cleaned, accepted = _cleaned(text)
    if cleaned in _NOTHING:
        return ReadId(None, (Note("id_empty", "error"),))
    upgraded = len(cleaned) == 15 and _all_digits(cleaned)
    full = from_15(cleaned) if upgraded else cleaned
    problem = _problem(full, on)
    if problem is not None:
        return ReadId(None, (problem,))
    notes = [Note(rule, "accepted", full) for rule in accepted]
    if upgraded:
        notes.append(Note("id_15_digits", "warning", full))
    if len(full) > 18:
        notes.append(Note(f"id_{len(full)}_chars", "accepted", key(full)))
    return ReadId(full, tuple(notes))


def key(resident_id: str) -> str:
    """The part that names the person: the first 18 characters."""
    return resident_id[:18]


def check_character(first17: str) -> str:
    """The 18th character for 17 digits."""
    return CHECKS[sum(int(digit) * weight for digit, weight in zip(first17, WEIGHTS, strict=True)) % 11]


def from_15(old: str) -> str:
    """The 18-character id of a 15-digit one, which were all given to people born in 19xx."""
    first17 = f"{old[:6]}19{old[6:]}"
    return first17 + check_character(first17)


def birth_date(resident_id: str) -> date | None:
    """The birth date in it; None when there is no such day."""
    try:
        return date(int(resident_id[6:10]), int(resident_id[10:12]), int(resident_id[12:14]))
    except ValueError:
        return None


def sex(resident_id: str) -> Sex:
    """By the 17th digit: odd is male."""
    return "male" if int(resident_id[16]) % 2 else "female"


def area(resident_id: str) -> str:
    """The six-digit county code of the first registration; often abolished since."""
    return resident_id[:6]


def valid(resident_id: str, on: date) -> bool:
    """Whether it is an id of 18, 20 or 22 characters as it stands."""
    return _problem(resident_id, on) is None


def one_digit_wrong(resident_id: str) -> Iterator[str]:
    """Every sound 18-character id that differs in exactly one character (about one a position).

    The checksum catches each single mistake, so a sound id has no such neighbour but for its own check character.
    """
    typed = key(resident_id)
    if not _near_form(typed):
        return
    for place in range(17):
        for digit in "0123456789":
            near = typed[:place] + digit + typed[place + 1 :]
            if digit != typed[place] and _sound(near):
                yield near
    last = typed[:17] + check_character(typed[:17])
    if last != typed and birth_date(last) is not None:
        yield last


def two_swapped(resident_id: str) -> Iterator[str]:
    """Every sound 18-character id got by swapping two neighbouring characters back."""
    typed = key(resident_id)
    if not _near_form(typed):
        return
    for place in range(17):
        left, right = typed[place], typed[place + 1]
        near = typed[:place] + right + left + typed[place + 2 :]
        if left != right and _near_form(near) and _sound(near):
            yield near


def mistake_between(one: str, other: str) -> Literal["one_digit", "two_swapped"] | None:
    """The one typing mistake that turns one sound id into the other; None when it takes more, or none.

    Only the 17 digits are compared: the check character follows from them, and of an old 15-digit id it was made anew.
    """
    first, second = one[:17], other[:17]
    if len(first) != len(second):
        return None
    wrong = [place for place, digit in enumerate(first) if digit != second[place]]
    if len(wrong) == 1:
        return "one_digit"
    swapped = len(wrong) == 2 and wrong[1] == wrong[0] + 1
    if swapped and first[wrong[0]] == second[wrong[1]] and first[wrong[1]] == second[wrong[0]]:
        return "two_swapped"
    return None


def _cleaned(text: str) -> tuple[str, list[str]]:
    """The text without what is surely not part of an id, and which repairs that took."""
    if _PLAIN.fullmatch(text):
        return text, []
    steps = (
        ("id_invisible_char", without_invisible),
        ("id_blanks", trimmed),
        ("id_apostrophe", lambda value: value.lstrip(_APOSTROPHES)),
        ("id_inner_space", without_blanks),
        ("id_fullwidth", narrowed),
        ("id_lowercase_x", _upper_x),
    )
    repairs: list[str] = []
    for rule, step in steps:
        better = step(text)
        if better != text:
            repairs.append(rule)
        text = better
    if "id_invisible_char" in repairs:  # it says the same as the blanks beside it
        repairs = [rule for rule in repairs if rule not in _SWALLOWED]
    return text, repairs


def _upper_x(text: str) -> str:
    return f"{text[:17]}X{text[18:]}" if text[17:18] == "x" else text


def _problem(text: str, on: date) -> Note | None:
    if _FLOAT.fullmatch(text):
        return Note("id_float_text", "error")
    if not _PLAIN.fullmatch(text):
        return _form_problem(text)
    born = birth_date(text)
    if born is None:
        return Note("id_bad_date", "error")
    if born > on:
        return Note("id_birth_future", "error")
    if born.year < EARLIEST_YEAR:
        return Note("id_birth_too_old", "error")
    right = check_character(text[:17])
    return None if text[17] == right else Note("id_checksum", "error", f"校验位应为{right}")


def _form_problem(text: str) -> Note:
    if len(text) not in (18, 20, 22):
        return Note("id_length", "error")
    guess = text[:17].translate(_LOOK_ALIKES) + text[17].upper() + text[18:]
    if text.isascii() and guess != text and _PLAIN.fullmatch(guess):
        return Note("id_letter_for_digit", "error", f"疑为{guess}" if _sound(guess) else "")
    return Note("id_bad_character", "error")


def _all_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _near_form(text: str) -> bool:
    return len(text) == 18 and _PLAIN.fullmatch(text) is not None


def _sound(text: str) -> bool:
    return text[17] == check_character(text[:17]) and birth_date(text) is not None
