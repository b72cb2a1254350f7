"""The forms of income and needs sheets, and every form of a list that is kept as it came.

In each of them a person must be found when she is erased.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from libs.rosters.columns import Column, ColumnSet
from libs.rosters.files import open_book
from libs.rosters.sheet import Sheet
from services.registry.adapters.exit_lists import EXITS, RETURNS
from services.registry.domain.incomes.formula import LINES
from services.registry.domain.incomes.plausible import PERSONS
from services.registry.domain.register import columns as c
from services.registry.domain.register.editions import EDITIONS
from services.registry.handlers.income_rows import ON, YEAR
from services.registry.handlers.need_rows import COLUMNS

_NEEDED: Final = ("operating_fen", "property_fen", "wages_fen", "operating_cost_fen")
_MORE: Final = {
    "operating_fen": ("生产经营性", "经营性收入"),
    "property_fen": ("财产性",),
    "wages_fen": ("工资性",),
    "operating_cost_fen": ("生产经营性费用", "生产经营费用"),
    "other_transfer_fen": ("其他转移性",),
    "transfers_fen": ("转移性",),
}
INCOMES: Final = ColumnSet(
    "收入核算表",
    (
        Column(c.HOUSEHOLD, ("户编码", "户号", "AAC001"), required=False),
        Column(c.PERSON, ("人编码", "人口编号"), required=False),
        Column(c.ID, ("户主证件号码", "户主身份证号", "户主身份证号码", "身份证号码"), required=False),
        Column(c.NAME, ("户主姓名", "户主"), required=False),
        Column(YEAR, ("数据年度", "收入年度", "AAR040")),
        Column(ON, ("评估日期", "核算时间"), required=False),
        Column(PERSONS, ("人数", "家庭人口数", "人口")),
        *(
            Column(heading, (*([code] if code else []), *_MORE.get(name, ())), required=name in _NEEDED)
            for name, (code, heading) in LINES.items()
        ),
    ),
)
NEEDS: Final = ColumnSet(
    "需求评估表",
    (
        Column(c.PERSON, ("人编码", "人口编号"), required=False),
        Column(c.ID, ("身份证号", "身份证号码", "公民身份号码"), required=False),
        Column(c.NAME, ("妇女姓名",)),
        Column(COLUMNS["on"], ("评估时间", "走访日期"), required=False),
        Column(COLUMNS["main_cause"], ("致贫原因1",)),
        Column(COLUMNS["other_causes"], ("致贫原因2",), required=False),
        Column(COLUMNS["labour"], ("劳动技能",)),
        Column(COLUMNS["skills_wanted"], ("培训意愿", "技能需求")),
        Column(COLUMNS["willing_to_borrow"], ("贷款意愿", "是否愿意贷款")),
        Column(COLUMNS["borrow_fen"], ("贷款金额（元）", "意向金额"), required=False),
        Column(COLUMNS["children_under_3"], ("3岁以下",)),
        Column(COLUMNS["children_3_to_5"], ("3至5岁", "3-5岁子女")),
        Column(COLUMNS["minded_by"], ("由谁照看",), required=False),
        Column(COLUMNS["health"]),
        Column(COLUMNS["note"], ("说明",), required=False),
    ),
)
LISTS: Final = (EXITS, RETURNS, INCOMES, NEEDS)
KINDS: Final = {
    "register": tuple(edition.columns for edition in EDITIONS),
    "exits": (EXITS, RETURNS),
    "incomes": (INCOMES,),
    "needs": (NEEDS,),
}
"""Kinds of list for which an office may keep its own headings; all editions of the register are one kind."""


def open_list(filename: str, content: bytes | Path, mapping: Mapping[str, str] | None = None) -> Sheet:
    """The first sheet with a header of one of them; raises DomainError `roster.*`."""
    return open_book(filename, content, LISTS, mapping=mapping).sheets[0]
