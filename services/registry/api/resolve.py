"""Which women a roster means: for services that act for a user, never for people."""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Request

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404
from libs.service.auditing import mark, sensitive
from libs.service.dependencies import Now, TheRuntime
from libs.service.traits import reads
from libs.values.division import Division
from libs.values.valid_date import local_date
from services.registry.api.schemas import FindingOut, ResolveIn, ResolveOut, RowOut
from services.registry.handlers import reading
from services.registry.handlers.reading import Reading
from services.registry.handlers.resolving import Asked, Resolved, plain, resolve

router = APIRouter(prefix="/v1", tags=["resolve"])


@router.post("/resolve", dependencies=[reads(), sensitive("persons.searched")])
async def resolve_rows(
    request: Request,
    body: ResolveIn,
    principal: Annotated[Principal, requires("registry:resolve")],
    runtime: TheRuntime,
    now: Now,
) -> ResolveOut:
    """Find the woman each row means: by id, near id, or name and village. Other units' findings are withheld.

    `asked_by` is the user for whom the service asks: the trail names both.
    """
    unit = Division(body.unit)
    covers_or_404(principal, unit, "unit")
    asker = _asker(principal, body)
    mark(request, "persons.searched", asked_by=asker.sub, asked_as=asker.role, asked_in=unit.code, rows=len(body.rows))
    rows = [
        Asked(row.ref, row.name, plain(row.resident_id) and row.resident_id, plain(row.village), plain(row.township))
        for row in body.rows
    ]
    found = await resolve(runtime.pool, runtime.vault, unit, rows, local_date(now()))
    read = [item.answer.seen.person_id for item in found if item.opened and item.answer.seen]
    if read:
        await reading.note(runtime.pool, Reading(asker, "POST /v1/resolve", now(), True, "checking"), read)
    return ResolveOut(rows=[_row(item) for item in found])


def _asker(service: Principal, body: ResolveIn) -> Principal:
    """The user for whom a service asks; the service itself where it names none."""
    if body.asked_by is None:
        return service
    return replace(service, sub=body.asked_by.actor, role=body.asked_by.role, division=Division(body.unit))


def _row(item: Resolved) -> RowOut:
    answer = item.answer
    seen = answer.seen if answer.seen is not None and answer.seen.woman else None
    return RowOut(
        ref=answer.ref,
        match=answer.match,
        woman_id=seen.person_id if seen and answer.sure else None,
        candidate=seen.person_id if seen and not answer.sure else None,
        division=seen.division if seen else None,
        birth_year=seen.birth_year if seen else None,
        findings=[FindingOut.model_validate(finding.as_json()) for finding in item.findings],
        outside=bool(seen and seen.outside),
    )
