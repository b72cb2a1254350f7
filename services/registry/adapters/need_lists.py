"""A needs sheet (需求评估表): a row a woman, found by 证件号码, 人编号 or her name, in the words of the forms."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from libs.events.runtime import Runtime
from libs.rosters.findings import Finding, has_error
from libs.rosters.sheet import Row
from libs.values.errors import Invalid
from libs.values.texts import trimmed
from services.registry.adapters.list_forms import NEEDS
from services.registry.adapters.row_lists import ListKind, Terms
from services.registry.domain.needs.assessing import CAUSES, Needs, check, read_health
from services.registry.domain.register import fields
from services.registry.domain.register.rules import refusing
from services.registry.domain.register.words import CAUSE_WORDS, NO, NO_MARKS, YES, YES_MARKS
from services.registry.domain.register.words import SKILLS as LABOURS
from services.registry.handlers.answers import RowAnswer
from services.registry.handlers.meaning import Named
from services.registry.handlers.need_rows import COLUMNS, NeedsRow, column_of, take_needs

T = TypeVar("T")
SKILL_WORDS: Final[Mapping[str, Any]] = {
    "种植养殖": "farming",
    "乡村旅游": "rural_tourism",
    "家政服务": "domestic_service",
    "手工编织": "handicraft",
    "农村电商": "e_commerce",
    "创业": "business_start",
    "其他": "other",
}
MINDER_WORDS: Final[Mapping[str, Any]] = {
    "本人": "herself",
    "丈夫": "husband",
    "祖辈": "grandparents",
    "亲戚": "relative",
    "幼儿园": "kindergarten",
    "无人": "nobody",
}
_CAUSE_WORDS: Final[Mapping[str, Any]] = {**{cause: cause for cause in CAUSES}, **CAUSE_WORDS}
_LABOUR_WORDS: Final[Mapping[str, Any]] = dict(LABOURS)
_BORROW: Final[Mapping[str, bool]] = {
    **{YES: True, "愿意": True, NO: False, "不愿意": False},
    **dict.fromkeys(YES_MARKS, True),
    **dict.fromkeys(NO_MARKS, False),
}
_SEPARATORS: Final = re.compile(r"[,，、;；/\s]+")
_UNREADABLE: Final = frozenset({"number_unreadable", "date_cell", "formula_without_value", "date_unreadable"})
_WORDS: Final = {
    "word_unknown": "不在代码表内",
    "count_unreadable": "读不出人数",
    "note_too_long": "最多500字",
    "causes": "致贫原因主要一项、其他最多两项，互不相同",
    "skills": "想学技能重复",
    "borrowing": "不愿贷款，却填了金额",
    "childcare": "照看人与子女数不符",
    "health": "健康状况不对",
    "day": "评估日期不对",
}


def needs_list() -> ListKind[NeedsRow]:
    """The kind of list."""

    async def take(runtime: Runtime, terms: Terms, rows: Sequence[NeedsRow]) -> tuple[list[RowAnswer], int | None]:
        return await take_needs(
            runtime, terms.scope, terms.county, terms.meta, terms.today, rows, dry_run=terms.dry_run
        )

    return ListKind("needs", NEEDS, read_row, take, _WORDS, "needs")


def read_row(sheet: str, row: Row, named: Named, terms: Terms) -> NeedsRow | tuple[Finding, ...]:
    """The row, or what is wrong with it."""
    found: list[Finding] = []
    main = _one(row, "main_cause", _CAUSE_WORDS, found)
    others = _several(row, "other_causes", _CAUSE_WORDS, found)
    labour = _one(row, "labour", _LABOUR_WORDS, found)
    skills = _several(row, "skills_wanted", SKILL_WORDS, found)
    willing = _one(row, "willing_to_borrow", _BORROW, found)
    borrow = fields.fen(fields.number(row, COLUMNS["borrow_fen"], found))
    small, bigger = (_count(row, name, found) for name in ("children_under_3", "children_3_to_5"))
    minder = _one(row, "minded_by", MINDER_WORDS, found) if not row[COLUMNS["minded_by"]].blank else None
    on = fields.day(row, COLUMNS["on"], found) or terms.as_of
    note = trimmed(row[COLUMNS["note"]].text)
    if len(note) > 500:
        found.append(Finding(COLUMNS["note"], "note_too_long", "error", "", "最多500字"))
    found = [refusing(each.column, each.rule, each.value) if each.rule in _UNREADABLE else each for each in found]
    if has_error(found) or main is None or labour is None or willing is None:
        return tuple(found)
    states = [part for part in _SEPARATORS.split(trimmed(row[COLUMNS["health"]].text)) if part]
    try:
        told = {"health": read_health(states), "note": note}
        needs = Needs(main, tuple(others), labour, tuple(skills), willing, borrow, small, bigger, minder)
        check(needs)
    except Invalid as wrong:
        rule = wrong.code.partition(".")[2]
        return (*found, Finding(column_of(wrong.field), rule, "error", wrong.value or "", wrong.right or wrong.message))
    return NeedsRow(sheet, row.number, named, on, needs, told, tuple(found))


def _one(row: Row, name: str, words: Mapping[str, T], found: list[Finding]) -> T | None:
    text = trimmed(row[COLUMNS[name]].text)
    if text not in words:
        found.append(_unknown(name, text, words))
        return None
    return words[text]


def _several(row: Row, name: str, words: Mapping[str, T], found: list[Finding]) -> list[T]:
    parts = [part for part in _SEPARATORS.split(trimmed(row[COLUMNS[name]].text)) if part]
    found += [_unknown(name, part, words) for part in parts if part not in words]
    return [words[part] for part in parts if part in words]


def _count(row: Row, name: str, found: list[Finding]) -> int:
    """A number of children; an empty cell is not nought."""
    count = fields.whole(fields.number(row, COLUMNS[name], found))
    if count is None or not 0 <= count <= 20:
        found.append(Finding(COLUMNS[name], "count_unreadable", "error", row[COLUMNS[name]].text[:20], "没有的填0"))
        return 0
    return count


def _unknown(name: str, text: str, words: Mapping[str, Any]) -> Finding:
    return Finding(COLUMNS[name], "word_unknown", "error", text[:40], "、".join(list(words)[:14]))
