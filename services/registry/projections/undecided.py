"""Divisions of which a person must say what became of them, with who is registered there."""

from typing import Any
from uuid import UUID

from libs.events.keyset import Listing, before
from libs.events.types import Connection, Pool, Record
from libs.values.division import Division

# A unit that waits for its new code is told even when nobody lives in it; one that is shared only while somebody does.
LIST = """
SELECT u.code, u.change_id, c.kind, c.valid, u.candidates, u.whole, d.name,
    n.households,
    (SELECT count(*) FROM persons p WHERE p.division = u.code AND p.woman AND p.survivor_id IS NULL) AS women
FROM division_undecided u JOIN division_changes c ON c.change_id = u.change_id
    CROSS JOIN LATERAL (SELECT name FROM divisions WHERE code = u.code ORDER BY since DESC LIMIT 1) d
    CROSS JOIN LATERAL (SELECT count(*) AS households FROM household_codes h WHERE h.division = u.code) n
WHERE u.code BETWEEN $1 AND $2 AND (u.whole OR n.households > 0) AND u.code > $3
ORDER BY u.code LIMIT $4
"""
HOUSEHOLDS = """
SELECT h.household_id, h.persons, h.women, h.status,
    ARRAY(SELECT p.person_id FROM persons p WHERE p.household_id = h.household_id AND p.woman AND p.survivor_id IS NULL
          ORDER BY p.person_id) AS records
FROM households h
WHERE h.division BETWEEN $1 AND $2 AND h.division BETWEEN $3 AND $4 AND h.household_id > $5
ORDER BY h.household_id LIMIT $6
"""
ONE = """
SELECT u.code, u.change_id, u.day, u.candidates, u.whole, c.kind, c.valid
FROM division_undecided u JOIN division_changes c ON c.change_id = u.change_id WHERE u.code = $1
"""
WAITING = """
SELECT u.code, u.change_id, u.day, u.candidates, u.whole, c.kind, c.valid
FROM division_undecided u JOIN division_changes c ON c.change_id = u.change_id
WHERE u.whole AND c.kind <> 'split' AND u.code BETWEEN $1 AND $2 ORDER BY u.day, u.code
"""
OF_HOUSEHOLD = "SELECT division FROM household_codes WHERE household_id = $1 AND division BETWEEN $2 AND $3"


def listed(pool: Pool, scope: tuple[str, str]) -> Listing:
    """Undecided units of a range of codes, by code."""
    return Listing(pool, LIST, scope, (before(scope),))


def households(pool: Pool, unit: Division, scope: tuple[str, str]) -> Listing:
    """The households registered in one unit or below, as far as they lie in the range, by id."""
    return Listing(pool, HOUSEHOLDS, (*unit.range(), *scope), (UUID(int=0),))


async def one(source: Pool | Connection, code: str) -> Record | None:
    """An undecided unit with its change."""
    return await source.fetchrow(ONE, code)


async def waiting(pool: Pool, scope: tuple[str, str]) -> list[Any]:
    """Units that wait for their new code, but not those of a split: these are never answered by a list."""
    return list(await pool.fetch(WAITING, *scope))


async def division_of(pool: Pool, household_id: UUID, scope: tuple[str, str]) -> str | None:
    """Where a household of the range is registered."""
    found: str | None = await pool.fetchval(OF_HOUSEHOLD, household_id, *scope)
    return found
