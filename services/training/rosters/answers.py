"""The answer to each row of a roster and the totals, as the office that sent it may know them.

A unit below the county gets one and the same answer, `passed`, for a woman of another unit and for a person who is in
no register; at county level both are `not_in_register`. Her attendance appears in her own unit all the same.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from libs.rosters.findings import Finding
from libs.values.division import Division
from services.training.handlers.keep_roster import Kept
from services.training.handlers.ports import Resolved
from services.training.handlers.settle import Entry
from services.training.policies import hides_strangers
from services.training.rosters import columns
from services.training.rosters.matching import Class
from services.training.rosters.reading import RosterRow

ABOUT_THE_ID = {"身份证号码": columns.ID, "resident_id": columns.ID, "姓名": columns.NAME, "name": columns.NAME}
TOTALS = ("women_matched", "waiting", "not_in_register", "not_a_woman", "repeated", "passed", "not_attended", "refused")


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What became of one row; `match` in the words of the registry, None where it must not be told."""

    sheet: str
    row: int
    outcome: str
    match: str | None
    course_id: UUID | None
    findings: tuple[Finding, ...]

    def as_json(self) -> dict[str, Any]:
        """The shape of the import's answer."""
        return {
            "sheet": self.sheet,
            "row": self.row,
            "outcome": self.outcome,
            "match": self.match,
            "course_id": str(self.course_id) if self.course_id else None,
            "findings": [finding.as_json() for finding in self.findings],
        }


def answered(a_class: Class, resolved: Mapping[str, Resolved], kept: Kept) -> list[RowAnswer]:
    """One answer a row, in the order of the sheet."""
    entries = {entry.ref: entry for entry in a_class.roster.entries}
    answers: list[RowAnswer] = []
    passed: set[UUID] = set()
    for row in a_class.sheet.rows:
        entry = entries.get(str(row.number))
        if entry is None:
            outcome = "refused" if row.kind == "data" else "skipped"
            answers.append(RowAnswer(a_class.sheet.name, row.number, outcome, None, None, row.findings))
            continue
        answers.append(_answer(a_class, row, entry, resolved[entry.ref], kept, passed))
    return answers


def totals(answers: Iterable[RowAnswer]) -> dict[str, int]:
    """Rows of persons, and how they were answered; women whose attendance was known already are matched too."""
    counts = Counter(answer.outcome for answer in answers if answer.outcome != "skipped")
    counts["women_matched"] = counts.pop("enrolled", 0) + counts.pop("unchanged", 0)
    return {"rows": counts.total(), **{name: counts[name] for name in TOTALS}}


def _answer(
    a_class: Class, row: RosterRow, entry: Entry, resolved: Resolved, kept: Kept, passed: set[UUID]
) -> RowAnswer:
    sheet, roster = a_class.sheet, a_class.roster
    settled = kept.settled.outcomes[entry.ref]
    if settled == "refused":
        full = Finding("", "course_full", "error", "", "先增加名额，再导入")
        return RowAnswer(sheet.name, row.number, "refused", None, roster.course_id, (full, *row.findings))
    if settled == "too_many_days":
        header = sheet.headers.get(columns.DAYS, columns.DAYS)
        said_days = str(entry.claimed.days) if entry.claimed else ""
        right = f"不超过{kept.facts.days}天（按已举办的场次）"
        beyond = Finding(header, "attendance_beyond_course", "error", said_days, right)
        return RowAnswer(sheet.name, row.number, "refused", None, roster.course_id, (beyond, *row.findings))
    hides = hides_strangers(Division(roster.unit))
    if _is_stranger(entry, hides=hides):
        return _stranger(a_class, row, entry, passed, hides=hides)
    outcome: str = settled
    if settled == "enrolled" and kept.settled.seat_of[entry.ref] not in kept.changed:
        outcome = "unchanged"
    said = [_placed(finding, sheet.headers) for finding in resolved.findings]
    said += _own(entry, settled, sheet.headers, said)
    return RowAnswer(sheet.name, row.number, outcome, entry.match, roster.course_id, (*said, *row.findings))


def _is_stranger(entry: Entry, *, hides: bool) -> bool:
    """Of another unit or in no register; what the registry says of namesakes elsewhere is not told below the county."""
    if entry.outside or entry.match == "not_in_register":
        return True
    return hides and entry.woman_id is None and entry.candidate is None and not entry.man


def _stranger(a_class: Class, row: RosterRow, entry: Entry, passed: set[UUID], *, hides: bool) -> RowAnswer:
    """Nothing here may depend on whether the registry knows her: only on the row and the rows before it."""
    sheet, roster = a_class.sheet, a_class.roster
    repeated = entry.line_id in passed
    passed.add(entry.line_id)
    outcome, match = ("passed", None) if hides else ("not_in_register", "not_in_register")
    findings = list(row.findings)
    if not hides:
        header = sheet.headers.get(columns.ID if entry.resident_id else columns.NAME, "")
        value = entry.resident_id or entry.name
        findings.insert(0, Finding(header, "not_in_register", "warning", value))
    if entry.man:
        outcome = "not_a_woman"
        findings.append(_man(sheet.headers, row.sex or ""))
    elif repeated:
        outcome = "repeated"
        findings.append(_repeated(sheet.headers))
    return RowAnswer(sheet.name, row.number, outcome, match, roster.course_id, tuple(findings))


def _own(entry: Entry, settled: str, headers: Mapping[str, str], said: Sequence[Finding]) -> list[Finding]:
    if settled == "repeated":
        return [_repeated(headers)]
    if settled == "not_a_woman" and not any(finding.rule == "not_a_woman" for finding in said):
        return [_man(headers, entry.name)]
    return []


def _repeated(headers: Mapping[str, str]) -> Finding:
    return Finding(headers.get(columns.NAME, ""), "duplicate_in_same_class", "warning", "", "同班重复，按1人1次计")


def _man(headers: Mapping[str, str], value: str) -> Finding:
    return Finding(headers.get(columns.SEX, ""), "not_a_woman", "warning", value, "花名册中为男性")


def _placed(finding: Finding, headers: Mapping[str, str]) -> Finding:
    """The registry names columns in its own words; the answer names them as this file's header does."""
    ours = ABOUT_THE_ID.get(finding.column)
    header = headers.get(ours, ours) if ours else finding.column
    return Finding(header, finding.rule, finding.severity, finding.value, finding.right_answer)
