"""Which registered woman a roster row means. Pure: the handler brings whoever bears her id, a near id, or her name.

A match by exact id counts at once; a near id, or a name and village without an id, waits for a person's decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias
from uuid import UUID

from libs.rosters.findings import Finding

Match: TypeAlias = Literal[
    "exact",
    "exact_after_normalising",
    "near_id",
    "id_exact_name_differs",
    "name_and_village_only",
    "not_in_register",
]

ID = "身份证号码"
NAME = "姓名"
_TIDYING = {"id_blanks": "id_spaces", "id_inner_space": "id_spaces"}


Fill: TypeAlias = Literal["name", "resident_id"]
FILLED: Mapping[Fill, tuple[str, ...]] = {"name": ("name_homophone",), "resident_id": ("id_empty", "former_id")}


@dataclass(frozen=True, slots=True)
class Seen:
    """A person of the register as far as matching needs; `name_fits`: same name, `sounds`: read alike."""

    person_id: UUID
    woman: bool
    division: str
    birth_year: int | None
    name_fits: bool
    sounds: bool
    outside: bool


@dataclass(frozen=True, slots=True)
class Near:
    """Somebody whose id differs by one digit or by two swapped ones; `right` is that id."""

    seen: Seen
    rule: Literal["id_one_digit_wrong", "id_two_digits_swapped"]
    right: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A roster row with what was found for it. `notes`: what reading the id said (rule, severity, right).

    `former`: by an id she had before it was corrected; `unclear`: somebody else may be meant by it.
    """

    ref: str
    written_id: str = field(repr=False)
    written_name: str = field(repr=False)
    notes: tuple[Finding, ...] = ()
    by_id: Seen | None = None
    near: tuple[Near, ...] = ()
    by_name: tuple[Seen, ...] = ()
    former: bool = False
    unclear: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """`woman_id` when sure, `candidate` when a person must confirm; `outside`: registered in another unit.

    `fill`: which registered value is to be filled in as the right answer of which finding.
    """

    ref: str
    match: Match
    seen: Seen | None = None
    sure: bool = False
    findings: tuple[Finding, ...] = ()
    fill: Fill | None = None


def answer(row: Row) -> Answer:
    """The answer to one row; findings about somebody of another unit are withheld."""
    found = _answer(row)
    if found.seen is None or not found.seen.outside:
        return found
    if not found.seen.woman:
        return Answer(row.ref, "not_in_register", findings=_told(row, "not_in_register"))
    return Answer(row.ref, found.match, found.seen, found.sure)


def _answer(row: Row) -> Answer:
    if row.by_id is not None:
        return _by_id(row, row.by_id)
    if row.written_id:
        return _by_near_id(row)
    return _by_name(row)


def _by_id(row: Row, seen: Seen) -> Answer:
    if row.unclear and seen.woman:
        right = "号码是她更正前的，或现属另一人，须人工确认"
        finding = Finding(ID, "former_id_unclear", "warning", row.written_id, right)
        return Answer(row.ref, "id_exact_name_differs", seen, False, (*row.notes, finding))
    if row.former:
        return _by_former_id(row, seen)
    return _by_present_id(row, seen)


def _by_former_id(row: Row, seen: Seen) -> Answer:
    """She, as by her present id; the row is told which that is."""
    finding = Finding(ID, "former_id", "warning", row.written_id, "按更正前的号码登记在册，以更正后的号码为准")
    found = _by_present_id(row, seen)
    match: Match = "exact_after_normalising" if found.match == "exact" else found.match
    fill: Fill | None = "resident_id" if found.sure and found.fill is None else found.fill
    return replace(found, match=match, findings=(*found.findings, finding), fill=fill)


def _by_present_id(row: Row, seen: Seen) -> Answer:
    tidied = any(note.rule in ("id_spaces", "id_15_digits") or note.severity == "accepted" for note in row.notes)
    if not seen.woman:
        finding = Finding(ID, "not_a_woman", "warning", row.written_id, "登记册中为男性")
        return Answer(row.ref, "exact", seen, False, (*row.notes, finding))
    if seen.name_fits:
        return Answer(row.ref, "exact_after_normalising" if tidied else "exact", seen, True, row.notes)
    if seen.sounds:
        finding = Finding(NAME, "name_homophone", "warning", row.written_name)
        return Answer(row.ref, "id_exact_name_differs", seen, True, (*row.notes, finding), "name")
    finding = Finding(NAME, "name_differs", "warning", row.written_name, "证件号码属于另一姓名的人，须人工确认")
    return Answer(row.ref, "id_exact_name_differs", seen, False, (*row.notes, finding))


def _by_near_id(row: Row) -> Answer:
    fitting = [near for near in row.near if near.seen.woman and (near.seen.name_fits or near.seen.sounds)]
    if not fitting:
        return Answer(row.ref, "not_in_register", findings=_told(row, "not_in_register"))
    best = min(fitting, key=lambda near: not near.seen.name_fits)
    finding = Finding(ID, best.rule, "warning", row.written_id, best.right)
    return Answer(row.ref, "near_id", best.seen, False, (finding,))


def _by_name(row: Row) -> Answer:
    finding = Finding(ID, "id_empty", "warning", "")
    women = [seen for seen in row.by_name if seen.woman]
    if not women:
        return Answer(row.ref, "not_in_register", findings=(finding, *_told(row, "not_in_register")))
    if len({seen.person_id for seen in women}) > 1:
        several = Finding(NAME, "name_ambiguous", "warning", row.written_name, "同村同名不止一人，请补身份证号码")
        return Answer(row.ref, "name_and_village_only", findings=(finding, several))
    return Answer(row.ref, "name_and_village_only", women[0], False, (finding,), "resident_id")


def _told(row: Row, rule: str) -> tuple[Finding, ...]:
    wrong = tuple(note for note in row.notes if note.severity != "accepted")
    return (*wrong, Finding(ID if row.written_id else NAME, rule, "warning", row.written_id or row.written_name))


def note(rule: str, severity: str, value: str, right: str) -> Finding:
    """What reading the id said; as it stands in a roster no id refuses the row."""
    return Finding(ID, _TIDYING.get(rule, rule), "accepted" if severity == "accepted" else "warning", value, right)


def distinct(notes: Sequence[Finding]) -> tuple[Finding, ...]:
    """Several repairs of one kind are told once."""
    return tuple({item.rule: item for item in notes}.values())
