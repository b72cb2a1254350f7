"""The register's spreadsheets: which editions there are, opening one, checking it, and giving refused rows back."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path

from libs.rosters.columns import Column, ColumnSet
from libs.rosters.files import Book, open_book
from libs.rosters.limits import DEFAULT, Limits
from libs.rosters.refused import RefusedRow, write_refused
from libs.rosters.sheet import Sheet
from libs.values.errors import Invalid, Unsupported
from services.registry.domain.register import columns as c
from services.registry.domain.register.areas import AreaCodes
from services.registry.domain.register.rules import RULES
from services.registry.domain.register.values import CheckedRegister

EDITION_2016 = ColumnSet(
    "2016-2018",
    (
        Column(c.SERIAL, required=False),
        Column(c.COUNTY, ("县", "县(市、区)", "县(区)", "县(市、区、旗)名称", "区县")),
        Column(c.TOWNSHIP, ("乡镇", "乡", "乡(镇、街道)", "镇(乡)")),
        Column(c.VILLAGE, ("村", "行政村名称")),
        Column(c.HAMLET, ("组", "村民小组", "自然村(组)"), required=False),
        Column(c.HOUSEHOLD, ("户编码", "户号")),
        Column(c.PERSON, ("人编码", "人口编号"), required=False),
        Column(c.NAME, ("成员姓名",)),
        Column(c.ID, ("身份证号", "身份证号码", "公民身份号码", "身份证件号码")),
        Column(c.SIZE, ("家庭人口数", "家庭人口", "人口数"), required=False),
        Column(c.RELATION, ("与户主的关系",)),
        Column(c.ETHNIC, required=False),
        Column(c.EDUCATION, required=False),
        Column(c.SCHOOL, ("在校状况", "是否在校"), required=False),
        Column(c.HEALTH, ("身体状况",), required=False),
        Column(c.SKILL, ("劳动能力",), required=False),
        Column(c.WORK, required=False),
        Column(c.MONTHS, ("务工时间", "务工月数"), required=False),
        Column(c.INSURED, ("是否参加大病医疗", "大病医疗"), required=False),
        Column(c.STATUS, ("脱贫状态",)),
        Column(c.ATTRIBUTE, ("贫困户类型",), required=False),
        Column(c.CAUSE, ("致贫原因",), required=False),
        Column(c.UNSAFE_HOUSE, ("是否危房户", "危房"), required=False),
        Column(c.SAFE_WATER, ("是否饮水安全", "是否解决安全饮用水"), required=False),
        Column(c.WATER_HARDSHIP, ("是否饮水困难",), required=False),
        Column(c.INCOME, ("人均纯收入(元)", "年人均纯收入"), required=False),
        Column(c.PHONE, ("电话", "联系方式", "户联系电话"), required=False),
    ),
)
EDITION_2021 = ColumnSet(
    "2021-2022",
    (
        *(Column(name) for name in (c.COUNTY, c.TOWNSHIP, c.VILLAGE, c.HOUSEHOLD, c.PERSON, c.NAME, c.ID, c.RELATION)),
        Column("户类型"),
        Column("首次识别时间"),
        Column("风险是否消除"),
        Column("易返贫致贫户(监测对象)类型", ("监测对象类型",), required=False),
        Column("数据日期", required=False),
    ),
)
EDITION_47 = ColumnSet(
    "2021 person table, 47 columns",
    tuple(
        Column(name)
        for name in (
            "省",
            "市",
            "县",
            "乡",
            "村",
            "户编号",
            "人口编号",
            "姓名",
            "性别",
            "证件类型",
            "证件号码",
            "年度",
            "识别标准",
        )
    ),
)
_READ = EDITION_2016.form
_NAMES = {EDITION_2021.form: "2021–2022年版（32列）", EDITION_47.form: "2021年人口信息表（47列）"}
_CUT_OFF = re.compile(
    r"(?:数据)?(?:截止|截至)(?:日期|时间)?[:：]?\s*([0-9]{4})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*日"
)
_YEAR = re.compile(r"([0-9]{4})\s*年(?:度|底|末)", re.ASCII)


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """A register file of an edition that is read; `as_of` from its note or title, None when it does not say."""

    edition: str
    sha256: str
    sheet: Sheet
    as_of: date | None


def open_register(
    filename: str, content: bytes | Path, *, mapping: Mapping[str, str] | None = None, limits: Limits = DEFAULT
) -> RegisterFile:
    """Find edition and header. Raises DomainError: `roster.*` for the file, `register.edition_not_read` for a known
    edition that no release reads yet, `register.several_sheets` for more than one table.
    """
    book = open_book(filename, content, (EDITION_2016, EDITION_2021, EDITION_47), mapping=mapping, limits=limits)
    sheet = _only_sheet(book)
    if sheet.form != _READ:
        name = _NAMES[sheet.form]
        raise Unsupported(
            "register.edition_not_read",
            f"文件“{book.file}”是建档立卡{name}，本版本尚不能导入。请导入2016–2018年版（27列）的导出文件。",
            field="file",
            value=sheet.form,
            rule="edition",
            right=_READ,
        )
    return RegisterFile(sheet.form, book.sha256, sheet, stated_day(sheet))


def stated_day(sheet: Sheet) -> date | None:
    """`数据截止：2016年12月31日` above the table, or the last day of `2016年度`."""
    above = f"{sheet.title}\n{sheet.note}"
    cut_off = _CUT_OFF.search(above)
    try:
        if cut_off is not None:
            return date(int(cut_off[1]), int(cut_off[2]), int(cut_off[3]))
    except ValueError:
        return None
    year = _YEAR.search(above)
    return date(int(year[1]), 12, 31) if year is not None and 2013 <= int(year[1]) <= 2100 else None


def as_of(file: RegisterFile, given: date | None) -> date:
    """The day the data are of: as given, else as stated. Raises Invalid `register.as_of_unknown`."""
    day = given or file.as_of
    if day is None:
        raise Invalid(
            "register.as_of_unknown",
            f"文件“{file.sheet.file}”没有写明数据截止日，请在导入时给出，如2016-12-31。",
            field="as_of",
            rule="表头上方写明“数据截止：2016年12月31日”，或导入时给出",
            right="2016-12-31",
        )
    return day


@cache
def area_codes() -> AreaCodes:
    """County codes of GB/T 2260, all editions 1980-12 to 2019-04 (data file beside this module)."""
    with resources.files("services.registry").joinpath("data/area_codes.csv").open(encoding="utf-8") as lines:
        return AreaCodes({line["code"]: line["last"] for line in csv.DictReader(lines)})


def refused_workbook(file: RegisterFile, checked: CheckedRegister) -> bytes | None:
    """An xlsx of the same form with the refused rows, reasons beside the cells; None when nothing was refused.

    The good rows of the same households stand in it too, so that heads and sizes are right when it comes back.
    """
    refused = {answer.row: answer for answer in checked.refused}
    if not refused:
        return None
    households = {answer.household_code for answer in refused.values()} - {""}
    wanted = {
        answer.row: RefusedRow(
            tuple((said.column, said.severity, _sentence(said.rule, said.right_answer)) for said in answer.findings)
            if answer.row in refused
            else ()
        )
        for answer in checked.answers
        if answer.row in refused or answer.household_code in households
    }
    return write_refused(file.sheet, wanted)


def _sentence(rule: str, right: str) -> str:
    text = RULES[rule].text
    return f"{text}（{right}）" if right else text


def _only_sheet(book: Book) -> Sheet:
    if len(book.sheets) > 1:
        names = "、".join(f"“{sheet.name}”" for sheet in book.sheets)
        raise Invalid(
            "register.several_sheets",
            f"文件“{book.file}”有多个工作表含有登记表：{names}。请合并到一个工作表，或分别导入。",
            field="file",
            rule="一个文件一张登记表",
            right="一个工作表",
        )
    return book.sheets[0]


def known_rows(divisions: Iterable[Mapping[str, str | None]]) -> Iterable[tuple[str, str, str, str | None]]:
    """Rows of a divisions file or query as KnownDivisions.of takes them."""
    for row in divisions:
        yield row["code"] or "", row["name"] or "", row["level"] or "", row.get("parent") or row.get("parent_code")
