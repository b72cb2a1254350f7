"""What a register consists of when it is checked: people and households for commands, an answer for every row."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from libs.rosters.findings import Finding
from libs.values.records import sent_by_values
from libs.values.resident_id import Sex
from services.registry.domain.words import Labour, Monitoring, Status

Outcome = Literal["accepted", "refused", "skipped"]


@sent_by_values
@dataclass(frozen=True, slots=True)
class RegisterPerson:
    """One row that may go in. Text fields are the register's words, empty where it says nothing usable; `sound` is how
    a woman's name is read aloud.

    `resident_id` is the 18 characters that name the person; `card` the longer number (20 or 22) when one was given.
    `status` is the household's: exit is by household. `more` are further columns of the edition by name.
    """

    row: int
    household_code: str
    person_code: str
    name: str = field(repr=False)
    resident_id: str = field(repr=False)
    card: str | None = field(repr=False)
    sex: Sex
    birth_date: date = field(repr=False)
    village: str
    hamlet: str
    relation: str
    ethnic: str
    education: str
    school: str
    in_school: bool
    health: str
    labour: Labour
    work_place: str
    work_months: int | None
    insured: bool | None
    status: Status
    phone: str = field(repr=False)
    sound: str = field(repr=False)
    more: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    @property
    def head(self) -> bool:
        """Whether the register calls the person 户主."""
        return self.relation == "户主"


@sent_by_values
@dataclass(frozen=True, slots=True)
class RegisterHousehold:
    """A household with the rows of it that may go in; `size` as stated, `rows` counts all its rows in the file."""

    code: str
    county: str
    township: str
    village: str
    hamlet: str
    size: int | None
    rows: int
    status: Status
    attribute: str | None
    monitoring: Monitoring | None
    risk_removed: bool | None
    main_cause: str | None
    unsafe_house: bool | None
    safe_water: bool | None
    water_hardship: bool | None
    income_fen: int | None
    phone: str = field(repr=False)
    persons: tuple[RegisterPerson, ...] = field(repr=False)

    @property
    def women(self) -> int:
        """Female persons among the rows that may go in."""
        return sum(person.sex == "female" for person in self.persons)


@sent_by_values
@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What became of one spreadsheet row; `skipped` rows are blank, totals, signatures and notes."""

    row: int
    outcome: Outcome
    findings: tuple[Finding, ...]
    household_code: str = ""


@dataclass(slots=True)
class Draft:
    """A person row while it is being read; None or '' = nothing usable was said."""

    row: int
    order: int = 0
    findings: list[Finding] = field(default_factory=list)
    names: tuple[str, str, str] = ("", "", "")
    county: str | None = None
    township: str | None = None
    village: str | None = None
    hamlet: str = ""
    household_code: str = ""
    person_code: str = ""
    name: str = ""
    resident_id: str = ""
    card: str | None = None
    size: int | None = None
    relation: str = ""
    ethnic: str = ""
    education: str = ""
    school: str = ""
    at_home: bool = False
    health: str = ""
    skill: str = ""
    work_place: str = ""
    work_months: int | None = None
    months_told: bool = False
    insured: bool | None = None
    status: str = ""
    attribute: str | None = None
    monitoring: str = ""
    risk_removed: bool | None = None
    cause: str | None = None
    unsafe_house: bool | None = None
    safe_water: bool | None = None
    water_hardship: bool | None = None
    income: Decimal | None = None
    phone: str = ""
    household_phone: str = ""
    work_at: str = ""
    work_column: str = ""
    stated_sex: str = ""
    stated_birth: date | None = None
    more: dict[str, str] = field(default_factory=dict)
