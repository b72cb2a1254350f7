"""A list of exits (脱贫名单) or returns (返贫名单), from bytes to rows: the form by its header, every row answered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from libs.rosters.columns import Column, ColumnSet
from libs.rosters.files import open_book
from libs.rosters.findings import Finding
from libs.rosters.sheet import Row, Sheet
from libs.values import resident_id
from libs.values.errors import Invalid
from libs.values.texts import trimmed
from services.registry.domain.exits.said import RIGHT, read_when
from services.registry.domain.register import columns as c
from services.registry.handlers.answers import RowAnswer
from services.registry.handlers.exit_rows import Kind, ReportRow

EXITED, RETURNED, REASON, SOURCE = "脱贫时间", "返贫时间", "原因", "来源文号"
_WHO: Final = (
    Column(c.HOUSEHOLD, ("户编码", "户号"), required=False),
    Column(c.PERSON, ("人编码", "人口编号"), required=False),
    Column(c.ID, ("身份证号", "身份证号码", "公民身份号码", "身份证件号码"), required=False),
    Column(c.NAME, ("成员姓名",), required=False),
    Column("户主姓名", ("户主",), required=False),
    Column("户主证件号码", ("户主身份证号", "户主身份证号码"), required=False),
    Column(SOURCE, ("文号", "来源", "依据"), required=False),
)
EXITS: Final = ColumnSet(
    "脱贫名单",
    (
        *_WHO,
        Column(EXITED, ("脱贫年度", "脱贫年份", "脱贫日期", "退出时间", "退出年度")),
        Column(REASON, ("脱贫原因", "备注"), required=False),
    ),
)
RETURNS: Final = ColumnSet(
    "返贫名单",
    (
        *_WHO,
        Column(RETURNED, ("返贫年度", "返贫年份", "返贫日期")),
        Column(REASON, ("返贫原因", "备注"), required=False),
    ),
)
_SKIPPED: Final = {"signature": "signature_row", "totals": "totals_row", "note": "note_row", "blank": "blank_row"}
_WORDS: Final = {
    "when_unreadable": "时间读不出来",
    "date_in_future": "时间还没有到",
    "date_older_than_known": "早于已登记的状态",
    "return_without_exit": "没有脱贫，不能返贫",
    "not_in_unit": "登记册中没有，或不在本单位辖区",
    "name_differs": "姓名与登记的不同",
    "row_names_nobody": "没有写明户或人",
    "id_unreadable": "证件号码不正确",
    "code_needs_county": "编号在县内有效",
    "person_erased": "该人信息已依法删除",
    "left_before": "已离开登记册",
    "only_monitored": "只是监测户，不是建档立卡户",
    "report_refused": "不能登记",
}


@dataclass(frozen=True, slots=True)
class ReadList:
    """A list with its good rows and the answers to the others; `kind` by its header."""

    sheet: Sheet
    kind: Kind
    rows: tuple[ReportRow, ...]
    answers: Mapping[int, RowAnswer]


def read_list(
    filename: str, content: bytes | Path, county: str, today: date, mapping: Mapping[str, str] | None = None
) -> ReadList:
    """Raises DomainError `roster.*` for the file, `exits.nobody_named` for a list without any column of persons."""
    sheet = open_list(filename, content, mapping)
    if not any(sheet.has(name) for name in (c.HOUSEHOLD, c.PERSON, c.ID)):
        raise Invalid(
            "exits.nobody_named",
            f"文件“{sheet.file}”没有户编号、人编号或证件号码列",
            field="file",
            rule="每行写明户编号，或人编号、证件号码",
            right=f"{c.HOUSEHOLD}、{c.PERSON}、{c.ID}至少一列",
        )
    kind: Kind = "exit" if sheet.form == EXITS.form else "return"
    rows: list[ReportRow] = []
    answers: dict[int, RowAnswer] = {}
    for item in _read(sheet, county, today):
        if isinstance(item, ReportRow):
            rows.append(item)
        else:
            answers[item.row] = item
    return ReadList(sheet, kind, tuple(rows), answers)


def open_list(filename: str, content: bytes | Path, mapping: Mapping[str, str] | None = None) -> Sheet:
    """The first sheet with such a header; raises DomainError `roster.*`."""
    return open_book(filename, content, (EXITS, RETURNS), mapping=mapping).sheets[0]


def _read(sheet: Sheet, county: str, today: date) -> Iterator[ReportRow | RowAnswer]:
    said = EXITED if sheet.form == EXITS.form else RETURNED
    for row in sheet.rows():
        if row.kind != "data":
            yield RowAnswer(
                sheet.name, row.number, "skipped", (Finding("", _SKIPPED[row.kind], "accepted", "", "跳过"),)
            )
            continue
        yield _row(sheet, row, said, county, today)


def _row(sheet: Sheet, row: Row, said: str, county: str, today: date) -> ReportRow | RowAnswer:
    written, person, household = (trimmed(row[name].text) for name in (c.ID, c.PERSON, c.HOUSEHOLD))
    column = c.ID if written else c.PERSON if person else c.HOUSEHOLD
    wrong: list[Finding] = []
    when = read_when(row[said].text)
    if when is None:
        wrong.append(Finding(said, "when_unreadable", "error", trimmed(row[said].text)[:30], RIGHT))
    number = ""
    if written:
        read = resident_id.read(row[c.ID].text, today)
        number = read.value or ""
        if not number:
            right = next((note.right for note in read.notes if note.right), "") or "18位证件号码"
            wrong.append(Finding(c.ID, "id_unreadable", "error", written, right))
    elif not (person or household):
        wrong.append(Finding(column, "row_names_nobody", "error", "", "填写户编号，或人编号、证件号码"))
    elif not county:
        wrong.append(Finding(column, "code_needs_county", "error", person or household, "由县级或以下单位导入"))
    if wrong or when is None:
        return RowAnswer(sheet.name, row.number, "refused", tuple(wrong))
    texts = [text for name in (REASON, SOURCE) if (text := trimmed(row[name].text))]
    return ReportRow(
        sheet.name, row.number, column, said, when, number, "" if number else person,
        "" if number or person else household, trimmed(row[c.NAME].text), "；".join(texts)[:200],
    )  # fmt: skip


def sentence(finding: Finding) -> str:
    """What is said beside a cell of a row that goes back."""
    text = _WORDS.get(finding.rule, finding.rule)
    return f"{text}（{finding.right_answer}）" if finding.right_answer else text
