"""How long each kind of data is kept (PIPL art. 19: the shortest time that the purpose needs), dated, with its source.

Files go by themselves. A woman's record never does: who left long ago is proposed to a person, who erases or does not.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias
from uuid import UUID

from libs.values.rule_set import RuleSet, always
from libs.values.valid_date import ValidDate

Kind: TypeAlias = Literal["raw_file", "refused_file", "woman_left", "job_result", "audit_trail", "impact_assessment"]
Way: TypeAlias = Literal["destroyed", "proposed", "elsewhere"]
_OURS: Final = "个人信息保护法 第十九条（最短必要）；期限由本系统设定"


@dataclass(frozen=True, slots=True)
class Keeping:
    """`days` of keeping, and what happens then: destroyed here, proposed to a person, or seen to elsewhere."""

    days: int
    way: Way


RULES: Final[dict[Kind, RuleSet[Keeping]]] = {
    "raw_file": always("registry.keep.raw_file", Keeping(3 * 365, "destroyed"), _OURS),
    "refused_file": always("registry.keep.refused_file", Keeping(180, "destroyed"), _OURS),
    "woman_left": always("registry.keep.woman_left", Keeping(5 * 365, "proposed"), _OURS),
    "job_result": always("registry.keep.job_result", Keeping(7, "elsewhere"), "导入结果七天后由任务表自动删除"),
    "audit_trail": always(
        "registry.keep.audit_trail", Keeping(180, "elsewhere"), "网络安全法 第二十一条：不少于六个月"
    ),
    "impact_assessment": always(
        "registry.keep.impact_assessment", Keeping(3 * 365, "elsewhere"), "个人信息保护法 第五十六条：至少三年"
    ),
}


@dataclass(frozen=True, slots=True)
class FilesDestroyed:
    """A kept file's key was destroyed because its time was over; `kinds` are its parts."""

    import_id: UUID
    kinds: tuple[Kind, ...]
    kept_on: date
    on: date


def left_long_ago(gone_valid: str, until: date) -> bool:
    """Whether the date she left on lies wholly on or before a day."""
    return ValidDate.parse(gone_valid).last <= until
