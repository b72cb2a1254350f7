"""What a household's rows mean against what is reserved: whom they name, what is refused, what to decide. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from libs.events.types import Ids
from libs.rosters.findings import Finding
from libs.values import names
from services.registry.domain import household as h
from services.registry.domain import woman as w
from services.registry.domain.woman_events import Facts
from services.registry.domain.words import Came
from services.registry.handlers import tokens
from services.registry.handlers.answers import Outcome, RowAnswer
from services.registry.handlers.changes import Place
from services.registry.handlers.entries import HouseholdEntry, PersonEntry
from services.registry.handlers.former import Borne, borne_by
from services.registry.handlers.reservations import Household, Person
from services.registry.handlers.villages import Gone

ID_COLUMN = "证件号码"
CODE_COLUMN = "人编号"
VILLAGE_COLUMN = "行政村"
MARRIED = ("配偶", "之儿媳", "之女婿")


@dataclass(frozen=True, slots=True)
class Look:
    """What is reserved of those a batch names; `former_ids` and `former_codes`: who bore them before, by token.

    `gone`: villages of the batch that have ended, by code.
    """

    by_id: Mapping[bytes, Person]
    by_code: Mapping[bytes, Person]
    households: Mapping[tuple[str, bytes], Household]
    former_ids: Mapping[bytes, Sequence[Person]] = field(default_factory=dict)
    former_codes: Mapping[bytes, Sequence[Person]] = field(default_factory=dict)
    gone: Mapping[str, Gone] = field(default_factory=dict)

    def named_twice(self, person: Person) -> bool:
        """Whether the batch names her by more than one of her ids."""
        if any(now.person_id == person.person_id for now in self.by_id.values()):
            return True
        return Counter(each.person_id for before in self.former_ids.values() for each in before)[person.person_id] > 1


@dataclass(frozen=True, slots=True)
class Terms:
    """What is the same for all rows of an import; `scope` is the range of codes the importer may write.

    Not `states_poverty`: the file does not say who is out of poverty, and whoever is known keeps her status.
    """

    import_id: UUID
    as_of: date
    scope: tuple[str, str]
    known: tokens.Tokens
    ids: Ids
    states_poverty: bool = True


@dataclass(frozen=True, slots=True)
class PersonPlan:
    """A good row. Without `command` and `reservation` nothing is new; `fresh`: never seen here; `was` as reserved."""

    entry: PersonEntry
    person_id: UUID
    fresh: bool
    command: w.TakeEntry | None = None
    reservation: Person | None = None
    findings: tuple[Finding, ...] = ()
    was: Person | None = None

    @property
    def outcome(self) -> Outcome:
        """Before her own stream was asked."""
        if self.fresh:
            return "accepted"
        return "changed" if self.reservation else "unchanged"


@dataclass(frozen=True, slots=True)
class HouseholdPlan:
    """A household whose rows are judged; `refused` rows are answered and go no further."""

    household_id: UUID
    entry: HouseholdEntry
    fresh: bool
    persons: tuple[PersonPlan, ...]
    refused: tuple[RowAnswer, ...]
    command: h.TakeEntry | None = None
    reservation: Household | None = None
    older: bool = False
    """A newer register has named it: what this one says of it counts no more."""
    now: str = ""
    """Where its village is today, if that has ended: whoever stands there has not moved."""

    def place(self, person: PersonPlan) -> Place:
        """Where this register has one of its persons."""
        assert person.reservation is not None
        return Place(self.household_id, person.reservation.division, self.fresh, self.now)


def plan(entry: HouseholdEntry, look: Look, terms: Terms) -> HouseholdPlan:
    """Judge one household's rows."""
    looked, at = located(entry, look.gone), look.gone.get(entry.division)
    known = look.households.get((looked.county, tokens.code_token(terms.known, looked.county, looked.code)))
    household_id = known.household_id if known else terms.ids()
    outside = known is not None and not _inside(known.division, terms)
    if outside or not (_inside(entry.division, terms) and _inside(looked.division, terms)):
        return HouseholdPlan(household_id, entry, False, (), tuple(_outside(person, entry) for person in entry.persons))
    home, said = _home(entry, known, at)
    if home is None:
        astray = tuple(RowAnswer(person.sheet, person.row, "refused", (said,)) for person in entry.persons if said)
        return HouseholdPlan(household_id, entry, False, (), astray)
    good, refused = _judged(looked, look, terms)
    newer = known is not None and known.as_of < terms.as_of
    before = known.as_of if known is not None and newer else None
    persons = tuple(_person(person, borne, household_id, home, terms, before) for person, borne in good)
    persons = tuple(replace(each, findings=(said, *each.findings)) for each in persons) if said else persons
    kept = replace(home, persons=tuple(person for person, _ in good))
    older = known is not None and known.as_of > terms.as_of
    if not persons or older:
        return HouseholdPlan(household_id, home, False, persons, tuple(refused), older=older)
    command = _household_command(kept, household_id, terms)
    print_ = tokens.print_token(terms.known, {"facts": command.facts, **command.personal, "as_of": terms.as_of})
    if known and known.print == print_:
        return HouseholdPlan(household_id, home, False, persons, tuple(refused), now=at.now if at else "")
    key = (home.county, tokens.code_token(terms.known, home.county, home.code))
    reservation = Household(household_id, *key, home.division, print_, terms.as_of)
    now = at.now if at is not None else ""
    return HouseholdPlan(household_id, home, known is None, persons, tuple(refused), command, reservation, now=now)


