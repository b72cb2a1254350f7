"""Two ids of one person: edges from the merged id to the survivor. Recorded ids are never rewritten.

SQL resolves them: `canonical_id(id)` now, `canonical_id(id, recorded)` as known at a number.
"""

from datetime import date
from uuid import UUID

from libs.events.types import Connection

MERGE = """
INSERT INTO aliases (merged, survivor, recorded, valid) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""
UNMERGE = "UPDATE aliases SET ended = $2, ended_valid = $3 WHERE merged = $1 AND ended IS NULL AND recorded < $2"
CANONICAL = "SELECT canonical_id($1, $2)"


async def merge(tx: Connection, merged: UUID, survivor: UUID, recorded: int, valid: date) -> None:
    """Add an edge; the same merge again changes nothing."""
    await tx.execute(MERGE, merged, survivor, recorded, valid)


async def unmerge(tx: Connection, merged: UUID, recorded: int, valid: date) -> None:
    """End the live edge of `merged`; it stays readable for earlier numbers."""
    await tx.execute(UNMERGE, merged, recorded, valid)


async def canonical(tx: Connection, some_id: UUID, recorded: int | None = None) -> UUID:
    """The surviving id, now or as known at a recorded number."""
    found: UUID = await tx.fetchval(CANONICAL, some_id, recorded)
    return found
