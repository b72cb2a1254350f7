"""A registry in memory that answers like the real one, for tests of training: shipped with the port it fakes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from libs.events.meta import Meta
from libs.rosters.findings import Finding
from libs.values import names, resident_id
from libs.values.division import Division
from libs.values.texts import folded, without_blanks
from services.training.handlers.ports import Match, Question, Resolved

ID, NAME = "身份证号码", "姓名"
SPACES = {"id_blanks": "id_spaces", "id_inner_space": "id_spaces"}


@dataclass(frozen=True, slots=True)
class Person:
    """A person of the register; a man has no woman_id."""

    woman_id: UUID | None
    name: str
    resident_id: str
    division: str
    village: str


class FakeRegistry:
    """Implements RegistryResolver over a list of persons."""

    def __init__(self, persons: Iterable[Person], today: date = date(2017, 12, 31)) -> None:
        """Persons by the first 18 characters of their ids."""
        self._persons = {resident_id.key(person.resident_id): person for person in persons}
        self._today = today

    def move(self, written_id: str, division: str) -> None:
        """She is registered elsewhere from now on."""
        person = self._persons[written_id]
        self._persons[written_id] = Person(person.woman_id, person.name, person.resident_id, division, person.village)

    async def resolve(self, asked_by: Meta, questions: Sequence[Question]) -> list[Resolved]:
        """See RegistryResolver.resolve."""
        return [self._withheld(Division(asked_by.unit), question) for question in questions]

    def _withheld(self, unit: Division, question: Question) -> Resolved:
        found = self._one(question)
        if found.division is None or unit.covers(Division(found.division)):
            return found
        if found.woman_id is None and found.candidate is None:
            finding = Finding(ID, "not_in_register", "warning", question.resident_id or "")
            return Resolved(question.ref, "not_in_register", findings=(finding,))
        return Resolved(question.ref, found.match, found.woman_id, found.candidate, found.division, outside=True)

    def _one(self, question: Question) -> Resolved:
        if not question.resident_id:
            return self._by_name(question)
        read = resident_id.read(question.resident_id, self._today)
        person = self._persons.get(resident_id.key(read.value)) if read.value else None
        if person is None:
            return self._near(question)
        notes = {SPACES.get(note.rule, note.rule): note for note in read.notes}
        findings = [Finding(ID, rule, note.severity, question.resident_id, note.right) for rule, note in notes.items()]
        if person.woman_id is None:
            findings.append(Finding(ID, "not_a_woman", "warning", question.resident_id, "登记册中为男性"))
            return Resolved(question.ref, "exact", division=person.division, findings=tuple(findings))
        if names.normalised(question.name) == person.name:
            match: Match = "exact_after_normalising" if findings else "exact"
            return Resolved(question.ref, match, person.woman_id, None, person.division, None, tuple(findings))
        sure = names.sounds_like(question.name, person.name)
        rule = "name_homophone" if sure else "name_differs"
        findings.append(Finding(NAME, rule, "warning", question.name, person.name if sure else ""))
        woman, candidate = (person.woman_id, None) if sure else (None, person.woman_id)
        return Resolved(question.ref, "id_exact_name_differs", woman, candidate, person.division, None, tuple(findings))

    def _near(self, question: Question) -> Resolved:
        typed = without_blanks(question.resident_id or "").upper()
        for rule, near in (
            *(("id_two_digits_swapped", right) for right in resident_id.two_swapped(typed)),
            *(("id_one_digit_wrong", right) for right in resident_id.one_digit_wrong(typed)),
        ):
            person = self._persons.get(near)
            if person and person.woman_id and names.sounds_like(person.name, question.name):
                finding = Finding(ID, rule, "warning", typed, near)
                return Resolved(question.ref, "near_id", None, person.woman_id, person.division, None, (finding,))
        finding = Finding(ID, "not_in_register", "warning", typed)
        return Resolved(question.ref, "not_in_register", findings=(finding,))

    def _by_name(self, question: Question) -> Resolved:
        empty = Finding(ID, "id_empty", "warning")
        for person in self._persons.values():
            if person.woman_id and person.name == question.name and _lives(person, question):
                right = Finding(ID, "id_empty", "warning", "", person.resident_id)
                return Resolved(
                    question.ref, "name_and_village_only", None, person.woman_id, person.division, None, (right,)
                )
        none = Finding(NAME, "not_in_register", "warning", question.name)
        return Resolved(question.ref, "not_in_register", findings=(empty, none))


def _lives(person: Person, question: Question) -> bool:
    return folded(person.village) in folded(question.village or "")
