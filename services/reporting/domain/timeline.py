"""One fact of a woman as an entry of her timeline: what happened, when it was true, what it says. Pure."""

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from services.reporting.domain.mapping.row import (
    Body,
    Exits,
    Measures,
    Merges,
    Registers,
    Returns,
    Row,
    Unmerges,
    Withdraws,
)

_REGISTER_SAYS: Final = ("division", "status", "household_id", "labour", "in_school", "baseline_exit")


def valid(row: Row, body: Body) -> str | None:
    """The valid date of the fact as its contract gives it: a day, month, year or interval."""
    match row.effect:
        case Registers():
            return str(body["as_of"])
        case Exits(field) | Returns(field):
            return str(body[field])
        case Measures() as measure:
            first, last = body[measure.first], body[measure.last]
            return str(first) if first == last else f"{first}/{last}"
        case Merges() | Unmerges():
            return str(body["on"])
        case _:
            return None


def measure_of(row: Row, body: Body) -> UUID | None:
    """The measure a fact is about, for its name."""
    match row.effect:
        case Measures() | Withdraws() as measure:
            return UUID(body[measure.measure_id])
        case _:
            return None


def says(row: Row, body: Body, named: Mapping[UUID, Mapping[str, Any]]) -> dict[str, Any]:
    """What an entry shows beside its dates; `named` describes measures by id."""
    match row.effect:
        case Registers():
            return {name: body[name] for name in _REGISTER_SAYS}
        case Exits() | Returns():
            return {"reported_by": body["source"]}
        case Measures() as measure:
            done = measure.delivered is None or body[measure.delivered]
            size = {measure.kind.quantity_name: body[measure.quantity], "completed": done}
            return _measure(measure.measure_id, body, named) | size
        case Withdraws() as withdrawal:
            return _measure(withdrawal.measure_id, body, named)
        case Merges(merged, survivor) | Unmerges(merged, survivor):
            return {"merged_id": body[merged], "survivor_id": body[survivor]}
        case _:
            return {}


def _measure(field: str, body: Body, named: Mapping[UUID, Mapping[str, Any]]) -> dict[str, Any]:
    described = named.get(UUID(body[field]), {})
    return {field: body[field], "title": described.get("title"), "place": described.get("place")}
