"""Everything the registry holds about one woman, in clear, for the copy she asked for (PIPL art. 45)."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from libs.access.fastapi import requires
from libs.access.masking import check_why
from libs.access.principal import Principal, not_found
from libs.service.auditing import mark, sensitive
from libs.service.dependencies import Now, TheRuntime
from libs.service.past import PastOut, RecordIn, told
from libs.service.traits import reads
from services.registry.adapters.erasing import GROUP
from services.registry.domain.keys import incomes_id, needs_id, rights_key
from services.registry.handlers import reading
from services.registry.handlers.reading import Reading

router = APIRouter(prefix="/v1/women/{woman_id}", tags=["rights"])
EXITS: Final = "SELECT process_id FROM exit_processes WHERE household_id = ANY($1) ORDER BY process_id"
READINGS: Final = """
SELECT at, actor, role, unit, route, reason FROM personal_reads WHERE women && $1 ORDER BY number
"""


class LookOut(BaseModel):
    """Somebody read her name or number in clear."""

    at: datetime
    actor: str
    role: str
    unit: str
    action: str
    reason: str


class RecordOut(BaseModel):
    """Her records (more than one after a merge), every version of what they say, and who looked."""

    woman_id: UUID
    records: list[UUID]
    timeline: list[PastOut]
    lines: list[LookOut]


@router.post("/record", dependencies=[reads(), sensitive("women.copied")])
async def read_record(
    request: Request,
    response: Response,
    woman_id: UUID,
    body: RecordIn,
    principal: Annotated[Principal, requires("rights:copy")],
    runtime: TheRuntime,
    now: Now,
) -> RecordOut:
    """All events of her records, rights and needs, of her household, its incomes and exits, and who read her.

    In clear; 422 without a `reason`.

    The same 404 for nobody, for another unit's woman, and for one of whom a record lies elsewhere.
    """
    why = check_why(body.reason)
    group = await runtime.pool.fetch(GROUP, woman_id, *principal.division.range())
    if not group or not all(row["mine"] for row in group):
        raise not_found("woman")
    records = [row["person_id"] for row in group]
    mark(request, "women.copied", why, women=[str(each) for each in records])
    await reading.note(runtime.pool, Reading(principal, "POST /v1/women/{id}/record", now(), True, why), records)
    homes = dict.fromkeys(row["household_id"] for row in group)
    exits = [row["process_id"] for row in await runtime.pool.fetch(EXITS, list(homes))]
    streams = await runtime.store.load_many(
        [*records, *map(rights_key, records), *map(needs_id, records), *homes, *map(incomes_id, homes), *exits]
    )
    looks = await runtime.pool.fetch(READINGS, records)
    response.headers["Cache-Control"] = "no-store"
    return RecordOut(
        woman_id=woman_id,
        records=records,
        timeline=await told(runtime, streams),
        lines=[LookOut(action=row["route"], **{k: v for k, v in row.items() if k != "route"}) for row in looks],
    )
