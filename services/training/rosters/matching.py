"""Rows + the registry's answers → entries of a class: who each row is, and what makes two rows the same line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from libs.events.vault import Vault
from libs.values import resident_id
from libs.values.texts import folded
from services.training.domain.course import Facts
from services.training.domain.enrolment import Attendance
from services.training.domain.keys import course_id, line_id
from services.training.handlers.ports import Question, Resolved
from services.training.handlers.settle import Entry, Roster
from services.training.policies import is_completed, kind_of
from services.training.rosters.reading import RosterRow, RosterSheet

_ADDRESS = re.compile(r"^(?P<township>.+?(?:街道|镇|乡))?(?P<village>.+?(?:村委会|居委会|社区|村))?")


@dataclass(frozen=True, slots=True)
class Class:
    """A sheet as the course it means for the unit that imports it."""

    sheet: RosterSheet
    roster: Roster


def questions(sheet: RosterSheet) -> list[Question]:
    """What the registry is asked: one question a person row, by its row number."""
    asked: list[Question] = []
    for row in people(sheet):
        township, village = places(row.address)
        asked.append(Question(str(row.number), row.name, row.resident_id, village, township, row.sex))
    return asked


def people(sheet: RosterSheet) -> list[RosterRow]:
    """Rows that name a person and are not refused."""
    return [row for row in sheet.rows if row.kind == "data" and not row.problem]


def places(address: str | None) -> tuple[str | None, str | None]:
    """Township and village of 永乐镇岩寨村五组; without a village the text as it stands."""
    if not address:
        return None, None
    found = _ADDRESS.match(folded(address))
    assert found is not None  # both parts are optional
    return found["township"], found["village"] or folded(address)


def key_of(sheet: RosterSheet, unit: str) -> UUID:
    """The key by which a sheet names its course."""
    notes = sheet.notes
    return course_id(unit, notes.organiser, notes.trade, notes.first_day, notes.place)


def as_class(
    sheet: RosterSheet, course: UUID, answers: Sequence[Resolved], unit: str, vault: Vault, today: date
) -> Class:
    """The class with an entry a person row, in the order of the sheet; `course` is what its key means."""
    notes = sheet.notes
    facts = Facts(
        unit=unit,
        title=notes.title,
        trade=notes.trade,
        organiser=notes.organiser,
        first_day=notes.first_day,
        last_day=notes.last_day,
        place=notes.place,
        kind=kind_of(f"{notes.trade} {notes.title}"),
        days=sheet.planned,
    )
    by_ref = {answer.ref: answer for answer in answers}
    read = _Entries(sheet, course, vault, today)
    entries = tuple(read.entry(row, by_ref[str(row.number)]) for row in people(sheet))
    return Class(sheet, Roster(course, facts, unit, entries, sheet.assessed))


class _Entries:
    """Entries of one sheet."""

    def __init__(self, sheet: RosterSheet, course: UUID, vault: Vault, today: date) -> None:
        self._sheet = sheet
        self._course = course
        self._vault = vault
        self._today = today

    def entry(self, row: RosterRow, answer: Resolved) -> Entry:
        read = resident_id.read(row.resident_id, self._today).value if row.resident_id else None
        man = self._is_man(row, read, answer)
        return Entry(
            ref=str(row.number),
            line_id=line_id(self._course, self._identity(row, read)),
            sheet=self._sheet.name,
            row=row.number,
            name=row.name,
            resident_id=row.resident_id,
            village=row.address,
            woman=not man,
            man=man,
            match=answer.match,
            reasons=_reasons(row, answer),
            woman_id=answer.woman_id,
            candidate=answer.candidate,
            division=answer.division,
            outside=answer.outside,
            signed=self._attendance(row, row.days),
            claimed=self._attendance(row, row.days + row.by_other),
            signed_by_other=row.by_other,
            certificate=row.certificate,
            mark=self._words(row).hex(),
        )

    def _attendance(self, row: RosterRow, days: int) -> Attendance | None:
        if days == 0:
            return None
        notes, planned = self._sheet.notes, self._sheet.planned
        completed = is_completed(days, planned, row.result, assessed=self._sheet.assessed, on=notes.last_day)
        mark = self._vault.token("certificate", row.certificate).hex() if row.certificate else None
        return Attendance(days, planned, notes.first_day, notes.last_day, completed, row.result, mark)

    def _identity(self, row: RosterRow, read: str | None) -> bytes:
        """The same person row in a corrected roster is the same line, whatever its number."""
        if row.resident_id:
            said = resident_id.key(read) if read else folded(row.resident_id).upper()
        else:
            said = f"{folded(row.name)}|{folded(row.address or '')}"
        return self._vault.token("training_line", said)

    def _words(self, row: RosterRow) -> bytes:
        words = (row.name, row.resident_id or "", row.address or "", row.certificate or "")
        return self._vault.token("training_words", "\x1f".join(words))

    def _is_man(self, row: RosterRow, read: str | None, answer: Resolved) -> bool:
        """As the register says; else as the roster says; else by the id."""
        if any(finding.rule == "not_a_woman" for finding in answer.findings):
            return True
        if answer.woman_id is not None or answer.candidate is not None:
            return False
        if row.sex in ("男", "女"):
            return row.sex == "男"
        return read is not None and resident_id.sex(read) == "male"


def _reasons(row: RosterRow, answer: Resolved) -> tuple[str, ...]:
    """Rule codes that tell a person why the row waits."""
    rules = [finding.rule for finding in answer.findings if finding.severity != "accepted"]
    return (*rules, "signed_by_other") if row.by_other else tuple(rules)
