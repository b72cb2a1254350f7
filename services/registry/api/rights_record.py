"""Everything the registry holds about one woman, in clear, for the copy she asked for (PIPL art. 45)."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, StringConstraints

from libs.access.fastapi import requires
from libs.access.masking import LONGEST_REASON, check_why
from libs.access.principal import Principal, not_found
from libs.events.store import Recorded
from libs.service.auditing import mark, sensitive
from libs.service.bodies import Body
from libs.service.dependencies import Now, TheRuntime
from libs.service.traits import reads
from services.registry.adapters.erasing import GROUP
from services.registry.domain.keys import rights_key
from services.registry.handlers import reading
from services.registry.handlers.reading import Reading
from services.registry.handlers.said import texts_of

router = APIRouter(prefix="/v1/women/{woman_id}", tags=["rights"])
READINGS: Final = """
SELECT at, actor, role, unit, route, reason FROM personal_reads WHERE women && $1 ORDER BY number
"""


class RecordIn(Body):
    """Why it leaves in clear: a code or words; kept in the trail."""

    reason: Annotated[str | None, StringConstraints(max_length=LONGEST_REASON)] = None


class PastOut(BaseModel):
    """One event about her: `body` what it says, `says` what was sealed, null once it is erased."""

    kind: str
    subject: UUID
    number: int
    at: datetime
    actor: str
    role: str
    unit: str
    body: dict[str, Any]
    says: dict[str, str | None]


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
    """All events of her records, household and rights in clear, and who read her. 422 without a `reason`.

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
    streams = [*records, *(rights_key(each) for each in records), *homes]
    loaded = await runtime.store.load_many(streams)
    timeline = [await _past(runtime, stream_id, loaded[stream_id]) for stream_id in streams]
    looks = await runtime.pool.fetch(READINGS, records)
    response.headers["Cache-Control"] = "no-store"
    return RecordOut(
        woman_id=woman_id,
        records=records,
        timeline=sorted((each for part in timeline for each in part), key=lambda each: (each.at, each.number)),
        lines=[LookOut(action=row["route"], **{k: v for k, v in row.items() if k != "route"}) for row in looks],
    )


async def _past(runtime: Any, stream_id: UUID, recorded: list[Recorded[Any]]) -> list[PastOut]:
    texts = await texts_of(runtime, recorded)
    return [
        PastOut(
            kind=each.type,
            subject=stream_id,
            number=each.version,
            at=each.recorded_at,
            actor=each.meta.actor,
            role=each.meta.role,
            unit=each.meta.unit,
            body={name: value for name, value in _plain(each.event).items() if name != "personal"},
            says=texts.get(each.version, {}),
        )
        for each in recorded
    ]


def _plain(event: Any) -> dict[str, Any]:
    """Its fields as JSON has them."""
    said = {**asdict(event), "personal": None}
    found: dict[str, Any] = orjson.loads(orjson.dumps(said, default=str))
    return found
