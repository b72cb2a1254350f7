"""Both forms of training roster, register and sign-in sheet, read into rows: who, and on how many days."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from libs.rosters.files import Book, open_book
from libs.rosters.findings import Finding, Severity
from libs.rosters.sheet import Row, Sheet
from libs.values.errors import Invalid, TooLarge
from libs.values.texts import narrowed, trimmed
from services.training.policies import COMPLETION, HALF_DAY, MAX_ROSTER_ROWS, is_completed
from services.training.rosters import columns
from services.training.rosters.days import Day, Days, Part, find_days
from services.training.rosters.notes import ClassNotes, read_notes

_SKIPPED = {"signature": "signature_row", "totals": "totals_row", "note": "note_row"}


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One row. `days` she signed herself, `by_other` those another person signed; `problem` refuses the row."""

    number: int
    kind: str
    name: str = field(default="", repr=False)
    resident_id: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    sex: str | None = None
    days: int = 0
    by_other: int = 0
    result: str | None = None
    certificate: str | None = field(default=None, repr=False)
    findings: tuple[Finding, ...] = ()
    problem: bool = False


@dataclass(frozen=True, slots=True)
class RosterSheet:
    """A sheet is one class. `planned` days, `assessed` whether results were kept, headers as the file writes them."""

    name: str
    form: str
    notes: ClassNotes
    planned: int
    assessed: bool
    headers: dict[str, str]
    rows: tuple[RosterRow, ...]


def read_roster(filename: str, content: bytes | Path, mapping: Mapping[str, str] | None = None) -> list[RosterSheet]:
    """Every sheet with a header. Raises DomainError naming the file, the rule and the right form."""
    book = open_book(filename, content, columns.ROSTER, mapping=mapping)
    _check_size(book)
    return [_sheet(sheet) for sheet in book.sheets]


def _check_size(book: Book) -> None:
    rows = 0
    for sheet in book.sheets:
        for _row in sheet.rows():
            rows += 1
            if rows > MAX_ROSTER_ROWS:
                raise TooLarge(
                    "training.too_many_rows",
                    f"文件“{book.file}”超过{MAX_ROSTER_ROWS}行，请按班次分成几个文件",
                    field="file",
                    rule=f"一次导入不超过{MAX_ROSTER_ROWS}行",
                    right="每个培训班一个文件",
                )


def _sheet(sheet: Sheet) -> RosterSheet:
    rows = list(sheet.rows())
    notes = read_notes(sheet, (trimmed(row[columns.TRADE].text) for row in rows if row.kind == "data"))
    days = Days() if sheet.has(columns.DAYS) else find_days(sheet)
    if sheet.has(columns.DAYS):
        form, planned = "register", notes.days or (notes.last_day - notes.first_day).days + 1
    elif days.days:
        form, planned = "sign_in", len(days.days)
    else:
        raise Invalid(
            "training.no_attendance_column",
            f"文件“{sheet.file}”工作表“{sheet.name}”没有出勤：既没有“出勤天数”列，也没有日期列",
            field="出勤天数",
            rule="花名册有“出勤天数”列，签到表每天一列（可分上午、下午）",
            right="出勤天数，或9月4日、9月5日……，或第1天、第2天……",
        )
    headers = {cell.name: cell.text for cell in sheet.columns if cell.name}
    rows = [row for row in rows if row.number != days.skip]
    reader = _Reader(sheet, notes, planned, days.days, headers)
    return RosterSheet(sheet.name, form, notes, planned, sheet.has(columns.RESULT), headers, tuple(reader.rows(rows)))


