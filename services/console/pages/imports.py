"""Files in: choose, try (dry run), look at every row's answer, import, fetch the refused rows."""

from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, File, Form, Request, UploadFile
from starlette.responses import Response

from libs.access.fastapi import public
from libs.values.errors import Invalid
from services.console.shell import TheVisitor, page, see

router = APIRouter(dependencies=[public()])

# kind → heading, service, route, scope
KINDS: dict[str, tuple[str, str, str, str]] = {
    "register": ("建档立卡名册", "registry", "registry/v1/imports", "registry:write"),
    "roster": ("培训花名册或签到表", "training", "training/v1/imports", "training:write"),
    "divisions": ("行政区划", "registry", "registry/v1/divisions/imports", "divisions:write"),
}
OUTCOME = {
    "accepted": "已接受",
    "changed": "有变化",
    "unchanged": "无变化",
    "refused": "已拒绝",
    "skipped": "跳过",
    "matched": "已匹配",
    "waiting": "待确认",
    "not_in_register": "不在登记册",
    "not_a_woman": "非妇女",
    "repeated": "重复",
    "passed": "已转所属单位",
    "not_attended": "未参训",
}
SEVERITY = {"error": "错误", "warning": "警告", "accepted": "已自动更正"}
JOB_STATUS = {
    "queued": "排队中",
    "running": "进行中",
    "succeeded": "完成",
    "failed": "失败",
    "cancelled": "已取消",
    "interrupted": "已中断",
}
TOTALS = {
    "rows": "行",
    "households": "户",
    "persons": "人",
    "women": "女性",
    "accepted": "接受",
    "changed": "变更",
    "unchanged": "无变化",
    "refused": "拒绝",
    "warnings": "警告",
    "women_matched": "已匹配妇女",
    "waiting": "待确认",
    "not_in_register": "不在登记册",
    "not_a_woman": "非妇女",
    "repeated": "重复",
    "passed": "已转所属单位",
    "not_attended": "未参训",
}
ENDED = frozenset({"succeeded", "failed", "cancelled", "interrupted"})
_PIECE = 256 * 1024
_SHOWN = 500


@router.get("/imports")
async def show_imports(request: Request, visitor: TheVisitor) -> Response:
    """The form, with the kinds the user may import."""
    kinds = {name: kind[0] for name, kind in KINDS.items() if visitor.principal.may(kind[3])}
    return page(request, "imports.html", kinds=kinds)


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
    _, service, path, _ = KINDS[kind]
    query = {"filename": file.filename}
    if kind != "divisions":
        query["dry_run"] = "false" if mode == "import" else "true"
    job = await visitor.services.upload(path, _pieces(file), **query)
    return see(f"/imports/{service}/{job['id']}")


@router.get("/imports/{service}/{job_id}")
async def show_job(
    request: Request, service: str, job_id: UUID, visitor: TheVisitor, show: str = "findings"
) -> Response:
    """How far the job is, or what came of it, row by row."""
    if service not in {kind[1] for kind in KINDS.values()}:
        raise Invalid("console.import", "没有这样的导入。")
    job = await visitor.services.get(f"{service}/v1/jobs/{job_id}", wait=1)
    result: dict[str, Any] = job["result"] or {}
    rows = [row for row in result.get("rows", ()) if _wanted(row, show)]
    return page(
        request,
        "job.html",
        job=job,
        service=service,
        result=result,
        rows=rows[:_SHOWN],
        hidden=max(0, len(rows) - _SHOWN),
        show=show,
        ended=job["status"] in ENDED,
        outcome=OUTCOME,
        severity=SEVERITY,
        job_status=JOB_STATUS,
        totals=TOTALS,
    )


@router.get("/imports/registry/{job_id}/refused")
async def download_refused(job_id: UUID, visitor: TheVisitor) -> Response:
    """The workbook of refused rows, in the form they came in, with the reason beside each cell."""
    job = await visitor.services.get(f"registry/v1/jobs/{job_id}")
    path = (job["result"] or {}).get("refused_file")
    if not path:
        raise Invalid("console.import", "这次导入没有被拒绝的行。")
    file = await visitor.services.file(path.lstrip("/"))
    kept = {name: file.headers[name] for name in ("content-type", "content-disposition") if name in file.headers}
    return Response(file.content, headers=kept)


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece


def _wanted(row: dict[str, Any], show: str) -> bool:
    if show == "all":
        return True
    severities = {finding["severity"] for finding in row["findings"]}
    return bool(severities) if show == "findings" else show in severities
