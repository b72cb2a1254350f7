"""Register codes for partners: which woman a 人编号 or 证件号码 of any year means."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.service.auditing import mark, sensitive
from libs.service.bodies import Body
from libs.service.dependencies import Now, TheRuntime
from libs.service.traits import reads
from libs.values.errors import Invalid
from libs.values.valid_date import local_date
from services.registry.api.schemas import Code as DivisionCode
from services.registry.handlers.codes import Code, resolve

router = APIRouter(prefix="/v1/codes", tags=["codes"])


class CodeIn(Body):
    """One code as the partner's list has it; `county` only where the caller's unit is above a county."""

    ref: Annotated[str, StringConstraints(max_length=64)]
    kind: Literal["person_code", "resident_id"]
    value: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    county: DivisionCode | None = None


class CodesIn(Body):
    """Up to 1,000 codes."""

    codes: Annotated[list[CodeIn], Field(max_length=1000)]


class MeaningOut(BaseModel):
    """The surviving woman; `record` bears or bore the code; `former`: she has another one now."""

    ref: str
    found: Literal["present", "former", "not_found", "unreadable"]
    woman_id: UUID | None
    record: UUID | None
    division: str | None


class MeaningsOut(BaseModel):
    """One answer a code, in order."""

    items: list[MeaningOut]


@router.post("/resolve", dependencies=[reads(), sensitive("persons.searched")])
async def resolve_codes(
    request: Request,
    body: CodesIn,
    response: Response,
    principal: Annotated[Principal, requires("registry:codes.resolve")],
    runtime: TheRuntime,
    now: Now,
) -> MeaningsOut:
    """Which woman each code means; whoever is registered outside the caller's units is not found."""
    mark(request, "persons.searched", rows=len(body.codes))
    codes = [Code(each.ref, each.kind, each.value, _county(principal, each)) for each in body.codes]
    found = await resolve(runtime.pool, runtime.vault, principal.division.range(), codes, local_date(now()))
    response.headers["Cache-Control"] = "no-store"
    return MeaningsOut(items=[MeaningOut.model_validate(item, from_attributes=True) for item in found])


def _county(principal: Principal, code: CodeIn) -> str:
    """A 人编号 counts within a county: that of the caller's unit, or the one that is named."""
    if code.county is not None:
        return code.county[:6]
    if code.kind == "resident_id":
        return ""
    if principal.division.level in ("county", "township", "village"):
        return principal.division.at("county").code[:6]
    raise Invalid(
        "registry.code_without_county",
        "人编号只在本县内唯一，请写明县的区划代码。",
        field="county",
        rule="市级以上单位查询人编号须写明县",
        right="522634000000",
    )
