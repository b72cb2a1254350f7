"""The match, unit by unit: every number leads to the women behind it."""

from typing import Any

from fastapi import APIRouter, Request
from httpx import URL
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.division import Division
from services.console.shell import TheVisitor, link, page, see

router = APIRouter(dependencies=[public()])
NAMES_AT_ONCE = 100

# Column of the report → its heading; the groups are the upper row of the table's head.
GROUPS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("户与人", (("households", "户数"), ("population", "女性人口"))),
    ("脱贫", (("exited", "已脱贫"), ("not_exited", "未脱贫"), ("lifted", "帮扶后脱贫"), ("returned", "返贫"))),
    ("对接措施", (("matched", "已对接"), ("matched_exited", "其中已脱贫"), ("matched_not_exited", "其中未脱贫"))),
    ("缺口", (("unmatched", "未对接"), ("able_adults", "有劳动能力"), ("unmatched_able_adults", "其中未对接"))),
)
TRAINING = (("women", "人"), ("attendances", "人次"), ("days", "人天"), ("classes", "期"))
HEADINGS = {column: heading for _, columns in GROUPS for column, heading in columns} | {
    "baseline_exited": "建档时已脱贫",
    "training": "参加培训",
}


@router.get("/")
async def home(visitor: TheVisitor) -> Response:
    """One's own unit; an administrator without reports sees the state of the system."""
    if visitor.principal.may("reporting:read"):
        return see(f"/match/{visitor.principal.division.code}")
    return see("/system" if visitor.principal.may("system:read") else "/account")


@router.get("/match/{code}")
async def show_match(request: Request, code: str, visitor: TheVisitor, as_known: int | None = None) -> Response:
    """A unit's report: one row for each unit below it."""
    report = await visitor.services.get("reporting/v1/reports/match", division=code, as_known=as_known)
    trail = await request.app.state.places.trail(visitor.services, visitor.principal.division, code)
    village = Division(code).child_level is None
    return page(
        request,
        "match.html",
        report=report,
        trail=trail,
        groups=GROUPS,
        training=TRAINING,
        village=village,
        as_known=as_known,
        behind=_behind(as_known),
        down=lambda unit: link(f"/match/{unit}", as_known=as_known),
        bar=_bar,
    )


@router.get("/match/{code}/csv")
async def download_match(code: str, visitor: TheVisitor, as_known: int | None = None) -> Response:
    """The same table for a spreadsheet."""
    query = {"as_known": str(as_known)} if as_known is not None else {}
    file = await visitor.services.file("reporting/v1/reports/match", division=code, format="csv", **query)
    kept = {name: file.headers[name] for name in ("content-type", "content-disposition") if name in file.headers}
    return Response(file.content, headers=kept)


@router.get("/behind/{code}/{column}")
async def show_behind(
    request: Request,
    code: str,
    column: str,
    visitor: TheVisitor,
    as_known: int | None = None,
    cursor: str | None = None,
    limit: int = NAMES_AT_ONCE,
) -> Response:
    """The women (or households) behind a number; over all pages as many as it says."""
    found = await visitor.services.get(
        "reporting/v1/reports/match/women",
        division=code,
        column=column,
        as_known=as_known,
        cursor=cursor,
        limit=limit,
    )
    trail = await request.app.state.places.trail(visitor.services, visitor.principal.division, code)
    people = column != "households"
    return page(
        request,
        "behind.html",
        trail=trail,
        code=code,
        heading=HEADINGS.get(column, column),
        items=found["items"],
        names=await names_of(visitor, [item["woman_id"] for item in found["items"]]) if people else {},
        people=people,
        as_known=found["as_known"],
        more=_next(found["next"], code, column, limit),
    )


async def names_of(visitor: TheVisitor, ids: list[str]) -> dict[str, Any]:
    """Masked names from the registry, by woman; those who moved out of the user's units are absent."""
    if not ids or not visitor.principal.may("registry:read"):
        return {}
    answer = await visitor.services.post("registry/v1/women/names", {"ids": ids})
    return {item["woman_id"]: item for item in answer["items"]}


def _behind(as_known: int | None) -> Any:
    return lambda unit, column: link(f"/behind/{unit}/{column}", as_known=as_known)


def _next(url: str | None, code: str, column: str, limit: int) -> str | None:
    if url is None:
        return None
    query = URL(url).params
    return link(f"/behind/{code}/{column}", as_known=query.get("as_known"), cursor=query["cursor"], limit=limit)


def _bar(row: dict[str, Any]) -> dict[str, float]:
    """Shares of the not exited, matched and unmatched, as parts of a hundred."""
    whole = row["not_exited"] or 1
    matched = round(100 * row["matched_not_exited"] / whole, 1)
    return {"matched": matched, "unmatched": round(100 - matched, 1) if row["not_exited"] else 0.0}
