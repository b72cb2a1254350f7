"""Bodies of requests and answers about women's needs."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from libs.service.bodies import Body
from services.registry.domain.needs.assessing import (
    FIRST_DAY,
    MOST_OTHERS,
    SKILLS,
    Ability,
    Cause,
    Minder,
    Skill,
    StateOfHealth,
)

Children = Annotated[int, Field(ge=0, le=20)]
Note = Annotated[str, StringConstraints(max_length=500)]


class NeedsIn(Body):
    """What she needs, as somebody asked her on a day: one main cause, at most two others, different from it.

    `borrow_fen` only where she is willing to borrow and names an amount; `minded_by` where and only where there are
    children under six. `health` in the register's classes and `note` are kept sealed.
    """

    on: Annotated[date, Field(description=f"the day she was asked, from {FIRST_DAY} on", examples=["2017-01-10"])]
    main_cause: Annotated[Cause, Field(examples=["缺技术"])]
    other_causes: Annotated[list[Cause], Field(max_length=MOST_OTHERS, examples=[["缺资金"]])]
    labour: Annotated[Ability, Field(description="劳动能力", examples=["ordinary"])]
    skills_wanted: Annotated[list[Skill], Field(max_length=len(SKILLS), examples=[["handicraft"]])]
    willing_to_borrow: Annotated[bool, Field(examples=[True])]
    borrow_fen: Annotated[int | None, Field(ge=1, le=10**10, examples=[None])] = None
    children_under_3: Annotated[Children, Field(examples=[0])]
    children_3_to_5: Annotated[Children, Field(description="of three years, not yet six", examples=[0])]
    minded_by: Annotated[Minder | None, Field(examples=[None])] = None
    health: Annotated[list[StateOfHealth], Field(min_length=1, max_length=4, examples=[["健康"]])]
    note: Note = ""


class NeedsReceipt(BaseModel):
    """The woman and how many assessments there are of her now."""

    woman_id: UUID
    version: int


class NeedOut(BaseModel):
    """One assessment. `health` and `note` only in clear, with a reason that is kept; null once her data are erased."""

    on: date
    at: datetime
    actor: str
    role: str
    unit: str
    source: str
    main_cause: Cause
    other_causes: list[Cause]
    labour: Ability
    skills_wanted: list[Skill]
    willing_to_borrow: bool
    borrow_fen: int | None
    children_under_3: int
    children_3_to_5: int
    minded_by: Minder | None
    health: str | None
    note: str | None


class NeedsOut(BaseModel):
    """A woman's assessments, the last first. `register_cause`: the household's 主要致贫原因 by its register.

    `cause_differs`: both are known and are not the same.
    """

    woman_id: UUID
    household_id: UUID
    division: str
    division_name: str
    register_cause: str | None
    cause_differs: bool
    assessments: list[NeedOut]


class UnaskedOut(BaseModel):
    """A woman whose needs nobody has assessed in the year."""

    woman_id: UUID
    household_id: UUID
    division: str
    division_name: str
    birth_year: int
    labour: str
    status: str
