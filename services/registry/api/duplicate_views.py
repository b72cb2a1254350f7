"""How pairs are shown: own records masked as everywhere, another unit's by its unit and birth year alone."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, Literal
from uuid import UUID

from libs.events.runtime import Runtime
from libs.events.types import Record
from libs.values.division import LEVELS, Division
from services.registry.api.duplicate_schemas import PairOut, ProposalOut, RecordOut
from services.registry.domain.pair_events import Side
from services.registry.handlers import reading
from services.registry.handlers.pairing import sides_of
from services.registry.handlers.pairs import WAITING
from services.registry.handlers.reading import IDENTITY, Reading
from services.registry.projections import divisions, women

FACTS: Final = ("household_id", "labour", "in_school", "status", "baseline_exit", "head", "relation", "as_of")
COMPARED: Final = (*IDENTITY, "birth_year", "division", *FACTS)
SIDES: Final[tuple[Side, ...]] = ("one", "other")


async def shown(runtime: Runtime, asked: Reading, rows: Sequence[Record]) -> list[PairOut]:
    """Pairs as this caller may see them; reading in clear leaves its trace for the records that were opened."""
    unit = asked.principal.division
    ids = list({row[side] for row in rows for side in SIDES})
    own = {row["woman_id"]: row for row in await women.many(runtime.pool, ids, unit.range())}
    who = await reading.identities(runtime.pool, runtime.vault, asked, list(own.values()))
    told = {(row["pair_id"], side): _place(unit, row, side) for row in rows for side in SIDES}
    names = await divisions.names(runtime.pool, list(told.values()))
    differing = await _differing(runtime, own, rows)

    def record(row: Record, side: Side) -> RecordOut:
        place = told[row["pair_id"], side]
        mine = own.get(row[side])
        common = {"division": place, "division_name": names.get(place, ""), "birth_year": row[f"{side}_birth_year"]}
        if mine is None:
            return RecordOut(own=False, woman_id=None, **common)
        facts = {name: mine[name] for name in FACTS}
        return RecordOut(own=True, woman_id=row[side], **common, **facts, **who[row[side]])

    return [
        PairOut(
            **{name: row[name] for name in PairOut.model_fields if name in row.keys() and name not in _OWN},  # noqa: SIM118 - a record iterates over values
            one=record(row, "one"),
            other=record(row, "other"),
            proposals=list(_proposals(row)),
            may=_may(unit, row),
            differing=differing.get(row["pair_id"], []),
        )
        for row in rows
    ]


_OWN: Final = frozenset({"one", "other", "proposals", "may", "differing"})


def _place(unit: Division, row: Record, side: Side) -> str:
    """The village of an own record; of another's the unit to talk to: the first not shared, a county at least."""
    division = Division(row[f"{side}_division"])
    if unit.covers(division):
        return division.code
    level = next(level for level in LEVELS if unit.at(level) != division.at(level))
    return division.at(max(level, "county", key=LEVELS.index)).code


def _proposals(row: Record) -> Iterator[ProposalOut]:
    for side in SIDES:
        if side in row["proposals"]:
            yield ProposalOut(side=side, **row["proposals"][side])


def _may(unit: Division, row: Record) -> Literal["decide", "propose", "undo", "nothing"]:
    both = len(sides_of(unit, row["one_division"], row["other_division"])) == 2
    if row["state"] in WAITING:
        return "decide" if both else "propose"
    decided = row["verdict"] is not None
    return "undo" if decided and (both or row["settled"] == "agreement") else "nothing"


async def _differing(runtime: Runtime, own: dict[UUID, Record], rows: Sequence[Record]) -> dict[UUID, list[str]]:
    """Fields in which two own records differ; names and numbers are compared in clear and not shown so."""
    both = [row for row in rows if row["one"] in own and row["other"] in own]
    if not both:
        return {}
    places = [
        (woman, name, own[woman]["sealed"][name])
        for woman in {row[side] for row in both for side in SIDES}
        for name in IDENTITY
        if name in own[woman]["sealed"]
    ]
    opened = await runtime.vault.open_many([(woman, text) for woman, _, text in places])
    clear = {(woman, name): text for (woman, name, _), text in zip(places, opened, strict=True)}

    def value(woman: UUID, name: str) -> Any:
        return clear.get((woman, name)) if name in IDENTITY else own[woman][name]

    return {
        row["pair_id"]: [name for name in COMPARED if value(row["one"], name) != value(row["other"], name)]
        for row in both
    }
