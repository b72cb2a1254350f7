"""Bodies of requests and answers about yearly incomes."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from libs.service.bodies import Body
from services.registry.api.schemas import FindingOut
from services.registry.domain.incomes.assessing import FIRST_YEAR
from services.registry.domain.incomes.formula import FORMULA, MOST_FEN, MOST_PERSONS

Line = Annotated[int, Field(ge=0, le=MOST_FEN)]
Year = Annotated[int, Field(ge=FIRST_YEAR, le=2100, examples=[2016])]


class IncomeIn(Body):
    """The income table of a household (AC07), every amount in fen and for the whole household and year.

    Nought is written as 0: what is left out is refused. 转移性 as `transfers_fen`, by all six parts, or both, and then
    they agree. `other_fen` is the formula's 其他, for which the table has no line.
    """

    year: Year
    on: Annotated[date, Field(description="the day it was worked out", examples=["2017-01-10"])]
    persons: Annotated[int, Field(ge=1, le=MOST_PERSONS, description="who shares it", examples=[3])]
    operating_fen: Annotated[
        int,
        Field(ge=-MOST_FEN, le=MOST_FEN, description="生产经营性收入 AAC071; a loss is negative", examples=[500_000]),
    ]
    property_fen: Annotated[Line, Field(description="财产性收入 AAC072", examples=[0])]
    wages_fen: Annotated[Line, Field(description="工资性收入 AAC073", examples=[600_000])]
    operating_cost_fen: Annotated[Line, Field(description="生产经营性支出 AAC074", examples=[200_000])]
    transfers_fen: Annotated[Line | None, Field(description="转移性收入 AAC085", examples=[30_000])] = None
    family_planning_fen: Annotated[Line | None, Field(description="计划生育金 AAC076")] = None
    subsistence_fen: Annotated[Line | None, Field(description="低保金 AAC077")] = None
    ecology_fen: Annotated[Line | None, Field(description="生态补偿金 AAC078")] = None
    other_transfer_fen: Annotated[Line | None, Field(description="其他转移性收入 AAC083")] = None
    five_guarantees_fen: Annotated[Line | None, Field(description="五保金 AAC086")] = None
    pension_fen: Annotated[Line | None, Field(description="养老保险金 AAC087")] = None
    other_fen: Annotated[Line, Field(description="其他收入")] = 0


class IncomeReceipt(BaseModel):
    """What came out: income per head by the formula, and what is odd about the form (warnings, nothing refused)."""

    household_id: UUID
    year: int
    per_head_fen: int
    version: int
    findings: list[FindingOut]


class PartsOut(BaseModel):
    """The parts of 转移性收入, in fen."""

    family_planning_fen: int
    subsistence_fen: int
    ecology_fen: int
    other_transfer_fen: int
    five_guarantees_fen: int
    pension_fen: int


class AssessmentOut(BaseModel):
    """One assessment with its inputs in fen; `parts` null where only the sum was said. `source`: form or list."""

    on: date
    at: datetime
    actor: str
    role: str
    unit: str
    source: str
    persons: int
    per_head_fen: int
    operating_fen: int
    property_fen: int
    wages_fen: int
    operating_cost_fen: int
    transfers_fen: int
    other_fen: int
    parts: PartsOut | None
    findings: list[FindingOut]


class YearOut(BaseModel):
    """A year: what counts, where it is from, the register's figure and the poverty line beside it.

    `differs_fen`: assessed less the register's, null unless both are known. `line_fen` null and `line_source` empty
    for a year whose line has no known source.
    """

    year: int
    per_head_fen: int
    source: Literal["assessment", "register"]
    as_of: date
    persons: int | None
    register_fen: int | None
    register_as_of: date | None
    differs_fen: int | None
    line_fen: int | None
    line_source: str
    below_line: bool | None
    assessments: list[AssessmentOut]


class IncomesOut(BaseModel):
    """A household's incomes, the last year first; `persons` are the members its register names."""

    household_id: UUID
    division: str
    division_name: str
    persons: int
    formula: Annotated[str, Field(examples=[FORMULA])]
    years: list[YearOut]


class UnassessedOut(BaseModel):
    """A household whose income of the year nobody has assessed; `income_fen`: what its register last said per head."""

    household_id: UUID
    division: str
    division_name: str
    persons: int
    status: str
    income_fen: int | None
    as_of: date
