"""Households by division: size, state and cause in clear; code, hamlet and phone as ciphertext only."""

from collections.abc import Sequence
from typing import Any, TypeAlias
from uuid import UUID

import orjson

from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool, Record
from services.registry.domain.household import (
    Event,
    HouseholdChanged,
    HouseholdContactErased,
    HouseholdDissolved,
    HouseholdRecoded,
    HouseholdRegistered,
)
from services.registry.projections.women import ciphertexts

NAME = "households"
HANDLES = (HouseholdRegistered, HouseholdChanged, HouseholdRecoded, HouseholdDissolved, HouseholdContactErased)
Told: TypeAlias = HouseholdRegistered | HouseholdChanged | HouseholdRecoded

UPSERT = """
INSERT INTO households (household_id, version, division, persons, women, status, attribute, main_cause, income_fen,
                        members, as_of, sealed, monitoring, risk_removed)
SELECT household_id, version, division, persons, women, status, attribute, main_cause, income_fen,
       members::jsonb, as_of, sealed, monitoring, risk_removed
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::smallint[], $5::smallint[], $6::text[], $7::text[], $8::text[],
            $9::bigint[], $10::text[], $11::date[], $12::jsonb[], $13::text[], $14::bool[])
     AS n(household_id, version, division, persons, women, status, attribute, main_cause, income_fen, members, as_of,
          sealed, monitoring, risk_removed)
ON CONFLICT (household_id) DO UPDATE SET version = excluded.version, division = excluded.division,
    persons = excluded.persons, women = excluded.women, status = excluded.status, attribute = excluded.attribute,
    main_cause = excluded.main_cause, income_fen = excluded.income_fen, members = excluded.members,
    as_of = excluded.as_of, sealed = households.sealed || excluded.sealed, monitoring = excluded.monitoring,
    risk_removed = excluded.risk_removed, dissolved = false
"""
BLANK = "UPDATE households SET sealed = '{}' WHERE household_id = ANY($1)"
DISSOLVE = "UPDATE households SET dissolved = true WHERE household_id = ANY($1)"
ONE = """
SELECT household_id, division, persons, women, status, attribute, main_cause, income_fen, members, as_of, sealed,
       monitoring, risk_removed, dissolved
FROM households WHERE household_id = $1 AND division BETWEEN $2 AND $3
"""

SIZES = "SELECT household_id, persons FROM households WHERE household_id = ANY($1)"


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """The last facts of the page win; sealed values are laid over each other."""
    last: dict[UUID, Recorded[Told]] = {}
    sealed: dict[UUID, dict[str, str]] = {}
    erased: list[UUID] = []
    dissolved: set[UUID] = set()
    for recorded in events:
        event: Event = recorded.event
        if isinstance(event, HouseholdContactErased):
            erased.append(event.household_id)
            continue
        if isinstance(event, HouseholdDissolved):
            dissolved.add(event.household_id)
            continue
        dissolved.discard(event.household_id)
        last[event.household_id] = recorded
        told = {} if isinstance(event, HouseholdRecoded) else ciphertexts(event.personal)
        sealed.setdefault(event.household_id, {}).update(told)
    if last:
        rows = [_row(recorded, sealed[household_id]) for household_id, recorded in last.items()]
        await tx.execute(UPSERT, *(list(column) for column in zip(*rows, strict=True)))
    if dissolved:
        await tx.execute(DISSOLVE, list(dissolved))
    if erased:
        await tx.execute(BLANK, erased)


PROJECTION = Projection(NAME, HANDLES, apply, tables=("households",))


def _row(recorded: Recorded[Told], sealed: dict[str, str]) -> tuple[Any, ...]:
    event = recorded.event
    facts = event.facts
    return (
        event.household_id,
        recorded.version,
        facts.division,
        facts.persons,
        facts.women,
        facts.status,
        facts.attribute,
        facts.main_cause,
        facts.income_fen,
        orjson.dumps(facts.members).decode(),
        event.as_of,
        sealed,
        facts.monitoring,
        facts.risk_removed,
    )


async def one(pool: Pool, household_id: UUID, scope: tuple[str, str]) -> Record | None:
    """A household, if it is registered inside the range."""
    return await pool.fetchrow(ONE, household_id, *scope)


async def sizes(pool: Pool, ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many members the register names of each; whoever asks has asked for rights."""
    return {row["household_id"]: row["persons"] for row in await pool.fetch(SIZES, list(ids))}
