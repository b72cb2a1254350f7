"""An office's own headings: chosen on the page of a file that could not be read, kept, seen, changed, taken back."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Form, Request
from pydantic import BaseModel, Field
from starlette.responses import Response

from libs.access.fastapi import public
from libs.rosters.mapping import merged
from libs.values.errors import Invalid, NotFound
from services.console.adapters.services import Problem
from services.console.pages.imports import (
    KINDS,
    RowsQuery,
    job_of,
    job_page,
    mapping_in_force,
    own_mapping,
    start_job,
)
from services.console.shell import TheShell, TheVisitor, Visitor, form_page, see

router = APIRouter(dependencies=[public()])
_NO_FORMS: Final = frozenset({"divisions", "changes"})
Text = Annotated[str, Form()]


class HeadingsForm(BaseModel):
    """Columns and, in the same order, the heading for each; `version` as it was shown, empty where none was kept."""

    kind: str = ""
    unit: str = ""
    version: str = ""
    draft: str = ""
    form: int = Field(0, ge=0, le=20)
    column: list[str] = []
    heading: list[str] = []

    def pairs(self) -> list[tuple[str, str]]:
        """Heading and column of each line that is filled in."""
        lines = zip(self.heading, self.column, strict=False)
        return [(heading.strip(), column) for heading, column in lines if heading.strip() and column]


@router.get("/imports/headings")
async def show_headings(request: Request, visitor: TheVisitor) -> Response:
    """What the user's units keep, and those above, by kind of file, with the forms to change and take back."""
    return await _page(request, visitor)


@router.post("/imports/headings")
async def keep_headings(request: Request, visitor: TheVisitor, given: Annotated[HeadingsForm, Form()]) -> Response:
    """Keep the whole of it for a unit; a line left empty is left out."""
    try:
        unit = given.unit or visitor.principal.division.code
        await _keep(visitor, _check(given.kind), unit, given.pairs(), given.version)
    except Problem as problem:
        return await _page(request, visitor, problem)
    return see("/imports/headings")


@router.post("/imports/headings/forget")
async def forget_headings(
    request: Request, visitor: TheVisitor, kind: Text = "", unit: Text = "", version: Text = ""
) -> Response:
    """Take back what a unit keeps."""
    path = f"{KINDS[_check(kind)].service}/v1/header-mappings"
    try:
        await visitor.services.delete(path, version=_version(version), kind=kind, unit=unit)
    except Problem as problem:
        return await _page(request, visitor, problem)
    return see("/imports/headings")


@router.post("/imports/{service}/{job_id}/headings")
async def choose_headings(
    request: Request,
    service: str,
    job_id: UUID,
    visitor: TheVisitor,
    shell: TheShell,
    given: Annotated[HeadingsForm, Form()],
) -> Response:
    """Keep what was chosen for a file that failed, for the user's own unit, and read the file once more.

    What counted before stays, but for the headings and columns that are chosen anew. Where the file is not kept any
    more it is asked for again.
    """
    job = await job_of(visitor, service, job_id)
    if not job["asks"]:
        raise NotFound("console.headings", "这次导入没有要对应的列名。")
    kind, tried = _check(str(job["asks"]["kind"])), bool((job["params"] or {}).get("dry_run"))
    chosen, before = given.pairs(), await mapping_in_force(visitor, kind)
    pairs = merged([(each["heading"], each["column"]) for each in (before or {}).get("columns", ())], chosen)
    try:
        await _keep(visitor, kind, visitor.principal.division.code, pairs if chosen else [], given.version)
    except Problem as problem:
        return await job_page(request, visitor, shell, job, RowsQuery(draft=given.draft, form=given.form), problem)
    kept = shell.drafts.find(visitor.principal.sub, given.draft)
    if kept is None or kept.kind != kind:
        return see("/imports", kind=kind, mode="try" if tried else "import", headings="kept")
    started = await start_job(visitor, kind, kept.filename, kept.file, tried=tried, more=kept.options)
    return see(started, draft=given.draft)


async def _keep(visitor: Visitor, kind: str, unit: str, pairs: list[tuple[str, str]], version: str) -> None:
    if not pairs:
        raise Problem(422, {"code": "console.headings", "detail": "请至少为一列选择文件里的列名。"})
    body = {"columns": [{"heading": heading, "column": column} for heading, column in pairs]}
    path = f"{KINDS[kind].service}/v1/header-mappings"
    await visitor.services.put(path, body, version=_version(version), kind=kind, unit=unit)


async def _page(request: Request, visitor: Visitor, problem: Problem | None = None) -> Response:
    own = visitor.principal.division
    columns: dict[str, list[str]] = {}
    kept: list[dict[str, Any]] = []
    mine = {name: each for name, each in KINDS.items() if name not in _NO_FORMS and visitor.principal.may(each.scope)}
    for service in dict.fromkeys(each.service for each in mine.values()):
        try:
            kept += await visitor.services.all(f"{service}/v1/header-mappings")
        except Problem as refused:
            if refused.status != 403:
                raise
            continue  # an account limited to measures of another service
        found = await visitor.services.get(f"{service}/v1/header-mappings/kinds")
        columns |= {each["kind"]: each["column"] for each in found["items"]}
    kinds = {name: each.title for name, each in mine.items() if name in columns}
    without = [kind for kind in kinds if await own_mapping(visitor, kind) is None]
    return form_page(
        request, "headings.html", problem, kinds=kinds, kept=kept, columns=columns, without=without, own=own.code,
        covers=own.prefix, names=await visitor.names_of_units([own.code, *(each["unit"] for each in kept)]),
    )  # fmt: skip


def _check(kind: str) -> str:
    if kind not in KINDS or kind in _NO_FORMS:
        raise Invalid("console.import", "请选择导入类型和文件。", field="kind")
    return kind


def _version(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None
