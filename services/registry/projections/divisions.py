"""Divisions by code: names for every page, children for every table, villages for every import."""

from collections.abc import Iterator, Sequence
from typing import Any

from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool
from services.registry.domain.division_list import DivisionsListed, Line

NAME = "divisions"

UPSERT = """
INSERT INTO divisions (code, name, level, parent, urban_rural, edition)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
ON CONFLICT (code) DO UPDATE SET name = excluded.name, level = excluded.level, parent = excluded.parent,
    urban_rural = excluded.urban_rural, edition = excluded.edition
"""
ONE = "SELECT code, name, level, parent FROM divisions WHERE code = $1"
CHILDREN = "SELECT code, name, level, parent FROM divisions WHERE parent = $1 ORDER BY code"
INSIDE = "SELECT code, name, level, parent, urban_rural FROM divisions WHERE code BETWEEN $1 AND $2 ORDER BY code"
COUNTIES = "SELECT code, name, level, parent, urban_rural FROM divisions WHERE level = 'county' ORDER BY code"
NAMES = "SELECT code, name FROM divisions WHERE code = ANY($1)"


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """Later lists of a page replace earlier ones, code by code."""
    rows: dict[str, tuple[str, ...]] = {}
    for recorded in events:
        event = recorded.event
        assert isinstance(event, DivisionsListed)
        for line in event.lines:
            rows[line.code] = (line.code, line.name, line.level, line.parent, line.urban_rural, event.edition)
    await tx.execute(UPSERT, *(list(column) for column in zip(*rows.values(), strict=True)))


PROJECTION = Projection(NAME, (DivisionsListed,), apply, tables=("divisions",))


async def one(pool: Pool, code: str) -> dict[str, str] | None:
    """A division, if it is listed."""
    row = await pool.fetchrow(ONE, code)
    return dict(row) if row else None


async def children(pool: Pool, code: str) -> list[dict[str, str]]:
    """The units one level down, by code."""
    return [dict(row) for row in await pool.fetch(CHILDREN, code)]


async def inside(pool: Pool, low: str, high: str) -> list[Line]:
    """Every division of a range of codes."""
    return list(_lines(await pool.fetch(INSIDE, low, high)))


async def counties(pool: Pool) -> list[Line]:
    """Every listed county: a file may name a wrong one, which is to be told from one that does not exist."""
    return list(_lines(await pool.fetch(COUNTIES)))


async def names(pool: Pool, codes: Sequence[str]) -> dict[str, str]:
    """Names by code."""
    return {row["code"]: row["name"] for row in await pool.fetch(NAMES, list(set(codes)))}


def _lines(rows: Sequence[Any]) -> Iterator[Line]:
    for row in rows:
        yield Line(row["code"], row["name"], row["level"], row["parent"], row["urban_rural"])
