"""What a woman needs, as assessed on a day: causes, labour, skills, credit, childcare; health and notes sealed.

The register's form asks for exactly one main cause (A3a) and at most two others (A3b). A later day replaces what is
shown; every assessment stays in the log.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, TypeAlias, get_args
from uuid import UUID

from libs.events.decider import Decider
from libs.values.errors import Invalid, Refused
from services.registry.domain.register.words import HEALTH, HEALTHY
from services.registry.domain.words import Clear, Sealed, personal

Cause: TypeAlias = Literal[
    "因病", "因残", "因学", "因灾", "缺土地", "缺水", "缺技术", "缺劳力", "缺资金", "交通条件落后", "自身发展动力不足",
    "因婚", "因丧", "其他",
]  # fmt: skip
CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)
"""Of the editions from 2018 on; of earlier ones all but 因婚 and 因丧."""
Ability: TypeAlias = Literal["ordinary", "skilled", "weak", "lost", "none"]
Skill: TypeAlias = Literal[
    "farming", "rural_tourism", "domestic_service", "handicraft", "e_commerce", "business_start", "other"
]
SKILLS: Final[tuple[Skill, ...]] = get_args(Skill)
"""种植养殖, 乡村旅游, 家政服务, 手工编织, 农村电商, 创业, 其他: the kinds of course that training has."""
Minder: TypeAlias = Literal["herself", "husband", "grandparents", "relative", "kindergarten", "nobody"]
StateOfHealth: TypeAlias = Literal["健康", "长期慢性病", "患有大病", "残疾"]
Source: TypeAlias = Literal["form", "list"]
MOST_OTHERS: Final = 2
FIRST_DAY: Final = date(2011, 1, 1)


@dataclass(frozen=True, slots=True)
class Needs:
    """What was said besides health and notes; `borrow_fen` only of who is willing, where she names an amount.

    `children_3_to_5`: of three years, not yet six. `minded_by`: who looks after them, None without children.
    """

    main_cause: Cause
    other_causes: tuple[Cause, ...]
    labour: Ability
    skills_wanted: tuple[Skill, ...]
    willing_to_borrow: bool
    borrow_fen: int | None
    children_under_3: int
    children_3_to_5: int
    minded_by: Minder | None


@dataclass(frozen=True, slots=True)
class AssessNeeds:
    """Somebody asked her on `on`. `told`: health and note in clear; `known`: those of the last assessment, opened."""

    woman_id: UUID
    division: str
    on: date
    needs: Needs
    source: Source
    today: date
    told: Clear = field(repr=False)
    known: Clear = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class WomanNeedsAssessed:
    """Her needs in full, as assessed on `on`."""

    woman_id: UUID
    division: str
    on: date
    needs: Needs
    source: Source
    personal: Sealed


@dataclass(frozen=True, slots=True)
class NotAssessed:
    """Nobody has asked her."""


State: TypeAlias = NotAssessed | WomanNeedsAssessed


def decide(state: State, command: AssessNeeds) -> list[WomanNeedsAssessed]:
    """Raises Invalid `needs.*` naming the field, Refused `registry.older_than_known`; the same again is nothing."""
    check(command.needs)
    _check_day(command)
    if isinstance(state, WomanNeedsAssessed):
        if state.needs == command.needs and command.known == command.told:
            return []
        if command.on < state.on:
            raise Refused(
                "registry.older_than_known",
                f"已有{state.on}的需求评估",
                field="on",
                value=str(command.on),
                rule="较早的评估不覆盖较晚的",
                right=f"{state.on}或以后",
            )
    sealed = personal(command.woman_id, command.told)
    return [WomanNeedsAssessed(command.woman_id, command.division, command.on, command.needs, command.source, sealed)]


def evolve(_state: State, event: WomanNeedsAssessed) -> State:
    """The last one counts."""
    return event


def check(needs: Needs) -> None:
    """Raises Invalid `needs.causes`, `needs.skills`, `needs.borrowing`, `needs.childcare`."""
    others = needs.other_causes
    if len(others) > MOST_OTHERS or len(set(others)) < len(others) or needs.main_cause in others:
        message = "其他致贫原因最多两项，不重复，也不同于主要致贫原因"
        raise _wrong(
            "needs.causes", message, "other_causes", "、".join(others), "主要一项，其他最多两项", "缺资金、因学"
        )
    if len(set(needs.skills_wanted)) < len(needs.skills_wanted):
        skills = "、".join(needs.skills_wanted)
        raise _wrong("needs.skills", "想学的技能写了两次", "skills_wanted", skills, "每项写一次", "每项一次")
    if needs.borrow_fen is not None and not needs.willing_to_borrow:
        value = str(needs.borrow_fen)
        raise _wrong("needs.borrowing", "不愿贷款，却填了金额", "borrow_fen", value, "愿意贷款的才填金额", "空着")
    children = needs.children_under_3 + needs.children_3_to_5
    if (children > 0) != (needs.minded_by is not None):
        message = "有六岁以下孩子的要填由谁照看" if children else "没有六岁以下的孩子，不填由谁照看"
        right = "herself" if children else "空着"
        raise _wrong("needs.childcare", message, "minded_by", needs.minded_by or "", "有孩子才填，有孩子必填", right)


def read_health(states: Sequence[str]) -> str:
    """Classes of the register in its order, joined by commas as registers write them.

    Raises Invalid `needs.health` for none, an unknown one, one said twice, and 健康 beside an illness.
    """
    good = bool(states) and len(set(states)) == len(states) and all(each in HEALTH for each in states)
    if not good or (HEALTHY in states and len(states) > 1):
        rule = f"{'、'.join(HEALTH)}中选填，“{HEALTHY}”不与其他并列"
        raise Invalid("needs.health", "健康状况不对", field="health", rule=rule, right=HEALTHY)
    return ",".join(sorted(states, key=HEALTH.index))


def _check_day(command: AssessNeeds) -> None:
    if not FIRST_DAY <= command.on <= command.today:
        message, right = f"评估日期{command.on}不对", f"{FIRST_DAY} – {command.today}"
        raise _wrong("needs.day", message, "on", str(command.on), "评估日期不晚于今天", right)


def _wrong(code: str, message: str, field: str, value: str, rule: str, right: str) -> Invalid:
    return Invalid(code, message, field=field, value=value, rule=rule, right=right)


woman_needs: Decider[State, AssessNeeds, WomanNeedsAssessed] = Decider(NotAssessed(), decide, evolve)
