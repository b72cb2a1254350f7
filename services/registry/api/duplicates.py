"""Likely duplicates: the queue, one pair with both records side by side, decisions, the scan that finds them."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404, not_found
from libs.events.types import Record
from libs.service.asking import Asks
from libs.service.dependencies import Now, TheJobs, TheRuntime
from libs.service.in_loop import made
from libs.service.jobs import Run
from libs.service.jobs_api import JobOut, accepted
from libs.service.once import once
from libs.service.paging import Page, PageOf
from libs.service.writes import IfMatch, etag, json_answer, meta_of, transaction_headers
from libs.values.division import Division
from libs.values.valid_date import local_date
from services.registry.api.duplicate_schemas import PairOut, PairReceipt, ScanIn, UndoIn, VerdictIn
from services.registry.api.duplicate_views import shown
from services.registry.domain.likeness import Sign, Strength
from services.registry.domain.pair_events import Answer
from services.registry.handlers import pairing, pairs, scanning
from services.registry.handlers.pairing import Caller, Done
from services.registry.handlers.reading import Reading
from services.registry.projections import women

router = APIRouter(prefix="/v1/duplicates", tags=["duplicates"])
Reader = Annotated[Principal, requires("registry:read")]
Writer = Annotated[Principal, requires("registry:write")]
CODE: Final = r"^[0-9]{12}$"
WAIT: Final = 60.0
Wanted = Literal["waiting", "open", "proposed", "disputed", "same", "different", "closed"]


class PairsAsked:
    """Which pairs are wanted, in the query."""

    def __init__(
        self,
        division: Annotated[str | None, Query(pattern=CODE, description="the caller's unit or one inside it")] = None,
        state: Annotated[Wanted, Query(description="waiting: open, proposed or disputed")] = "waiting",
        sign: Annotated[Sign | None, Query(description="only pairs that agree in this")] = None,
        strength: Annotated[Strength | None, Query(description="only pairs of this strength")] = None,
    ) -> None:
        self.division = division
        self.state = state
        self.sign = sign
        self.strength = strength

    def within(self, unit: Division) -> pairs.Asked:
        """The same as asked of the read model."""
        states: Sequence[pairs.State] = pairs.WAITING if self.state == "waiting" else (self.state,)
        return pairs.Asked(unit.range(), states, self.sign, self.strength)


@router.get("")
async def list_pairs(
    request: Request,
    response: Response,
    principal: Reader,
    runtime: TheRuntime,
    page: Page,
    asked: Annotated[PairsAsked, made(PairsAsked)],
    now: Now,
) -> PageOf[PairOut]:
    """Pairs of records that may be one woman, the strongest first; of another unit's record little is told."""
    unit = Division(asked.division) if asked.division else principal.division
    covers_or_404(principal, unit, "division")
    filters = {"division": unit.code, "state": asked.state, "sign": asked.sign, "strength": asked.strength}
    after = page.after(request, principal, filters)
    listing = pairs.listed(runtime.pool, asked.within(unit))
    rows = await listing.page((after[0], UUID(after[1])) if after else None, page.limit + 1)
    out = await shown(runtime, Reading(principal, "GET /v1/duplicates", now()), rows[: page.limit])
    response.headers["Cache-Control"] = "no-store"
    if len(rows) > page.limit:
        out.append(out[-1])  # stands for the row that shows that there is a next page
    return page.answer(
        request, response, principal, filters, out,
        key=lambda pair: [pair.score, str(pair.pair_id)], count=await page.count(listing),
    )  # fmt: skip


@router.post("/scans", status_code=202, response_model=JobOut)
async def scan_duplicates(
    request: Request, body: ScanIn, principal: Writer, runtime: TheRuntime, jobs: TheJobs
) -> Response:
    """Look for likely duplicates of whoever is new or changed in the division; `full`: of everybody in it."""
    unit = Division(body.division) if body.division else principal.division
    covers_or_404(principal, unit, "division")
    meta = meta_of(request, principal)

    async def work(run: Run) -> dict[str, Any]:
        if body.full:
            await scanning.ask_all(runtime, unit.range())
        xid = await runtime.pool.fetchval("SELECT max(xid::text::bigint) FROM events")
        if xid is not None:
            await runtime.wait_projected(xid, women.NAME, WAIT)
        return {"totals": await scanning.scan(runtime, meta, unit.range(), run.progress)}

    async def start() -> Response:
        told = {"division": unit.code, "full": body.full}
        job = await jobs.start("duplicates", work, principal=principal, scope="registry:write", params=told)
        return await accepted(request, principal, jobs, job)

    return await once(request, principal, start)


@router.get("/{pair_id}")
async def read_pair(
    pair_id: UUID, response: Response, principal: Reader, runtime: TheRuntime, asking: Asks, now: Now
) -> PairOut:
    """One pair; in clear only the caller's own records. The same 404 for nobody's and for another unit's pair."""
    asking.masks(principal)
    asked = Reading(principal, "GET /v1/duplicates/{id}", now(), asking.clear, asking.reason)
    row = await pairs.one(runtime.pool, pair_id, principal.division.range())
    if row is None:
        raise not_found("pair")
    response.headers["ETag"] = etag(row["version"])
    response.headers["Cache-Control"] = "no-store"
    return (await shown(runtime, asked, [row]))[0]


@router.post("/{pair_id}/decision", response_model=PairReceipt)
async def decide_pair(
    pair_id: UUID,
    body: VerdictIn,
    request: Request,
    principal: Writer,
    runtime: TheRuntime,
    now: Now,
    seen: IfMatch,
) -> Response:
    """One woman or two. Of two records of the caller's it is decided; of one it is proposed for his side.

    `same` merges the other record into the one that stays.
    """
    caller = Caller(principal.division, meta_of(request, principal), local_date(now()), seen)

    async def work() -> Response:
        done = await pairing.answer(runtime, caller, pair_id, Answer(body.verdict, body.survivor))
        return await _receipt(request, principal, runtime, done)

    return await once(request, principal, work)


@router.post("/{pair_id}/undo", response_model=PairReceipt)
async def undo_pair(
    pair_id: UUID,
    body: UndoIn,
    request: Request,
    principal: Writer,
    runtime: TheRuntime,
    now: Now,
    seen: IfMatch,
) -> Response:
    """Take the decision back: the pair waits again, and what was merged is two women again."""
    del body
    caller = Caller(principal.division, meta_of(request, principal), local_date(now()), seen)

    async def work() -> Response:
        return await _receipt(request, principal, runtime, await pairing.undo(runtime, caller, pair_id))

    return await once(request, principal, work)


async def _receipt(request: Request, principal: Principal, runtime: TheRuntime, done: Done) -> Response:
    row: Record | None = await pairs.one(runtime.pool, done.pair_id, principal.division.range())
    assert row is not None, "who decided sees the pair"
    headers = {"ETag": etag(done.version)}
    if done.xid is not None:
        headers |= await transaction_headers(request, done.xid)
    return json_answer(PairReceipt(pair_id=done.pair_id, version=done.version, state=row["state"]), 200, headers)
