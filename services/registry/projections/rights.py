"""Whom nobody has told yet, and the requests that wait for an answer. Ids, dates and codes only, no word of anybody."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from libs.events.keyset import Listing, before
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool, Record
from libs.values.division import Division
from services.registry.domain import woman_events as w
from services.registry.domain.rights import events as e

NAME: Final = "rights"
FACTS: Final = (w.WomanRegistered, w.WomanChanged, w.WomanRecoded)
STANDS: Final[dict[type, tuple[str, bool]]] = {
    w.WomanLeft: ("gone", True),
    w.WomanRejoined: ("gone", False),
    w.WomanMergedInto: ("merged", True),
    w.WomanSeparated: ("merged", False),
    w.WomanErased: ("erased", True),
}
TOLD: Final = (e.WomanInformed, e.VillageInformed)
ASKED: Final = (e.RequestMade, e.CopyGiven, e.CorrectionAccepted, e.RequestRefused)
HANDLES: Final = (*FACTS, *STANDS, *TOLD, *ASKED)
STATES: Final[dict[type, str]] = {
    e.CopyGiven: "copied",
    e.CorrectionAccepted: "corrected",
    e.RequestRefused: "refused",
}

# A change of codes moves nobody, so `since` stays; a move by a register begins anew.
KEEP: Final = """
INSERT INTO rights_women (woman_id, division, since)
SELECT woman_id, division, since FROM unnest($1::uuid[], $2::text[], $3::date[]) AS n(woman_id, division, since)
ON CONFLICT (woman_id) DO UPDATE SET division = excluded.division, since = CASE
    WHEN rights_women.division = excluded.division OR excluded.woman_id = ANY($4) THEN rights_women.since
    ELSE excluded.since END
WHERE rights_women.division <> excluded.division
"""
STAND: Final = """
UPDATE rights_women SET gone = CASE WHEN $2 = 'gone' THEN $3 ELSE gone END,
    merged = CASE WHEN $2 = 'merged' THEN $3 ELSE merged END, erased = erased OR ($2 = 'erased' AND $3)
WHERE woman_id = $1
"""
INFORM: Final = """
INSERT INTO rights_told (woman_id, purpose, edition, how, told_on) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING
"""
POST: Final = """
INSERT INTO rights_notices (notice_id, division, through, purpose, edition, posted_on)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""
POSTED: Final = """
INSERT INTO rights_told (woman_id, purpose, edition, how, told_on)
SELECT w.woman_id, n.purpose, n.edition, 'posted', min(n.posted_on)
FROM rights_notices n JOIN rights_women w ON w.division BETWEEN n.division AND n.through AND w.since <= n.posted_on
WHERE {0} = ANY($1) AND NOT (w.gone OR w.merged OR w.erased)
GROUP BY w.woman_id, n.purpose, n.edition ON CONFLICT DO NOTHING
"""
TO_ALL: Final = POSTED.format("n.notice_id")
TO_NEW: Final = POSTED.format("w.woman_id")
ASK: Final = """
INSERT INTO rights_requests (request_id, woman_id, kind, field, applicant, made_on, due, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'open')
"""
ANSWER: Final = "UPDATE rights_requests SET state = $2, ended_on = $3 WHERE request_id = $1"
UNTOLD: Final = """
SELECT w.woman_id, w.division, w.since FROM rights_women w
WHERE NOT (w.gone OR w.merged OR w.erased) AND w.division BETWEEN $1 AND $2 AND NOT EXISTS (
    SELECT FROM rights_told t WHERE t.woman_id = w.woman_id AND t.purpose = $3 AND t.edition = $4)
  AND (w.division, w.woman_id) > ($5, $6)
ORDER BY w.division, w.woman_id LIMIT $7
"""
REQUESTS: Final = """
SELECT r.request_id, r.woman_id, w.division, r.kind, r.field, r.applicant, r.made_on, r.due, r.state, r.ended_on
FROM rights_requests r JOIN rights_women w USING (woman_id)
WHERE w.division BETWEEN $1 AND $2 AND CASE WHEN $3 = 'open' THEN r.state = 'open' ELSE r.state <> 'open' END
  AND NOT w.erased AND (r.due, r.request_id) > ($4, $5)
ORDER BY r.due, r.request_id LIMIT $6
"""
OPEN_OF_WOMAN: Final = """
SELECT r.request_id, r.woman_id, w.division, r.kind, r.field, r.applicant, r.made_on, r.due, r.state, r.ended_on
FROM rights_requests r JOIN rights_women w USING (woman_id)
WHERE r.woman_id = $1 AND r.state = 'open' ORDER BY r.due, r.request_id
"""
OF_WOMAN: Final = "SELECT purpose, edition, how, told_on FROM rights_told WHERE woman_id = $1 ORDER BY purpose, told_on"


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """Facts of women as whole columns, all else one by one; order within a woman's stream is kept."""
    rows: dict[UUID, tuple[str, date, bool]] = {}
    for event in (recorded.event for recorded in events):
        if isinstance(event, FACTS):
            if (known := rows.get(event.woman_id)) and known[0] != event.facts.division:
                await _keep(tx, rows)
            moved = isinstance(event, w.WomanRecoded)
            since = known[1] if known and known[0] == event.facts.division else event.as_of
            rows[event.woman_id] = (event.facts.division, since, moved)
            continue
        await _keep(tx, rows)
        await _one(tx, event)
    await _keep(tx, rows)


