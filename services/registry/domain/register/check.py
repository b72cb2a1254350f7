"""A whole register file checked: rows read, places found, households gathered, every row answered.

Rows with an error are refused one by one and the rest of their household goes in: a wrong digit of one member must not
keep four others out. So a household whose head was refused is taken without a head until the corrected row comes; the
refused file carries the household's good rows too, so that a correction is read together with them.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from libs.rosters.findings import Finding, has_error
from libs.rosters.sheet import Row
from libs.values.division import Division
from libs.values.resident_id import birth_date, sex
from services.registry.domain.register import columns as c
from services.registry.domain.register import fields, words
from services.registry.domain.register.areas import AreaCodes
from services.registry.domain.register.editions import EDITION_2016, Edition
from services.registry.domain.register.household import check_duplicates, check_household, majority
from services.registry.domain.register.likely import check_likely
from services.registry.domain.register.person import read_person
from services.registry.domain.register.person_rules import Reading
from services.registry.domain.register.places import KnownDivisions, Place
from services.registry.domain.register.rules import finding
from services.registry.domain.register.values import (
    CheckedRegister,
    Draft,
    RegisterHousehold,
    RegisterPerson,
    RowAnswer,
)
from services.registry.domain.words import Status

T = TypeVar("T")
_SKIPPED = {"blank": "blank_row", "totals": "totals_row", "signature": "signature_row", "note": "note_row"}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a check needs besides the rows: known divisions and area codes, who imports, which day it is.

    `status` is what the importer says of the households of an edition that does not state it, as 脱贫.
    """

    known: KnownDivisions
    areas: AreaCodes
    unit: Division
    as_of: date
    today: date
    edition: Edition = EDITION_2016
    status: str = ""


def check_register(rows: Iterable[Row], given: Circumstances) -> CheckedRegister:
    """Answer every row; pure, so a dry run and an import say the same."""
    edition = given.edition
    reading = Reading(edition, given.areas, given.as_of, given.today, given.status)
    drafts: list[Draft] = []
    skipped: list[RowAnswer] = []
    for row in rows:
        if row.kind == "data":
            draft = read_person(row, reading)
            draft.order = len(drafts)
            drafts.append(draft)
        else:
            first = next((cell.text for cell in row.raw if not cell.blank), "")
            said = finding(c.SERIAL if first else "", _SKIPPED[row.kind], first, "跳过")
            skipped.append(RowAnswer(row.number, "skipped", (said,)))
    county = _main_county(drafts, given)
    _find_places(drafts, given, county)
    check_duplicates(drafts)
    check_likely(drafts)
    gathered = _gathered(drafts)
    for members in gathered.values():
        check_household(members, edition.shared)
    households = tuple(_households(gathered))
    answers = sorted((*skipped, *map(_answer, drafts)), key=lambda answer: answer.row)
    return CheckedRegister(given.as_of, county, edition.states_poverty, tuple(answers), households)


def _main_county(drafts: Sequence[Draft], given: Circumstances) -> str | None:
    """The county of the importing unit, or else the one that most rows name."""
    if given.unit.level in ("county", "township", "village"):
        return given.unit.at("county").code
    for name, _ in Counter(draft.names[0] for draft in drafts).most_common():
        codes = [code for code in given.known.counties(name)[0] if given.unit.covers(Division(code))]
        if codes:
            return codes[0]
    return None


def _find_places(drafts: Iterable[Draft], given: Circumstances, county: str | None) -> None:
    seen: dict[tuple[str, str, str], Place] = {}
    low, high = given.unit.range()
    for draft in drafts:
        place = seen.get(draft.names)
        if place is None:
            place = seen[draft.names] = given.known.place(*draft.names, county)
        draft.county, draft.township, draft.village = place.county, place.township, place.village
        for column, code, right in place.remarks:
            draft.findings.append(finding(column, code, _written(draft, column), right))
        if place.village is not None and not low <= place.village <= high:
            draft.findings.append(finding(c.VILLAGE, "outside_unit", draft.names[2]))


def _written(draft: Draft, column: str) -> str:
    return draft.names[(c.COUNTY, c.TOWNSHIP, c.VILLAGE).index(column)]


def _gathered(drafts: Iterable[Draft]) -> dict[str, list[Draft]]:
    """Rows by household code, in the order of the file."""
    households: dict[str, list[Draft]] = {}
    for draft in drafts:
        if draft.household_code:
            households.setdefault(draft.household_code, []).append(draft)
    return households


def _households(gathered: dict[str, list[Draft]]) -> Iterator[RegisterHousehold]:
    for code, members in gathered.items():
        good = [member for member in members if not has_error(member.findings)]
        if good:
            yield _household(code, members, good)


def _household(code: str, members: Sequence[Draft], good: Sequence[Draft]) -> RegisterHousehold:
    stated = majority(member.status for member in members)
    status = "monitored" if stated == words.MONITORED else words.STATUSES[stated]
    first = next((member for member in good if member.relation == words.HEAD), good[0])
    in_order = (first, *(member for member in good if member is not first))
    village = majority(member.village or "" for member in in_order)
    return RegisterHousehold(
        code=code,
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
        more=tuple(sorted(draft.more.items())),
    )


def _answer(draft: Draft) -> RowAnswer:
    findings: tuple[Finding, ...] = tuple(draft.findings)
    refused = has_error(findings)
    return RowAnswer(draft.row, "refused" if refused else "accepted", findings, draft.household_code)
