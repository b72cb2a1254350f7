"""Everything training holds about one woman, in clear, for the copy she asked for (PIPL art. 45)."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from libs.access.fastapi import requires
from libs.access.masking import check_why
from libs.access.principal import Principal, not_found
from libs.service.auditing import mark, sensitive
from libs.service.past import PastOut, RecordIn, told
from libs.service.traits import reads
from services.training.api.parts import TheParts
from services.training.domain.keys import follow_up_id, waitlist_id

router = APIRouter(prefix="/v1/women/{woman_id}", tags=["rights"])

RECORDS: Final = """
WITH RECURSIVE her(id) AS (
    SELECT coalesce((SELECT canonical FROM canonical_ids WHERE id = $1), $1::uuid)
    UNION
    SELECT a.merged FROM her h, LATERAL (
        SELECT merged FROM aliases WHERE survivor = h.id AND ended IS NULL OFFSET 0
    ) a
)
SELECT id FROM her WHERE (
    SELECT bool_and(w.division BETWEEN $2 AND $3) FROM women w WHERE w.woman_id IN (SELECT id FROM her))
ORDER BY id
"""
ENROLMENTS: Final = "SELECT enrolment_id FROM enrolments WHERE woman_id = ANY($1) ORDER BY enrolment_id"
CERTIFICATES: Final = (
    "SELECT DISTINCT certificate_id FROM certificates WHERE woman_id = ANY($1) ORDER BY certificate_id"
)
WAITED: Final = "SELECT DISTINCT course_id FROM waitlist WHERE woman_id = ANY($1) ORDER BY course_id"


class RecordOut(BaseModel):
    """Her records (more than one after a merge), and every version of what they say."""

    woman_id: UUID
    records: list[UUID]
    timeline: list[PastOut]


@router.post("/record", dependencies=[reads(), sensitive("women.copied")])
async def read_record(
    request: Request,
    response: Response,
    woman_id: UUID,
    body: RecordIn,
    principal: Annotated[Principal, requires("training:copy")],
    parts: TheParts,
) -> RecordOut:
    """Her classes, what came after them, and her places on waiting lists, in clear. 422 without a `reason`.

    The same 404 for nobody, for another unit's woman, and for one of whom a record lies elsewhere. Roster lines that
    may be hers, or not, wait for a person and are nobody's yet.
    """
    why = check_why(body.reason)
    pool, store = parts.runtime.pool, parts.runtime.store
    records = [row["id"] for row in await pool.fetch(RECORDS, woman_id, *principal.division.range())]
    if not records:
        raise not_found("woman")
    mark(request, "women.copied", why, women=[str(each) for each in records])
    enrolments = [row["enrolment_id"] for row in await pool.fetch(ENROLMENTS, records)]
    lists = [waitlist_id(row["course_id"]) for row in await pool.fetch(WAITED, records)]
    after = [follow_up_id(each) for each in enrolments]
    papers = [row["certificate_id"] for row in await pool.fetch(CERTIFICATES, records)]
    streams = await store.load_many([*enrolments, *after, *papers, *lists])
    hers, seats = set(records), set(enrolments)
    streams |= {each: [said for said in streams[each] if said.event.woman_id in hers] for each in lists}
    streams |= {each: [said for said in streams[each] if said.event.enrolment_id in seats] for each in papers}
    response.headers["Cache-Control"] = "no-store"
    return RecordOut(woman_id=woman_id, records=records, timeline=await told(parts.runtime, streams))