def located(entry: HouseholdEntry, gone: Mapping[str, Gone]) -> HouseholdEntry:
    """The same under the one unit that lives of its village: there it is looked for, whatever the register calls it."""
    at = gone.get(entry.division)
    return replace(entry, division=at.now) if at is not None and at.now else entry


def _home(
    entry: HouseholdEntry, known: Household | None, at: Gone | None
) -> tuple[HouseholdEntry | None, Finding | None]:
    """Where the household is written, and what is to be said of that; None where only a person can tell.

    The unit of the register's day is written, also of who is in the living one already: the import moves all on.
    """
    if at is None:
        return entry, None
    if at.now:
        said = Finding(VILLAGE_COLUMN, "village_followed", "warning", at.name, at.names)
        return replace(entry, division=at.then), said
    if known is not None and known.division in at.codes:
        kept = Finding(VILLAGE_COLUMN, "village_kept", "warning", at.name, at.names)
        return replace(entry, division=known.division), kept
    right = f"填写现在的村：{at.names}" if at.names else "该村已撤销，填写现在的村"
    return None, Finding(VILLAGE_COLUMN, "village_ended", "error", at.name, right)


def _judged(entry: HouseholdEntry, look: Look, terms: Terms) -> tuple[list[tuple[PersonEntry, Borne]], list[RowAnswer]]:
    good: list[tuple[PersonEntry, Borne]] = []
    refused: list[RowAnswer] = []
    for person in entry.persons:
        borne = _borne(person, entry, look, terms)
        answer = _refusal(person, borne, entry, look, terms)
        if answer is None:
            good.append((_settled(person, borne), borne))
        else:
            refused.append(answer)
    return good, refused


def _borne(person: PersonEntry, entry: HouseholdEntry, look: Look, terms: Terms) -> Borne:
    """Whom the row's id means; where a former id alone leaves that open, the row's own 人编号 tells."""
    token = tokens.id_token(terms.known, person.resident_id)
    now, before = look.by_id.get(token), look.former_ids.get(token, ())
    if not before:
        return Borne(now)
    name, sound = tokens.name_token(terms.known, person.name), tokens.sound_token(terms.known, person.name)
    borne = borne_by(now, before, name, sound)
    if borne.former and borne.person is not None and look.named_twice(borne.person):
        return replace(borne, unclear=True)
    if not (borne.unclear and person.code):
        return borne
    bearer = look.by_code.get(tokens.code_token(terms.known, entry.county, person.code))
    if bearer is None:
        return borne if now is not None else Borne(None)  # another woman: number, name and code are her own
    if now is not None and bearer.person_id == now.person_id:
        return Borne(now)
    hers = bearer.person_id in {each.person_id for each in before} and not look.named_twice(bearer)
    return Borne(bearer, former=True) if hers else borne


def _settled(person: PersonEntry, borne: Borne) -> PersonEntry:
    """What a former id says wrongly of her is not taken from it."""
    if not (borne.former and borne.person is not None and borne.person.woman):
        return person
    return replace(person, sex="female", sound=person.sound or names.sound(person.name))


def _refusal(  # noqa: PLR0911 - one answer a reason
    person: PersonEntry, borne: Borne, entry: HouseholdEntry, look: Look, terms: Terms
) -> RowAnswer | None:
    found = borne.person
    if found is None:
        token = tokens.code_token(terms.known, entry.county, person.code) if person.code else b""
        if token not in look.by_code and token not in look.former_codes:
            return None
        finding = Finding(CODE_COLUMN, "id_changed", "error", person.code, "人编号已属另一证件号码，须人工确认")
        return RowAnswer(person.sheet, person.row, "refused", (finding,))
    if found.erased:
        finding = Finding(ID_COLUMN, "person_erased", "error", "", "该人信息已依法删除，不再登记")
        return RowAnswer(person.sheet, person.row, "refused", (finding,))
    if not _inside(found.division, terms):
        return _outside(person, entry)
    if borne.unclear:
        return RowAnswer(person.sheet, person.row, "refused", borne.findings(ID_COLUMN, person.resident_id))
    if found.survivor_id:
        finding = Finding(ID_COLUMN, "merged_record", "warning", "", "该记录已并入另一人，以保留的记录为准")
        return RowAnswer(person.sheet, person.row, "skipped", (finding,))
    return None


