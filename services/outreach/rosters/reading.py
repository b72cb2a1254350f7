"""The publicity statistics sheet read into rows: which activity, and its counts, each in its own unit. No persons."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from libs.rosters.cells import Cell
from libs.rosters.files import open_book
from libs.rosters.findings import Finding, Severity, has_error
from libs.rosters.sheet import Row, Sheet
from libs.values.errors import TooLarge
from libs.values.texts import narrowed, trimmed
from services.outreach.domain.figures import MOST, Counts
from services.outreach.policies import MAX_ROWS
from services.outreach.rosters import columns
from services.outreach.rosters.period import SheetPeriod, day_of, period_of

_SKIPPED: Final = {"signature": "signature_row", "totals": "totals_row", "note": "note_row"}
_UNITS: Final = {
    columns.SESSIONS: ("场次", "场", "次", "期"),
    columns.ATTENDANCES: ("人次",),
    columns.WOMEN: ("人次",),
    columns.REGISTERED: ("人次",),
    columns.MATERIALS: ("份", "册", "张"),
}
_ALL_UNITS: Final = ("人次", "场次", "人", "场", "次", "期", "份", "册", "张", "户")
_REGISTERED: Final = "建档立卡妇女人次不能大于妇女人次"
_ABOUT: Final = re.compile(r"(?:约|近|大约|将近)?([0-9]+)(余|多|左右)?")


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row. `counts` and `day` are None where the row is refused or is none of data."""

    number: int
    kind: str
    place: str = ""
    day: date | None = None
    title: str = ""
    form: str = ""
    counts: Counts | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class PublicitySheet:
    """A sheet with the period for which it speaks."""

    name: str
    period: SheetPeriod
    headers: Mapping[str, str]
    rows: tuple[SheetRow, ...]


def read_sheets(filename: str, content: bytes | Path, mapping: Mapping[str, str] | None = None) -> list[PublicitySheet]:
    """Every sheet with a header. Raises DomainError naming the file, the rule and the right form."""
    book = open_book(filename, content, columns.PUBLICITY, mapping=mapping)
    found = [_sheet(sheet) for sheet in book.sheets]
    if sum(len(sheet.rows) for sheet in found) > MAX_ROWS:
        raise TooLarge(
            "outreach.too_many_rows",
            f"文件“{book.file}”超过{MAX_ROWS}行",
            field="file",
            rule=f"一次导入不超过{MAX_ROWS}行",
            right="按期间分成几个文件",
        )
    return found


def _sheet(sheet: Sheet) -> PublicitySheet:
    period = period_of(sheet)
    headers = {cell.name: cell.text for cell in sheet.columns if cell.name}
    rows = tuple(_Reader(headers, period, sheet.has(columns.SESSIONS)).rows(sheet))
    return PublicitySheet(sheet.name, period, headers, rows)


class _Reader:
    """The rows of one sheet."""

    def __init__(self, headers: Mapping[str, str], period: SheetPeriod, counts_sessions: bool) -> None:
        self._headers = headers
        self._period = period
        self._counts_sessions = counts_sessions

    def rows(self, sheet: Sheet) -> Iterator[SheetRow]:
        for row in sheet.rows():
            if row.kind == "blank":
                continue
            if row.kind != "data":
                yield SheetRow(
                    row.number, row.kind, findings=(Finding("", _SKIPPED[row.kind], "accepted", "", "跳过"),)
                )
                continue
            yield self._row(row)

    def _row(self, row: Row) -> SheetRow:
        findings: list[Finding] = []
        title = trimmed(row[columns.TITLE].text)
        if not title:
            findings.append(self.finding(columns.TITLE, "title_empty", "error", "", "填写活动名称"))
        day = self._day(row[columns.DAY], findings)
        counts = self._counts(row, findings)
        refused = has_error(findings)
        return SheetRow(
            number=row.number,
            kind="data",
            place=trimmed(row[columns.PLACE].text),
            day=None if refused else day,
            title=title[:200],
            form=trimmed(row[columns.FORM].text)[:100],
            counts=None if refused else counts,
            findings=tuple(findings),
        )

    def _day(self, cell: Cell, findings: list[Finding]) -> date | None:
        day = day_of(cell, self._period)
        if day is None:
            findings.append(self.finding(columns.DAY, "date_unreadable", "error", cell.text[:20], "2017-08-25"))
        elif not self._period.first <= day <= self._period.last:
            right = f"不在{self._period.label}"
            findings.append(self.finding(columns.DAY, "date_outside_period", "warning", str(day), right))
        return day

    def _counts(self, row: Row, findings: list[Finding]) -> Counts | None:
        sessions = self._number(row, columns.SESSIONS, findings) if self._counts_sessions else 1
        attendances = self._number(row, columns.ATTENDANCES, findings)
        women = self._number(row, columns.WOMEN, findings)
        registered = self._number(row, columns.REGISTERED, findings)
        empty = not trimmed(row[columns.MATERIALS].text)
        materials = 0 if empty else self._number(row, columns.MATERIALS, findings)
        if sessions is None or attendances is None or women is None or registered is None or materials is None:
            return None
        for wrong, column, rule, value, right in (
            (women > attendances, columns.WOMEN, "women_more_than_total", women, "妇女人次不能大于参加人次"),
            (registered > women, columns.REGISTERED, "registered_more_than_women", registered, _REGISTERED),
            (sessions < 1, columns.SESSIONS, "sessions_none", sessions, "不小于1"),
            (0 < attendances < sessions, columns.SESSIONS, "sessions_mixed", sessions, "场次不能大于参加人次"),
        ):
            if wrong:
                findings.append(self.finding(column, rule, "error", str(value), right))
        return Counts(sessions, attendances, women, registered, materials)

    def _number(self, row: Row, column: str, findings: list[Finding]) -> int | None:
        text = trimmed(narrowed(row[column].text)).replace(",", "")
        right = f"整数，单位{_UNITS[column][0]}"
        if not text:
            findings.append(self.finding(column, "count_empty", "error", "", f"填写{right}，没有填0"))
            return None
        if text.startswith("-"):
            findings.append(self.finding(column, "number_negative", "error", text[:20], right))
            return None
        unit = next((each for each in _ALL_UNITS if text.endswith(each)), "")
        if unit and unit not in _UNITS[column]:
            findings.append(self.finding(column, "unit_mixed", "error", text[:20], right))
            return None
        found = _ABOUT.fullmatch(text.removesuffix(unit) if unit else text)
        if found is None or int(found[1][:9]) > MOST:
            findings.append(self.finding(column, "number_unreadable", "error", text[:20], right))
            return None
        if found[0] != found[1]:
            findings.append(self.finding(column, "number_approximate", "warning", text[:20], found[1]))
        return int(found[1])

    def finding(self, column: str, rule: str, severity: Severity, value: str, right: str) -> Finding:
        return Finding(self._headers.get(column, column), rule, severity, value, right)
