"""An income sheet (收入核算表): a row a household and year, under the names of the register's table AC07, in yuan."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from libs.events.runtime import Runtime
from libs.rosters.findings import Finding, has_error
from libs.rosters.sheet import Row
from libs.values.errors import Invalid
from libs.values.texts import narrowed, without_blanks
from services.registry.adapters.list_forms import INCOMES
from services.registry.adapters.row_lists import ListKind, Terms
from services.registry.domain.incomes.formula import LINES, check_persons, read_income
from services.registry.domain.incomes.plausible import PERSONS, Bounds
from services.registry.domain.register import columns as c
from services.registry.domain.register import fields
from services.registry.domain.register.rules import refusing
from services.registry.handlers.answers import RowAnswer
from services.registry.handlers.income_rows import ON, YEAR, IncomeRow, column_of, take_incomes
from services.registry.handlers.meaning import Named

_UNREADABLE: Final = frozenset({"number_unreadable", "date_cell", "formula_without_value", "date_unreadable"})
_WORDS: Final = {
    "year_unreadable": "读不出年度",
    "persons_unreadable": "读不出家庭人口",
    "line_missing": "没有填写",
    "line_negative": "不能是负数",
    "line_too_large": "金额太大",
    "parts_missing": "转移性收入分项没有填齐",
    "parts_differ": "转移性收入与各分项之和不符",
    "persons": "家庭人口数不对",
    "year": "年度不对",
    "day": "核算日期不对",
}


def income_list(bounds: Bounds) -> ListKind[IncomeRow]:
    """The kind of list; `bounds`: what is doubted."""

    async def take(runtime: Runtime, terms: Terms, rows: Sequence[IncomeRow]) -> tuple[list[RowAnswer], int | None]:
        return await take_incomes(
            runtime, terms.scope, terms.county, terms.meta, terms.today, bounds, rows, dry_run=terms.dry_run
        )

    return ListKind("incomes", INCOMES, read_row, take, _WORDS, "incomes")


def read_row(sheet: str, row: Row, named: Named, terms: Terms) -> IncomeRow | tuple[Finding, ...]:
    """The row, or what is wrong with it. A household is meant, so a name beside a code is not compared."""
    found: list[Finding] = []
    if named.column == c.NAME:
        return (Finding(c.NAME, "row_names_nobody", "error", named.name, "填写户编号或户主证件号码"),)
    year = _whole(fields.number(row, YEAR, found) if row[YEAR].kind == "number" else _year(row))
    size = fields.whole(fields.number(row, PERSONS, found))
    on = fields.day(row, ON, found) or terms.as_of
    lines = {name: fields.fen(fields.number(row, column_of(name), found)) for name in LINES}
    found = [refusing(each.column, each.rule, each.value) if each.rule in _UNREADABLE else each for each in found]
    if year is None:
        found.append(Finding(YEAR, "year_unreadable", "error", row[YEAR].text[:20], "2016"))
    if size is None:
        found.append(Finding(PERSONS, "persons_unreadable", "error", row[PERSONS].text[:20], "户内实有人数"))
    if has_error(found) or year is None or size is None:
        return tuple(found)
    try:
        income = read_income(lines)
        check_persons(size)
    except Invalid as wrong:
        value = _yuan(wrong.value) if wrong.field in LINES else wrong.value or ""
        right = _yuan(wrong.right) if wrong.field in LINES else wrong.right or ""
        rule = wrong.code.partition(".")[2]
        return (*found, Finding(column_of(wrong.field), rule, "error", value, right))
    return IncomeRow(sheet, row.number, named, year, on, income, size, tuple(found))


def _year(row: Row) -> Decimal | None:
    text = without_blanks(narrowed(row[YEAR].text)).removesuffix("度").removesuffix("年")
    return Decimal(text) if re.fullmatch(r"[0-9]{4}", text, re.ASCII) else None


def _whole(value: Decimal | None) -> int | None:
    year = fields.whole(value)
    return year if year is not None and 1000 <= year <= 9999 else None


def _yuan(fen: str | None) -> str:
    """Fen of an error in yuan, as the sheet has them."""
    bare = (fen or "").lstrip("-")
    return f"{Decimal(fen or 0) / 100:f}" if bare.isdecimal() else fen or ""
