"""Files in: choose, try (dry run), look at every row's answer, import, fetch the refused rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, BinaryIO, Final
from uuid import UUID

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from pydantic import BaseModel, Field
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.errors import Invalid, NotFound
from services.console.adapters.drafts import pieces
from services.console.adapters.services import Problem
from services.console.rules import RULES
from services.console.shell import (
    Shell,
    TheShell,
    TheVisitor,
    Visitor,
    form_page,
    handed_on,
    link,
    next_page,
    page,
    see,
)

router = APIRouter(dependencies=[public()])


@dataclass(frozen=True)
class Kind:
    """A kind of file: where it goes, what it asks for, the word its service has for the job."""

    title: str
    service: str
    path: str
    scope: str
    job: str


KINDS: Final = {
    "register": Kind("建档立卡名册", "registry", "registry/v1/imports", "registry:write", "register"),
    "exits": Kind("脱贫名单或返贫名单", "registry", "registry/v1/exits/imports", "registry:write", "exits"),
    "incomes": Kind("收入核算表", "registry", "registry/v1/incomes/imports", "registry:write", "incomes"),
    "needs": Kind("需求评估表", "registry", "registry/v1/needs/imports", "registry:write", "needs"),
    "roster": Kind("培训花名册或签到表", "training", "training/v1/imports", "training:write", "roster"),
    "publicity": Kind("宣传活动统计表", "outreach", "outreach/v1/imports", "outreach:write", "publicity"),
    "divisions": Kind("行政区划", "registry", "registry/v1/divisions/imports", "divisions:write", "divisions"),
    "changes": Kind(
        "区划变更", "registry", "registry/v1/divisions/changes/imports", "divisions:write", "division-changes"
    ),
}
SHOW: Final = {
    "findings": "有说明的行",
    "severity:error": "错误",
    "severity:warning": "警告",
    "severity:accepted": "已自动更正",
    "all": "全部",
}
REGISTER, FULL = "register", "full"
ENDED: Final = frozenset({"succeeded", "failed", "cancelled", "interrupted"})
_SHOWN = 200
_RECENT = 10


class RowsQuery(BaseModel):
    """Which rows of a job are shown, from which on; `draft` is the file itself, `form` which of several it may be."""

    show: str = "findings"
    draft: str = ""
    start: int = Field(0, ge=0)
    cursor: str | None = None
    form: int = Field(0, ge=0, le=20)


@router.get("/imports")
async def show_imports(
    request: Request, visitor: TheVisitor, kind: str = "", mode: str = "try", headings: str = ""
) -> Response:
    """The form, with the kinds the user may import, and the imports of her unit."""
    kinds = {name: each.title for name, each in KINDS.items() if visitor.principal.may(each.scope)}
    chosen = kind if kind in kinds else next(iter(kinds), "")
    jobs = await _recent(visitor)
    return page(request, "imports.html", kinds=kinds, chosen=chosen, mode=mode, jobs=jobs, headings=headings)


@router.post("/imports")
async def start_import(
    visitor: TheVisitor,
    shell: TheShell,
    file: Annotated[UploadFile, File()],
    kind: Annotated[str, Form()] = "",
    mode: Annotated[str, Form()] = "try",
    status: Annotated[str, Form()] = "",
    edition: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """Hand the file to its service, keeping it in case it goes on from the job's page; on to that page."""
    if kind not in KINDS or not file.filename:
        raise Invalid("console.import", "请选择导入类型和文件。", field="file")
    tried = kind != "divisions" and mode != "import"
    more = {"status": status} if kind == REGISTER and status else {}
    if kind == "divisions":
        more = {"edition": edition.strip()}
    started = await start_job(visitor, kind, file.filename, file.file, tried=tried, more=more)
    if kind == "divisions":
        return see(started)
    return see(started, draft=await shell.drafts.keep(visitor.principal.sub, kind, file.filename, file.file, more))


