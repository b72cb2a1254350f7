"""Exits by household: which run and what is due, one with its steps, the form to propose, the notice to print."""

from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from libs.access.deciding import decide
from libs.access.fastapi import public
from libs.access.principal import Principal
from libs.values.errors import NotFound
from libs.values.valid_date import local_date
from services.console import labels
from services.console.adapters.services import Problem
from services.console.figures import fen, yuan
from services.console.shell import TheVisitor, Visitor, form_page, next_page, page, see

router = APIRouter(dependencies=[public()])
_PATH: Final = "registry/v1/exits"
_ON, _WHY = ("on",), ("on", "reason")
WAYS: Final[dict[str, tuple[str, str, tuple[str, ...]]]] = {
    "check": ("check", "exits:propose", _ON),
    "agree": ("answer", "exits:propose", (*_ON, "agreed", "reason")),
    "notice": ("notice", "exits:propose", ("first", "until")),
    "object": ("objections", "exits:propose", (*_ON, "by", "text")),
    "interrupt": ("interruption", "exits:propose", _WHY),
    "decide": ("decision", "exits:check", (*_WHY, "upheld")),
    "township_check": ("township-check", "exits:check", (*_ON, "visited")),
    "confirm": ("confirmation", "exits:confirm", (*_ON, "visited")),
    "refuse": ("refusal", "exits:propose", ("kind", *_WHY)),
    "withdraw": ("withdrawal", "exits:propose", _WHY),
    "return": ("return", "exits:confirm", ("valid", "reason")),
    "settle": ("difference", "exits:check", _WHY),
}
"""What may be done, by its name among `next_steps`: the service's path, the right, the fields of the form."""
_FLAGS: Final = frozenset({"agreed", "upheld", "visited"})
LINE: Final = ("proposed", "checked", "agreed", "noticed", "notice_ended", "township_checked", "monitored", "closed")


@router.get("/exits")
async def list_exits(request: Request, visitor: TheVisitor, step: str = "", cursor: str | None = None) -> Response:
    """The processes of the user's units, running ones first asked for."""
    chosen = step if step in labels.EXIT_STEP else ""
    query = {"step": chosen or None, "running": None if chosen else True}
    found = await visitor.services.get(_PATH, cursor=cursor, limit=100, count="exact", **query)
    differing = await visitor.services.get("registry/v1/exit-differences", state="open", limit=1, count="exact")
    return page(
        request,
        "exits.html",
        rows=found["items"],
        count=found.get("count"),
        differing=differing.get("count") or 0,
        chosen=chosen,
        today=_today(request),
        more=next_page("/exits", found["next"], step=chosen or None),
    )


@router.get("/exits/differences")
async def list_differences(request: Request, visitor: TheVisitor, cursor: str | None = None) -> Response:
    """Where a process and the poverty office say otherwise."""
    found = await visitor.services.get("registry/v1/exit-differences", state="open", cursor=cursor, limit=100)
    may = _may(visitor.principal, "exits:check")
    more = next_page("/exits/differences", found["next"])
    return page(request, "exit_differences.html", rows=found["items"], may_settle=may, today=_today(request), more=more)


@router.get("/exits/new")
async def show_form(request: Request, visitor: TheVisitor, household_id: UUID) -> Response:
    """The sign-off form of a household."""
    return await _form(request, visitor, household_id, None)


@router.post("/exits/new")
async def propose_exit(request: Request, visitor: TheVisitor, household_id: UUID) -> Response:
    """Propose it; on to its page, or the form again with what is wrong."""
    form = await request.form()
    lines = [
        {"criterion": name, "met": form.get(name) == "met", "reason": str(form.get(f"{name}-reason", ""))}
        for name in labels.CRITERION
    ]
    body = {
        "household_id": str(household_id),
        "on": str(form.get("on", "")),
        "year": str(form.get("year", "")),
        "income_fen": fen(form.get("amount")) if form.get("amount") else None,
        "income_reason": str(form.get("income_reason", "")),
        "line_fen": fen(form.get("line")) if form.get("line") else None,
        "lines": lines,
    }
    try:
        made = await visitor.services.post(_PATH, body)
    except Problem as problem:
        return await _form(request, visitor, household_id, problem, dict(form))
    return see(f"/exits/{made['process_id']}")


