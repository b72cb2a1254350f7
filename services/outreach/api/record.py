"""What outreach holds about one woman, for the copy she asked for (PIPL art. 45): the lists on which she stands."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from libs.access.fastapi import requires
from libs.access.masking import check_why
from libs.access.principal import Principal, not_found
from libs.service.auditing import mark, sensitive
from libs.service.past import RecordIn
from libs.service.traits import reads
from services.outreach.api.parts import TheParts
from services.outreach.api.schemas import Topic

router = APIRouter(prefix="/v1/women/{woman_id}", tags=["rights"])

LISTS: Final = """
SELECT a.activity_id, a.unit, a.topic, a.title, a.first_day, a.last_day, r.sessions
FROM reached r JOIN activities a USING (activity_id) WHERE r.woman_id = ANY($1) ORDER BY a.first_day, a.activity_id
"""


class ListedOut(BaseModel):
    """An activity on whose list she stands, and to how many of its sessions she came."""

    activity_id: UUID
    unit: str
    topic: Topic
    title: str
    first_day: date
    last_day: date
    sessions: int


class RecordOut(BaseModel):
    """Her records (more than one after a merge), and the activities on whose lists they stand."""

    woman_id: UUID
    records: list[UUID]
    lists: list[ListedOut]


@router.post("/record", dependencies=[reads(), sensitive("women.copied")])
async def read_record(
    request: Request,
    response: Response,
    woman_id: UUID,
    body: RecordIn,
    principal: Annotated[Principal, requires("outreach:copy")],
    parts: TheParts,
) -> RecordOut:
    """The lists she stands on, of whichever unit. 422 without a `reason`.

    The same 404 for nobody, for another unit's woman, and for one of whom a record lies elsewhere.
    """
    why = check_why(body.reason)
    records = await parts.women.records(woman_id, principal.division.range())
    if not records:
        raise not_found("woman")
    mark(request, "women.copied", why, women=[str(each) for each in records])
    rows = await parts.runtime.pool.fetch(LISTS, records)
    response.headers["Cache-Control"] = "no-store"
    lists = [ListedOut.model_validate(dict(row)) for row in rows]
    return RecordOut(woman_id=woman_id, records=records, lists=lists)
