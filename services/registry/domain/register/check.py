"""A register file checked: how a row is read, where it belongs, what a household's rows say together. Pure.

Rows with an error are refused one by one and the rest of their household goes in: a wrong digit of one member must not
keep four others out. So a household whose head was refused is taken without a head until the corrected row comes; the
refused file carries the household's good rows too, so that a correction is read together with them.
What looks at the whole file (who is named twice, which rows are one household) is asked of a spool, for a file of a
million rows fits in no memory: `adapters/checking.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from libs.rosters.findings import Finding, has_error
from libs.rosters.sheet import Row
from libs.values import names
from libs.values.division import Division
from libs.values.resident_id import birth_date, sex
from services.registry.domain.register import columns as c
from services.registry.domain.register import fields, words
from services.registry.domain.register.areas import AreaCodes
from services.registry.domain.register.editions import EDITION_2016, Edition
from services.registry.domain.register.household import MOST, check_household, majority, too_large
from services.registry.domain.register.person import read_person
from services.registry.domain.register.person_rules import Reading
from services.registry.domain.register.places import Divisions, Place
from services.registry.domain.register.rules import finding
from services.registry.domain.register.values import Draft, RegisterHousehold, RegisterPerson, RowAnswer
from services.registry.domain.words import Status

T = TypeVar("T")
Names = tuple[str, str, str]
_SKIPPED = {"blank": "blank_row", "totals": "totals_row", "signature": "signature_row", "note": "note_row"}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a check needs besides the rows: known divisions and area codes, who imports, which day it is.

    `status` is what the importer says of the households of an edition that does not state it, as 脱贫.
    """

    known: Divisions
    areas: AreaCodes
    unit: Division
    as_of: date
    today: date
    edition: Edition = EDITION_2016
    status: str = ""

    @property
    def reading(self) -> Reading:
        """What reading a row needs of it."""
        return Reading(self.edition, self.areas, self.as_of, self.today, self.status)


def read_row(row: Row, reading: Reading) -> Draft | RowAnswer:
    """A person, or the answer to a row that is none."""
    if row.kind == "data":
        return read_person(row, reading)
    first = next((cell.text for cell in row.raw if not cell.blank), "")
    said = finding(c.SERIAL if first else "", _SKIPPED[row.kind], first, "跳过")
    return RowAnswer(row.number, "skipped", (said,))


class Places:
    """Where the rows of one file belong, by the names of county, township and village that they give."""

    def __init__(self, given: Circumstances, named: Mapping[str, int]) -> None:
        """`named` are the rows by the county that they name."""
        self._given = given
        self._one = given.unit.level in ("county", "township", "village")
        self.county = given.unit.at("county").code if self._one else _most(given, named)
        self._seen: dict[Names, Place] = {}

    def of(self, names: Names) -> Place:
        """What three names mean in this file."""
        place = self._seen.get(names)
        if place is None:
            place = self._seen[names] = self._given.known.place(*names, self.county)
        return place

    def county_of(self, names: Names) -> str:
        """Within which county a row's codes of household and person count."""
        return (None if self._one else self.of(names).county) or self.county or ""

    def put(self, draft: Draft) -> None:
        """Say where a row belongs, and what is wrong with its names."""
        place = self.of(draft.names)
        low, high = self._given.unit.range()
        draft.county, draft.township, draft.village = place.county, place.township, place.village
        for column, code, right in place.remarks:
            draft.findings.append(finding(column, code, _written(draft, column), right))
        if place.village is not None and not low <= place.village <= high:
            draft.findings.append(finding(c.VILLAGE, "outside_unit", draft.names[2]))


def _most(given: Circumstances, named: Mapping[str, int]) -> str | None:
    """The county that most rows name, the first one in a draw."""
    for name in sorted(named, key=lambda each: -named[each]):
        codes = [code for code in given.known.counties(name)[0] if given.unit.covers(Division(code))]
        if codes:
            return codes[0]
    return None


def _written(draft: Draft, column: str) -> str:
    return draft.names[(c.COUNTY, c.TOWNSHIP, c.VILLAGE).index(column)]


def judge(members: Sequence[Draft], edition: Edition, rows: int) -> RegisterHousehold | None:
    """Look at the rows of one household together: findings on each, and what of it may go in, if anything.

    `rows` bear its number in the file; of more than MOST some are looked at, and nothing may go in.
    """
    if rows > MOST:
        for member in members:
            member.findings.append(too_large(member, rows))
        return None
    check_household(members, edition.shared)
    good = [member for member in members if not has_error(member.findings)]
    return _household(members, good) if good else None


def answer_to(draft: Draft) -> RowAnswer:
    """What the file's own rules say of a row."""
    findings: tuple[Finding, ...] = tuple(draft.findings)
    refused = has_error(findings)
    return RowAnswer(draft.row, "refused" if refused else "accepted", findings, draft.household_code)


def _household(members: Sequence[Draft], good: Sequence[Draft]) -> RegisterHousehold:
    stated = majority(member.status for member in members)
    status = "monitored" if stated == words.MONITORED else words.STATUSES[stated]
    first = next((member for member in good if member.relation == words.HEAD), good[0])
    in_order = (first, *(member for member in good if member is not first))
    village = majority(member.village or "" for member in in_order)
    return RegisterHousehold(
        code=members[0].household_code,
        county=f"{village[:6]}000000",
        township=f"{village[:9]}000",
        village=village,
        hamlet=first.hamlet,
        size=next((member.size for member in in_order if member.size is not None), None),
        rows=len(members),
        status=status,
        attribute=majority(member.attribute or "" for member in members) or None,
        monitoring=words.MONITORINGS.get(majority(member.monitoring for member in members)),
        risk_removed=_first(member.risk_removed for member in in_order),
        main_cause=majority(member.cause or "" for member in members) or None,
        unsafe_house=_first(member.unsafe_house for member in in_order),
        safe_water=_first(member.safe_water for member in in_order),
        water_hardship=_first(member.water_hardship for member in in_order),
        income_fen=_first(fields.fen(member.income) for member in in_order),
        phone=next((member.household_phone for member in in_order if member.household_phone), ""),
        persons=tuple(_person(member, status) for member in good),
    )


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _person(draft: Draft, status: Status) -> RegisterPerson:
    born = birth_date(draft.resident_id)
    assert born is not None, "an id without a birth date is refused"
    woman = sex(draft.resident_id) == "female"
    return RegisterPerson(
        row=draft.row,
        household_code=draft.household_code,
        person_code=draft.person_code,
        name=draft.name,
        resident_id=draft.resident_id,
        card=draft.card,
        sex=sex(draft.resident_id),
        birth_date=born,
        village=draft.village or "",
        hamlet=draft.hamlet,
        relation=draft.relation or words.OTHER,
        ethnic=draft.ethnic,
        education=draft.education,
        school=draft.school,
        in_school=bool(draft.school) and not draft.at_home,
        health=draft.health,
        labour=words.SKILLS.get(draft.skill, "unknown"),
        work_place=draft.work_place,
        work_months=draft.work_months,
        insured=draft.insured,
        status=status,
        phone=draft.phone,
        sound=names.sound(draft.name) if woman else "",
        more=tuple(sorted(draft.more.items())),
    )
