"""`GET /v1/explain`: what the policy decides for an account or a client, rule by rule; changes nothing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from libs.access.api import Access, DivisionCode, TheAccess
from libs.access.deciding import Resource, decide
from libs.access.explaining import explain as rules_of
from libs.access.fastapi import requires
from libs.access.principal import Principal
from libs.access.rules import POLICY
from libs.values.division import Division
from libs.values.errors import Invalid

router = APIRouter(prefix="/v1/explain", tags=["access"])


class LineOut(BaseModel):
    """A rule of the policy: whether it holds, what was compared, and why the rule is there."""

    rule: str
    holds: bool
    said: str
    reason: str


class ExplainedOut(BaseModel):
    """The decision; `code` is what a request would be refused with."""

    allowed: bool
    version: int
    code: str | None
    rules: list[LineOut]
    classes: list[str]


async def _caller(access: Access, principal: Principal, named: str) -> Principal:
    """An account by its name, or a client by its id, which no user name looks like."""
    try:
        client_id = UUID(named)
    except ValueError:
        return (await access.accounts.named(principal, named)).principal()
    return (await access.clients.get(principal, client_id)).principal()


@router.get("")
async def explain(
    principal: Annotated[Principal, requires("access:explain")],
    access: TheAccess,
    user: Annotated[str, Query(min_length=1, max_length=100, description="user name of an account, or a client's id")],
    action: Annotated[str, Query(max_length=60, description="an action of the policy, e.g. registry:read")],
    division: Annotated[DivisionCode, Query(description="12-digit code of the unit the resource lies in")],
    purpose: Annotated[str | None, Query(max_length=40)] = None,
) -> ExplainedOut:
    """What `user` would be answered, rule by rule. 404 for an account or client outside the caller's units."""
    if action not in POLICY.actions:
        raise Invalid("access.action", "没有这种操作。", field="action", right=", ".join(sorted(POLICY.actions)))
    who, resource = await _caller(access, principal, user), Resource(Division(division), purpose)
    decision = decide(who, action, resource)
    return ExplainedOut(
        allowed=decision.allowed,
        version=decision.version,
        code=decision.refusal.code if decision.refusal else None,
        rules=[
            LineOut(rule=each.rule, holds=each.holds, said=each.said, reason=each.reason)
            for each in rules_of(who, action, resource)
        ],
        classes=sorted(decision.fields),
    )