@router.post("/imports/tried")
async def import_tried(
    visitor: TheVisitor,
    shell: TheShell,
    draft: Annotated[str, Form()] = "",
    extent: Annotated[str, Form()] = "",
    cover: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """Import the very file that was tried; where it is no longer kept, ask for it again.

    `cover` are the units for which its user says it is full (`extent`), so that whom it leaves out is missing.
    """
    kept = shell.drafts.find(visitor.principal.sub, draft)
    if kept is None:
        return see("/imports", mode="import")
    if extent == FULL and not cover:
        raise Invalid("console.cover", "请勾选全量覆盖的单位，或选“部分更新”。", field="cover")
    units = cover if extent == FULL else []
    return see(
        await start_job(visitor, kept.kind, kept.filename, kept.file, tried=False, cover=units, more=kept.options)
    )


@router.get("/imports/{service}/{job_id}")
async def show_job(
    request: Request,
    service: str,
    job_id: UUID,
    visitor: TheVisitor,
    shell: TheShell,
    asked: Annotated[RowsQuery, Query()],
) -> Response:
    """How far the job is, or what came of it, row by row."""
    return await job_page(request, visitor, shell, await job_of(visitor, service, job_id, seconds=1), asked)


async def job_page(
    request: Request, visitor: Visitor, shell: Shell, job: Any, asked: RowsQuery, problem: Problem | None = None
) -> Response:
    """The page of a job; with what was wrong about the form that was sent from it."""
    show, draft, start = asked.show, asked.draft, asked.start
    result: dict[str, Any] = job["result"] or {}
    kind = next((name for name, each in KINDS.items() if each.job == job["kind"]), "")
    mapping = result.get("mapping") or (job["asks"] or {}).get("mapping") or {}
    rows = await _rows(visitor, job, show, asked.cursor)
    path = f"/imports/{job['service']}/{job['id']}"
    ended, kept = job["status"] in ENDED, shell.drafts.find(visitor.principal.sub, draft)
    answer = form_page(
        request,
        "job.html",
        problem,
        job=job,
        here=path,
        kind=kind,
        mapping=mapping,
        mapping_unit=await visitor.names_of_units([mapping["unit"]] if mapping.get("unit") else []),
        **await asked_form(visitor, kind, job["asks"], asked.form),
        params=job["params"] or {},
        result=result,
        rows=rows["items"],
        start=start,
        count=rows["count"],
        more=next_page(path, rows["next"], show=show, draft=draft, start=start + _SHOWN),
        draft=draft if kept else "",
        filters={name: (heading, link(path, show=name, draft=draft)) for name, heading in SHOW.items()},
        show=show,
        rules=RULES,
        ended=ended,
    )
    if ended and "hx-request" in request.headers:
        answer.headers["HX-Refresh"] = "true"  # the poll is over: the whole page, with its result
    return answer


@router.post("/imports/{service}/{job_id}/cancel")
async def cancel_job(service: str, job_id: UUID, visitor: TheVisitor) -> Response:
    """Stop it; what it wrote so far stays, and importing the file again goes on from there."""
    await job_of(visitor, service, job_id)
    await visitor.services.delete(f"{service}/v1/jobs/{job_id}")
    return see(f"/imports/{service}/{job_id}")


@router.post("/imports/{service}/{job_id}/refused")
async def download_refused(
    service: str, job_id: UUID, visitor: TheVisitor, reason: Annotated[str, Form()] = ""
) -> Response:
    """The workbook of refused rows, as they came in, the fault beside each cell; why it is taken stays in the trail."""
    job = await job_of(visitor, service, job_id)
    path = (job["result"] or {}).get("refused_file")
    if not path:
        raise NotFound("console.refused", "这次导入没有被拒绝的行。")
    return handed_on(await visitor.services.file(path.lstrip("/"), "correction", reason=reason or None))


async def start_job(
    visitor: Visitor,
    kind: str,
    filename: str,
    file: BinaryIO,
    *,
    tried: bool,
    cover: Sequence[str] = (),
    more: Mapping[str, str] | None = None,
) -> str:
    """Address of the job that the file became."""
    chosen = KINDS[kind]
    query = {"filename": filename, **(more or {}), **({"cover": ",".join(cover)} if cover else {})}
    if kind != "divisions":
        query["dry_run"] = "true" if tried else "false"
    job = await visitor.services.upload(chosen.path, pieces(file), **query)
    return f"/imports/{chosen.service}/{job['id']}"


async def job_of(visitor: Visitor, service: str, job_id: UUID, seconds: int = 0) -> Any:
    """The job with the name of its `service`, waited for so long."""
    if service not in {kind.service for kind in KINDS.values()}:
        raise NotFound("console.import", "没有这样的导入。")
    return {**await visitor.services.follow(f"{service}/v1/jobs/{job_id}", seconds), "service": service}


async def _recent(visitor: Visitor) -> list[dict[str, Any]]:
    """The last imports of the user's unit, of all services, newest first; without those she may not see."""
    found: list[dict[str, Any]] = []
    for service in dict.fromkeys(kind.service for kind in KINDS.values()):
        try:
            jobs = await visitor.services.get(f"{service}/v1/jobs", limit=_RECENT)
        except Problem:
            continue
        found += [job | {"service": service} for job in jobs["items"]]
    return sorted(found, key=lambda job: str(job["created_at"]), reverse=True)[:_RECENT]


async def asked_form(visitor: Visitor, kind: str, asks: Any, number: int) -> dict[str, Any]:
    """What the form for the file's headings shows: the form chosen, all forms, the version the unit keeps by now."""
    forms = (asks or {}).get("forms") or []
    if not kind or not forms:
        return {"asked": None, "forms": [], "number": 0, "version": ""}
    own = await own_mapping(visitor, kind)
    number = min(number, len(forms) - 1)
    return {"asked": forms[number], "forms": forms, "number": number, "version": own["version"] if own else ""}


async def own_mapping(visitor: Visitor, kind: str) -> Any:
    """The headings that the user's own unit keeps for a kind of file; None where it keeps none."""
    return await mapping_in_force(visitor, kind, nearest="false")


async def mapping_in_force(visitor: Visitor, kind: str, **query: str) -> Any:
    """The headings by which files of the user's unit are read; None where nobody keeps any."""
    try:
        return await visitor.services.get(f"{KINDS[kind].service}/v1/header-mappings/in-force", kind=kind, **query)
    except Problem as problem:
        if problem.status != 404:
            raise
        return None


async def _rows(visitor: Visitor, job: Any, show: str, cursor: str | None) -> Any:
    """A page of the answers to the rows; none while there are none, or when somebody else sent the file."""
    if not job["rows_url"]:
        return {"items": [], "next": None, "count": 0}
    wanted = show if show in SHOW else "findings"
    path = job["rows_url"].lstrip("/")
    return await visitor.services.get(path, show=wanted, cursor=cursor, count="exact", limit=_SHOWN)
