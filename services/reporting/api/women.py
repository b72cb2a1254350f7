"""A woman's page: how she counts, why, and her timeline."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from fastapi import APIRouter

from libs.access.principal import not_found
from libs.events.types import Record
from libs.service.auditing import sensitive
from libs.service.dependencies import TheRuntime
from libs.values.division import Division
from libs.values.target_group import target_group
from services.reporting.api.dependencies import AgesOn, AsKnown, Freshness, Reader, freshness, reading
from services.reporting.api.schemas import Entry, Reason, WomanOut
from services.reporting.domain import timeline
from services.reporting.domain.mapping import BY_TYPE, MATCHING
from services.reporting.projections import sight, stories, units
from services.reporting.projections.sight import Seen
from services.reporting.projections.snapshot import Snapshot

router = APIRouter(prefix="/v1/women", tags=["women"])


@router.get("/{woman_id}", dependencies=[sensitive("woman.opened")])
async def read_woman(
    principal: Reader, runtime: TheRuntime, woman_id: UUID, as_known: AsKnown = None, on: AgesOn = None
) -> WomanOut:
    """Her state, target group, why she is matched, and her timeline, newest first.

    Her group is that of the day `on`, or of her register. Any id of hers answers with the one under which she counts.
    404 unless she is registered in the caller's unit.
    """
    fresh = await freshness(runtime)
    async with reading(runtime, as_known) as known:
        seen = await sight.woman(known, principal.division, woman_id)
        if seen is None:
            raise not_found("woman")
        return await _page(known, seen, fresh, on)


async def _page(known: Snapshot, seen: Seen, fresh: Freshness, on: date | None) -> WomanOut:
    measures = await stories.measures(known, seen.records)
    facts = await stories.facts(known, seen.records)
    about = {timeline.measure_of(BY_TYPE[fact["type"]], fact["body"]) for fact in facts} - {None}
    named = await stories.named(known, [each for each in about if each is not None])
    state = seen.state
    return WomanOut(
        woman_id=state["woman_id"],
        records=list(seen.records),
        household_id=state["household_id"],
        division=state["division"],
        division_name=await units.name(known.tx, Division(state["division"]), known.at),
        status=state["status"],
        target_group=_group(state, on),
        baseline_exit=state["baseline_exit"],
        lifted=state["lifted"],
        returned=state["status"] == "returned",
        matched=bool(MATCHING.intersection(state["classes"])),
        reasons=_reasons(measures, named),
        as_of=state["as_of"],
        as_known=known.at,
        timeline=[_entry(fact, named) for fact in facts],
        freshness=fresh,
    )


def _group(state: Record, on: date | None) -> str:
    if on is None:
        return str(state["target_group"])
    return target_group(state["birth_year"], state["labour"], state["in_school"], on).value


def _reasons(lines: Sequence[Record], named: Mapping[UUID, Mapping[str, Any]]) -> list[Reason]:
    return [
        Reason(
            kind=line["measure_kind"],
            measure_class=line["measure_class"],
            measure_id=line["measure_id"],
            title=named.get(line["measure_id"], {}).get("title"),
            phase=line["phase"],
            unit=line["unit"],
            valid_from=line["valid_from"],
            valid_to=line["valid_to"],
            quantity=line["quantity"],
            quantity_unit=line["quantity_unit"],
            matches=line["measure_class"] in MATCHING,
            event_id=line["event_id"],
        )
        for line in lines
    ]


def _entry(fact: Record, named: Mapping[UUID, Mapping[str, Any]]) -> Entry:
    row, body, meta = BY_TYPE[fact["type"]], fact["body"], fact["meta"]
    return Entry(
        recorded=fact["recorded"],
        at=fact["at"],
        valid=timeline.valid(row, body) or meta.get("valid"),
        kind=row.word,
        source=fact["source"],
        actor=meta["actor"],
        role=meta["role"],
        unit=meta["unit"],
        event_id=fact["event_id"],
        course_id=timeline.measure_of(row, body),
        says=timeline.says(row, body, named),
    )
