"""What a checked register file says, household by household: the form in which the import takes it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import orjson

from services.registry.domain.household import Member
from services.registry.domain.register.values import RegisterHousehold, RegisterPerson
from services.registry.domain.words import Labour, Monitoring, Status


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """One good row. `resident_id` has 18, 20 or 22 characters, `details` is canonical JSON of further columns.

    `sound` is how a woman's name is read aloud.
    """

    sheet: str
    row: int
    resident_id: str = field(repr=False)
    code: str = field(repr=False)
    name: str = field(repr=False)
    sound: str = field(repr=False)
    sex: Literal["female", "male"]
    relation: str
    head: bool
    born: date = field(repr=False)
    labour: Labour
    in_school: bool
    phone: str = field(repr=False)
    details: str = field(repr=False)

    @property
    def birth_year(self) -> int:
        """The year alone, which is no secret."""
        return self.born.year

    @property
    def member(self) -> Member:
        """What is kept of a member who is no registered woman."""
        return Member(self.relation, self.birth_year, self.sex)


@dataclass(frozen=True, slots=True)
class HouseholdEntry:
    """A household with its good rows; `division` is the village's code."""

    division: str
    code: str = field(repr=False)
    status: Status
    attribute: str | None
    monitoring: Monitoring | None
    risk_removed: bool | None
    main_cause: str | None
    income_fen: int | None
    hamlet: str = field(repr=False)
    phone: str = field(repr=False)
    details: str = field(repr=False)
    persons: tuple[PersonEntry, ...]

    @property
    def county(self) -> str:
        """Codes of households count within their county."""
        return self.division[:6]

    @property
    def women(self) -> tuple[PersonEntry, ...]:
        """The registered women of it."""
        return tuple(person for person in self.persons if person.sex == "female")


def entry_of(household: RegisterHousehold, sheet: str) -> HouseholdEntry:
    """The good rows of a checked household as an entry."""
    return HouseholdEntry(
        division=household.village,
        code=household.code,
        status=household.status,
        attribute=household.attribute,
        monitoring=household.monitoring,
        risk_removed=household.risk_removed,
        main_cause=household.main_cause,
        income_fen=household.income_fen,
        hamlet=household.hamlet,
        phone=household.phone,
        details=_json(
            size=household.size,
            unsafe_house=household.unsafe_house,
            safe_water=household.safe_water,
            water_hardship=household.water_hardship,
        ),
        persons=tuple(_person(person, sheet) for person in household.persons),
    )


def _person(person: RegisterPerson, sheet: str) -> PersonEntry:
    return PersonEntry(
        sheet=sheet,
        row=person.row,
        resident_id=person.card or person.resident_id,
        code=person.person_code,
        name=person.name,
        sound=person.sound,
        sex=person.sex,
        relation=person.relation,
        head=person.head,
        born=person.birth_date,
        labour=person.labour,
        in_school=person.in_school,
        phone=person.phone,
        details=_json(
            ethnic=person.ethnic,
            education=person.education,
            school=person.school,
            health=person.health,
            work_place=person.work_place,
            work_months=person.work_months,
            insured=person.insured,
            hamlet=person.hamlet,
            **dict(person.more),
        ),
    )


def _json(**values: Any) -> str:
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS).decode()
