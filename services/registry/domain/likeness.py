"""Whether two records are likely one woman: signs that agree, weighed by a dated set of rules. Pure, and without names.

A record that says nothing on a point agrees with nobody on it: missing never matches missing.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, TypeAlias, get_args
from uuid import UUID

Sign: TypeAlias = Literal[
    "same_name",
    "same_sound",
    "id_one_digit",
    "id_two_swapped",
    "same_birth_date",
    "same_birth_year",
    "birth_year_near",
    "same_household",
    "same_village",
    "same_township",
    "same_county",
    "id_claimed",
]
SIGNS: Final[tuple[Sign, ...]] = get_args(Sign)
Strength: TypeAlias = Literal["strong", "medium", "weak"]
STRENGTHS: Final[tuple[Strength, ...]] = get_args(Strength)
Mistake: TypeAlias = Literal["id_one_digit", "id_two_swapped"]
FULL_SCORE: Final = 100


@dataclass(frozen=True, slots=True)
class Record:
    """One woman's record as far as likeness needs: keyed tokens, no words. None is 'not known'."""

    person_id: UUID
    id_token: bytes
    name_token: bytes | None
    sound_token: bytes | None
    birth_year: int | None
    household_id: UUID
    division: str
    survivor_id: UUID | None = None
    erased: bool = False

    @property
    def live(self) -> bool:
        """Whether it still stands for a woman of its own."""
        return self.survivor_id is None and not self.erased


@dataclass(frozen=True, slots=True)
class Rules:
    """One set of rules with the day from which it holds; `weights` add up to a score of at most 100."""

    version: str
    valid_from: date
    source: str
    birth_years: int
    weights: Mapping[Sign, int]
    strong: int
    medium: int

    def strength(self, score: int) -> Strength:
        """In which order of hands a pair goes."""
        if score >= self.strong:
            return "strong"
        return "medium" if score >= self.medium else "weak"


RULES: Final[tuple[Rules, ...]] = (
    Rules(
        version="2016-1",
        valid_from=date(2014, 1, 1),
        source="建档立卡数据质量核查规则2（一人一号）；姓名同音、出生年相差不超过1年、同县为疑似（本系统设定）",
        birth_years=1,
        weights=MappingProxyType(
            {
                "same_name": 40,
                "same_sound": 20,
                "id_one_digit": 40,
                "id_two_swapped": 40,
                "same_birth_date": 25,
                "same_birth_year": 10,
                "birth_year_near": 0,
                "same_household": 15,
                "same_village": 20,
                "same_township": 10,
                "same_county": 0,
                "id_claimed": 0,
            }
        ),
        strong=75,
        medium=45,
    ),
)


def rules_on(day: date) -> Rules:
    """The set that holds on a day: the newest that has begun."""
    begun = [rules for rules in RULES if rules.valid_from <= day]
    return max(begun or RULES[:1], key=lambda rules: rules.valid_from)


@dataclass(frozen=True, slots=True)
class Found:
    """Why a pair is likely one woman. `print`: of the data it rests on (ids, names, birth years), in hex."""

    signs: tuple[Sign, ...]
    score: int
    strength: Strength
    rules: str
    print: str


def judge(one: Record, other: Record, rules: Rules, *, same_day: bool, mistake: Mistake | None) -> Found | None:
    """What speaks for one woman, or None: same sound, birth years close and one county, or same name and a near id.

    `same_day`: the birth dates in the ids are the same; `mistake`: the one typing mistake between the ids.
    """
    if not (one.live and other.live) or one.person_id == other.person_id:
        return None
    signs = tuple(_signs(one, other, rules, same_day, mistake))
    near_year = not {"same_birth_year", "birth_year_near"}.isdisjoint(signs)
    alike = not {"same_name", "same_sound"}.isdisjoint(signs) and near_year and "same_county" in signs
    if not (alike or ("same_name" in signs and mistake is not None)):
        return None
    score = min(FULL_SCORE, sum(rules.weights[sign] for sign in signs))
    return Found(signs, score, rules.strength(score), rules.version, print_of(one, other))


def _signs(one: Record, other: Record, rules: Rules, same_day: bool, mistake: Mistake | None) -> Iterator[Sign]:
    if one.name_token is not None and one.name_token == other.name_token:
        yield "same_name"
    elif one.sound_token is not None and one.sound_token == other.sound_token:
        yield "same_sound"
    if mistake is not None:
        yield mistake
    if one.birth_year is not None and other.birth_year is not None:
        apart = abs(one.birth_year - other.birth_year)
        if apart == 0:
            yield "same_birth_year"
            if same_day:
                yield "same_birth_date"
        elif apart <= rules.birth_years:
            yield "birth_year_near"
    if one.household_id == other.household_id:
        yield "same_household"
    places: tuple[tuple[Sign, int], ...] = (("same_village", 12), ("same_township", 9), ("same_county", 6))
    same = [sign for sign, digits in places if one.division[:digits] == other.division[:digits]]
    yield from dict.fromkeys((*same[:1], *same[-1:]))  # the smallest place they share, and the county


def print_of(one: Record, other: Record) -> str:
    """Of what a decision rests on: while it stays the same, so does the decision. Made of keyed tokens only."""
    first, second = sorted((one, other), key=lambda record: record.person_id)
    parts = [_part(first), _part(second)]
    return hashlib.sha256(b"\x1f".join(parts)).hexdigest()[:32]


def _part(record: Record) -> bytes:
    year = b"" if record.birth_year is None else str(record.birth_year).encode()
    return b"\x1e".join((record.id_token, record.name_token or b"", year))