class _Reader:
    """The rows of one sheet."""

    def __init__(
        self,
        sheet: Sheet,
        notes: ClassNotes,
        planned: int,
        days: Sequence[Day],
        headers: dict[str, str],
    ) -> None:
        self._notes = notes
        self._planned = planned
        self._days = days
        self._headers = headers
        self._assessed = sheet.has(columns.RESULT)
        first_last = (days[0].label, days[-1].label) if days else ("", "")
        self._attendance = "—".join(dict.fromkeys(first_last)) if days else headers.get(columns.DAYS, columns.DAYS)

    def rows(self, rows: Sequence[Row]) -> Iterator[RosterRow]:
        for row in rows:
            if row.kind == "blank":
                continue
            if row.kind != "data":
                finding = Finding("", _SKIPPED[row.kind], "accepted", "", "跳过")
                yield RosterRow(row.number, row.kind, findings=(finding,))
                continue
            yield self._person(row)

    def _person(self, row: Row) -> RosterRow:
        name = trimmed(row[columns.NAME].text)
        written = row[columns.ID].text
        if not name and not trimmed(written):
            header = self._headers.get(columns.NAME, columns.NAME)
            finding = Finding(header, "name_empty", "error", "", "填写姓名和身份证号码")
            return RosterRow(row.number, "data", findings=(finding,), problem=True)
        result = trimmed(row[columns.RESULT].text) or None
        days, by_other, findings = self._sign_in(row, name) if self._days else self._register(row, result)
        return RosterRow(
            number=row.number,
            kind="data",
            name=name,
            resident_id=written if trimmed(written) else None,
            address=trimmed(row[columns.ADDRESS].text) or None,
            sex=trimmed(row[columns.SEX].text) or None,
            days=days,
            by_other=by_other,
            result=result,
            certificate=trimmed(row[columns.CERTIFICATE].text) or None,
            findings=tuple(findings),
            problem=any(finding.severity == "error" for finding in findings),
        )

    def _register(self, row: Row, result: str | None) -> tuple[int, int, list[Finding]]:
        text = trimmed(narrowed(row[columns.DAYS].text)).removesuffix("天")
        if not text or text == "0":
            return 0, 0, [self._finding("attendance_empty", "warning", text, "未出勤，不计参训")]
        if not (text.isascii() and text.isdigit()):
            return 0, 0, [self._finding("attendance_not_a_number", "error", text[:20], f"1至{self._planned}的整数")]
        days = int(text[:6])
        if days > self._planned:
            right = f"不超过{self._planned}天"
            return 0, 0, [self._finding("attendance_beyond_course", "error", text[:20], right)]
        return days, 0, self._short(days, result)

    def _short(self, days: int, result: str | None) -> list[Finding]:
        if COMPLETION.on(self._notes.last_day).value.enough_days(days, self._planned):
            return []
        passed = is_completed(self._planned, self._planned, result, assessed=self._assessed, on=self._notes.last_day)
        assessment = "" if passed else ("，考核不合格" if result else "，未考核")
        right = f"出勤{days}天/{self._planned}天{assessment}，不计完成人数"
        return [self._finding("attendance_short", "warning", str(days), right)]

    def _sign_in(self, row: Row, name: str) -> tuple[int, int, list[Finding]]:
        marks = [[(part, columns.mark_of(row.at(part.cell).text, name)) for part in day.parts] for day in self._days]
        rule = HALF_DAY.on(self._notes.last_day).value
        own = rule.days(sum(_halves(day, rule.halves, ("present",)) for day in marks))
        claimed = rule.days(sum(_halves(day, rule.halves, ("present", "by_other")) for day in marks))
        said = [finding for day in marks for part, mark in day for finding in _of_mark(part, mark, row)]
        others = any(mark == "by_other" for day in marks for _, mark in day)
        return own, claimed - own, [*said, *self._signed(own, others=others)]

    def _signed(self, days: int, *, others: bool) -> list[Finding]:
        if others:
            return [self._finding("signed_by_other", "warning", "代", "代签，须核实")]
        if days == 0:
            return [self._finding("never_signed", "warning", "", "未签到，不计参训")]
        missing = self._planned - days
        if missing == 1:
            right = f"签到{days}次，计1人、1人次、{days}人天"
            return [self._finding("absent_one_day", "accepted", str(days), right)]
        return self._short(days, None) if missing else []

    def _finding(self, rule: str, severity: Severity, value: str, right: str) -> Finding:
        return Finding(self._attendance, rule, severity, value, right)


def _halves(marks: Sequence[tuple[Part, columns.Mark]], whole: int, there: Sequence[columns.Mark]) -> int:
    """A day signed in all its parts is whole, one signed in some, or as a half, is a half."""
    signed = [mark for _, mark in marks if mark in there]
    if len(signed) == len(marks):
        return whole
    return 1 if signed or any(mark == "half" for _, mark in marks) else 0


def _of_mark(part: Part, mark: columns.Mark, row: Row) -> Iterator[Finding]:
    """What is told of one mark: one that nobody knows, leave, half a day."""
    value = trimmed(row.at(part.cell).text)[:20]
    match mark:
        case "unknown":
            yield Finding(part.label, "mark_unknown", "warning", value, columns.KNOWN_MARKS)
        case "leave":
            yield Finding(part.label, "on_leave", "accepted", value, "请假按缺勤，不计人天")
        case "half":
            yield Finding(part.label, "half_day", "accepted", value, "两个半天计一天，剩余半天不计")
        case _:
            return