async def _keep(tx: Connection, rows: dict[UUID, tuple[str, date, bool]]) -> None:
    if not rows:
        return
    divisions, since = [row[0] for row in rows.values()], [row[1] for row in rows.values()]
    recoded = [woman_id for woman_id, row in rows.items() if row[2]]
    await tx.execute(KEEP, list(rows), divisions, since, recoded)
    await tx.execute(TO_NEW, list(rows))
    rows.clear()


async def _one(tx: Connection, event: Any) -> None:
    match event:
        case e.WomanInformed():
            await tx.execute(INFORM, event.woman_id, event.purpose, event.version, event.how, event.on)
        case e.VillageInformed():
            first, last = Division(event.division).range()
            await tx.execute(POST, event.notice_id, first, last, event.purpose, event.version, event.on)
            await tx.execute(TO_ALL, [event.notice_id])
        case e.RequestMade():
            asked = (event.kind, event.field, event.by, event.on, event.due)
            await tx.execute(ASK, event.request_id, event.woman_id, *asked)
        case e.CopyGiven() | e.CorrectionAccepted() | e.RequestRefused():
            await tx.execute(ANSWER, event.request_id, STATES[type(event)], event.on)
        case _:
            await tx.execute(STAND, event.woman_id, *STANDS[type(event)])


def untold(pool: Pool, scope: tuple[str, str], purpose: str, edition: str) -> Listing:
    """Women of a range of divisions who have not been told this edition, by division and id."""
    return Listing(pool, UNTOLD, (*scope, purpose, edition), (before(scope), UUID(int=0)))


def requests(pool: Pool, scope: tuple[str, str], state: str) -> Listing:
    """Requests of a range of divisions, `open` or `answered`, by the day they are to be answered."""
    return Listing(pool, REQUESTS, (*scope, state), (date.min, UUID(int=0)))


async def told(pool: Pool, woman_id: UUID) -> list[Record]:
    """What she was told, in which edition, how and when; whoever asks has asked for rights."""
    return list(await pool.fetch(OF_WOMAN, woman_id))


async def open_of(pool: Pool, woman_id: UUID) -> list[Record]:
    """Her requests that wait for an answer; whoever asks has asked for rights."""
    return list(await pool.fetch(OPEN_OF_WOMAN, woman_id))


PROJECTION = Projection(NAME, HANDLES, apply, ("rights_women", "rights_told", "rights_notices", "rights_requests"))
