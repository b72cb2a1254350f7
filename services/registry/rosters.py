"""The register's spreadsheets: which editions there are, opening one, and what it says of itself."""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path

from libs.rosters.files import Book, open_book
from libs.rosters.limits import MIB, Limits
from libs.rosters.sheet import Sheet
from libs.values.errors import Invalid
from services.registry.domain.register import words
from services.registry.domain.register.areas import AreaCodes
from services.registry.domain.register.editions import BY_FORM, EDITIONS, Edition
from services.registry.domain.register.fields import day_told
from services.registry.domain.words import Status

_CUT_OFF = re.compile(
    r"(?:数据)?(?:截止|截至)(?:日期|时间)?[:：]?\s*([0-9]{4})\s*年\s*([0-9]{1,2})\s*月\s*([0-9]{1,2})\s*日"
)
_YEAR = re.compile(r"([0-9]{4})\s*年(?:度|底|末)", re.ASCII)

LARGE = Limits(
    file_bytes=500_000_000,
    rows=1_048_576,
    inflated_bytes=2_000 * MIB,
    shared_strings=5_000_000,
    shared_bytes=128 * MIB,
)
"""As many rows as a sheet of Excel holds: a register is read onto disk, so its size costs no memory."""


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """A register file of an edition that is read; `as_of` from its note or title, None when it does not say."""

    edition: Edition
    sha256: str
    sheet: Sheet
    as_of: date | None


def open_register(
    filename: str, content: bytes | Path, *, mapping: Mapping[str, str] | None = None, limits: Limits = LARGE
) -> RegisterFile:
    """Find edition and header. Raises DomainError: `roster.*` for the file, `register.several_sheets` for more than
    one table.
    """
    book = open_book(filename, content, [edition.columns for edition in EDITIONS], mapping=mapping, limits=limits)
    sheet = _only_sheet(book)
    edition = BY_FORM[sheet.form]
    return RegisterFile(edition, book.sha256, sheet, stated_day(sheet) or _day_in_rows(sheet, edition))


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


def _day_in_rows(sheet: Sheet, edition: Edition) -> date | None:
    """The first row's 数据日期, or the last day of its 年度; rows that differ from it are told one by one."""
    if edition.day is None or not sheet.has(edition.day):
        return None
    first = next((row for row in sheet.rows() if row.kind == "data"), None)
    return day_told(first, edition.day) if first is not None else None


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


def stated(file: RegisterFile, given: Status | None) -> str:
    """The word for households of an edition that does not state who is out of poverty; '' where it does.

    Raises Invalid `register.status_unknown` when nobody says it, `register.status_stated` when both do.
    """
    if file.edition.states_poverty:
        if given is None:
            return ""
        raise Invalid(
            "register.status_stated",
            f"{file.edition.name}逐户写明脱贫情况，导入时不能另外指定。",
            field="status",
            value=given,
            rule="以表内为准",
            right="不填",
        )
    if given is None:
        raise Invalid(
            "register.status_unknown",
            f"{file.edition.name}没有写明各户是否脱贫，请在导入时说明；已登记的人保持原来的脱贫属性。",
            field="status",
            rule="表内没有脱贫属性或户类型时须说明",
            right="、".join(words.STATED),
        )
    return words.STATED[given]


@cache
def area_codes() -> AreaCodes:
    """County codes of GB/T 2260, all editions 1980-12 to 2019-04 (data file beside this module)."""
    with resources.files("services.registry").joinpath("data/area_codes.csv").open(encoding="utf-8") as lines:
        return AreaCodes({line["code"]: line["last"] for line in csv.DictReader(lines)})


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