@router.get("/exits/{process_id}")
async def show_exit(request: Request, process_id: UUID, visitor: TheVisitor) -> Response:
    """One process: its steps as a line, what may be done now, what was done."""
    return await _shown(request, visitor, process_id, None)


@router.get("/exits/{process_id}/notice")
async def show_notice(request: Request, process_id: UUID, visitor: TheVisitor) -> Response:
    """The public notice, to be printed."""
    told = await visitor.services.get(f"{_PATH}/{process_id}/notice")
    return page(request, "exit_notice.html", notice=told, today=_today(request))


@router.post("/exits/{process_id}/{way}")
async def take_step(request: Request, process_id: UUID, way: str, visitor: TheVisitor) -> Response:
    """A step at the version that was shown; refused, the page again with the service's words."""
    if way not in WAYS:
        raise NotFound("console.exit_step", "没有这样的步骤。")
    path, _action, fields = WAYS[way]
    form = await request.form()
    body = {name: _value(form, name) for name in fields if name in _FLAGS or form.get(name)}
    address = f"{_PATH}/{process_id}/{path}"
    if way == "decide":
        address = f"{_PATH}/{process_id}/objections/{UUID(str(form.get('objection_id')))}/decision"
    try:
        await visitor.services.post(address, body, version=int(str(form.get("version", "0"))))
    except Problem as problem:
        return await _shown(request, visitor, process_id, problem)
    return see("/exits/differences" if way == "settle" else f"/exits/{process_id}")


async def _shown(request: Request, visitor: Visitor, process_id: UUID, problem: Problem | None) -> Response:
    told = await visitor.services.get(f"{_PATH}/{process_id}")
    decided = {item["objection_id"] for item in told["timeline"] if item["kind"] == "objection-decided"}
    lodged = [item for item in told["timeline"] if item["kind"] == "objection-lodged"]
    return form_page(
        request,
        "exit.html",
        problem,
        exit=told,
        line=LINE,
        at=LINE.index(told["step"]) if told["step"] in LINE else -1,
        ways=[name for name in told["next_steps"] if _may(visitor.principal, WAYS[name][1]) and name != "decide"],
        fields={name: found for name, (_, _, found) in WAYS.items()},
        pending=[item for item in lodged if item["objection_id"] not in decided],
        may_decide="decide" in told["next_steps"] and _may(visitor.principal, "exits:check"),
        today=_today(request),
    )


async def _form(
    request: Request,
    visitor: Visitor,
    household_id: UUID,
    problem: Problem | None,
    filled: dict[str, Any] | None = None,
) -> Response:
    household = await visitor.services.get(f"registry/v1/households/{household_id}")
    day = local_date(request.app.state.clock())
    assessed = await _assessed(visitor, household_id)
    year = assessed["year"] if assessed else day.year - (day.month < 7)
    amount = {"amount": yuan(assessed["fen"]).replace(",", "")} if assessed else {}
    values = {"on": str(day), "year": str(year), **amount, **(filled or {})}
    return form_page(
        request, "exit_form.html", problem, household=household, filled=values, today=str(day), assessed=assessed
    )


async def _assessed(visitor: Visitor, household_id: UUID) -> dict[str, Any] | None:
    """The latest year that somebody assessed, with day and figure; None also for whoever may not see it."""
    if not _may(visitor.principal, "needs:read"):
        return None
    found = await visitor.services.get(f"registry/v1/households/{household_id}/incomes")
    years = (each for each in found["years"] if each["source"] == "assessment")
    return next(({"year": each["year"], "fen": each["per_head_fen"], "on": each["as_of"]} for each in years), None)


def _value(form: FormData, name: str) -> str | bool:
    given = str(form.get(name, ""))
    return given == "yes" if name in _FLAGS else given


def _may(principal: Principal, action: str) -> bool:
    return decide(principal, action).allowed


def _today(request: Request) -> str:
    return str(local_date(request.app.state.clock()))
