"""Files in: choose, try (dry run), look at every row's answer, import, fetch the refused rows."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.errors import Invalid, NotFound
from services.console.adapters.services import Problem
from services.console.shell import TheVisitor, Visitor, handed_on, page, see

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
    "roster": Kind("培训花名册或签到表", "training", "training/v1/imports", "training:write", "roster"),
    "divisions": Kind("行政区划", "registry", "registry/v1/divisions/imports", "divisions:write", "divisions"),
}
SHOW: Final = {"findings": "有说明的行", "error": "错误", "warning": "警告", "accepted": "已自动更正", "all": "全部"}
ENDED: Final = frozenset({"succeeded", "failed", "cancelled", "interrupted"})
_PIECE = 256 * 1024
_SHOWN = 500
_RECENT = 10


@router.get("/imports")
async def show_imports(request: Request, visitor: TheVisitor, kind: str = "", mode: str = "try") -> Response:
    """The form, with the kinds the user may import, and the imports of her unit."""
    kinds = {name: each.title for name, each in KINDS.items() if visitor.principal.may(each.scope)}
    chosen = kind if kind in kinds else next(iter(kinds), "")
    return page(request, "imports.html", kinds=kinds, chosen=chosen, mode=mode, jobs=await _recent(visitor))


@router.post("/imports")
async def start_import(
    visitor: TheVisitor,
    file: Annotated[UploadFile, File()],
    kind: Annotated[str, Form()] = "",
    mode: Annotated[str, Form()] = "try",
) -> Response:
    """Hand the file to its service; on to the job's page."""
    if kind not in KINDS or not file.filename:
        raise Invalid("console.import", "请选择导入类型和文件。", field="file")
    chosen = KINDS[kind]
    query = {"filename": file.filename}
    if kind != "divisions":
        query["dry_run"] = "false" if mode == "import" else "true"
    job = await visitor.services.upload(chosen.path, _pieces(file), **query)
    return see(f"/imports/{chosen.service}/{job['id']}")


@router.get("/imports/{service}/{job_id}")
async def show_job(
    request: Request, service: str, job_id: UUID, visitor: TheVisitor, show: str = "findings"
) -> Response:
    """How far the job is, or what came of it, row by row."""
    job = await _job(visitor, service, job_id, wait=1)
    result: dict[str, Any] = job["result"] or {}
    rows = [row for row in result.get("rows", ()) if _wanted(row, show)]
    ended = job["status"] in ENDED
    answer = page(
        request,
        "job.html",
        job=job,
        kind=next((name for name, each in KINDS.items() if each.job == job["kind"]), ""),
        params=job["params"] or {},
        result=result,
        rows=rows[:_SHOWN],
        hidden=max(0, len(rows) - _SHOWN),
        show=show,
        filters=SHOW,
        ended=ended,
    )
    if ended and "hx-request" in request.headers:
        answer.headers["HX-Refresh"] = "true"  # the poll is over: the whole page, with its result
    return answer


@router.get("/imports/{service}/{job_id}/refused")
async def download_refused(service: str, job_id: UUID, visitor: TheVisitor) -> Response:
    """The workbook of refused rows, in the form they came in, with the reason beside each cell."""
    job = await _job(visitor, service, job_id)
    path = (job["result"] or {}).get("refused_file")
    if not path:
        raise NotFound("console.refused", "这次导入没有被拒绝的行。")
    return handed_on(await visitor.services.file(path.lstrip("/")))


async def _job(visitor: Visitor, service: str, job_id: UUID, **query: Any) -> Any:
    if service not in {kind.service for kind in KINDS.values()}:
        raise NotFound("console.import", "没有这样的导入。")
    return await visitor.services.get(f"{service}/v1/jobs/{job_id}", **query)


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


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece


def _wanted(row: dict[str, Any], show: str) -> bool:
    if show == "all":
        return True
    severities = {finding["severity"] for finding in row["findings"]}
    return bool(severities) if show == "findings" else show in severities