def _outside(person: PersonEntry, entry: HouseholdEntry) -> RowAnswer:
    """The same words for a foreign village and for a person kept elsewhere: nobody learns who is registered there."""
    del entry
    finding = Finding(VILLAGE_COLUMN, "outside_unit", "error", "", "不在本单位辖区，须由其所在单位或上级单位导入")
    return RowAnswer(person.sheet, person.row, "refused", (finding,))


def _person(
    entry: PersonEntry,
    borne: Borne,
    household_id: UUID,
    household: HouseholdEntry,
    terms: Terms,
    before: date | None,
) -> PersonPlan:
    known, said = borne.person, borne.findings(ID_COLUMN, entry.resident_id)
    person_id = known.person_id if known else terms.ids()
    if known and known.as_of > terms.as_of:
        finding = Finding("", "older_as_of", "warning", str(terms.as_of), f"已有{known.as_of}的数据")
        return PersonPlan(entry, person_id, False, findings=(*said, finding))
    command = None
    if entry.sex == "female":
        command = replace(_woman_command(entry, person_id, household_id, household, terms), came=_came(entry, before))
    if command is not None and borne.former and known is not None:
        command = _without_id(command, known)
    content: dict[str, Any] = (
        {"facts": command.facts, **command.personal, "as_of": terms.as_of}
        if command
        else {
            "household_id": household_id,
            "division": household.division,
            "member": entry.member,
            "as_of": terms.as_of,
        }
    )
    print_ = tokens.print_token(terms.known, content)
    if known and known.print == print_:
        return PersonPlan(entry, person_id, False, findings=said)
    reservation = _reservation(entry, person_id, household_id, household, print_, terms)
    if borne.former and known is not None:
        reservation = replace(reservation, id_token=known.id_token, birth_year=known.birth_year)
    return PersonPlan(entry, person_id, known is None, command, reservation, said, known)


def _without_id(command: w.TakeEntry, known: Person) -> w.TakeEntry:
    """The same without the id she had before: her corrected one stays, and the birth year it says."""
    personal = {name: value for name, value in command.personal.items() if name != "resident_id"}
    birth_year = known.birth_year or command.facts.birth_year
    return replace(command, personal=personal, facts=replace(command.facts, birth_year=birth_year))


def _came(entry: PersonEntry, before: date | None) -> Came:
    """How a new member of a household known since `before` came, as far as the register tells."""
    if before is None:
        return "identified"
    if entry.born > before:
        return "born"
    return "married_in" if entry.relation in MARRIED else "moved_in"


def _reservation(
    entry: PersonEntry, person_id: UUID, household_id: UUID, household: HouseholdEntry, print_: bytes, terms: Terms
) -> Person:
    known, woman = terms.known, entry.sex == "female"
    return Person(
        person_id=person_id,
        id_token=tokens.id_token(known, entry.resident_id),
        code_token=tokens.code_token(known, household.county, entry.code) if entry.code else None,
        name_token=tokens.name_token(known, entry.name) if woman else None,
        sound_token=tokens.heard_token(known, entry.sound) if woman else None,
        woman=woman,
        household_id=household_id,
        division=household.division,
        birth_year=entry.birth_year if woman else None,
        print=print_,
        as_of=terms.as_of,
    )


def _woman_command(
    entry: PersonEntry, woman_id: UUID, household_id: UUID, household: HouseholdEntry, terms: Terms
) -> w.TakeEntry:
    facts = Facts(
        household_id=household_id,
        division=household.division,
        birth_year=entry.birth_year,
        labour=entry.labour,
        in_school=entry.in_school,
        status=household.status,
        head=entry.head,
        relation=entry.relation,
        monitoring=household.monitoring,
        risk_removed=household.risk_removed,
    )
    clear = {
        "name": entry.name,
        "resident_id": entry.resident_id,
        "code": entry.code,
        "phone": entry.phone,
        "details": entry.details,
    }
    return w.TakeEntry(woman_id, facts, clear, terms.as_of, terms.import_id, states_poverty=terms.states_poverty)


def _household_command(entry: HouseholdEntry, household_id: UUID, terms: Terms) -> h.TakeEntry:
    facts = h.Facts(
        division=entry.division,
        persons=len(entry.persons),
        women=len(entry.women),
        status=entry.status,
        attribute=entry.attribute,
        main_cause=entry.main_cause,
        income_fen=entry.income_fen,
        members=tuple(person.member for person in entry.persons if person.sex == "male"),
        monitoring=entry.monitoring,
        risk_removed=entry.risk_removed,
    )
    clear = {"code": entry.code, "hamlet": entry.hamlet, "phone": entry.phone, "details": entry.details}
    return h.TakeEntry(household_id, facts, clear, terms.as_of, terms.import_id, terms.states_poverty)


def _inside(division: str, terms: Terms) -> bool:
    low, high = terms.scope
    return low <= division <= high
