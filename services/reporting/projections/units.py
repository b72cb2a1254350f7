"""Names of units and the units below one, as known at a recorded number."""

from collections.abc import Mapping

from libs.events.types import Connection
from libs.values.division import LEVELS, Division

WIDTHS: Mapping[str, int] = dict(zip(LEVELS, (0, 2, 4, 6, 9, 12), strict=True))

CHILDREN = """
SELECT code, name FROM divisions WHERE parent = $1 AND recorded <= $2 AND until > $2 ORDER BY code
"""

NAME = """
SELECT name FROM divisions WHERE code = $1 AND recorded <= $2 AND until > $2 ORDER BY recorded DESC LIMIT 1
"""

EXISTS = """
SELECT EXISTS (SELECT FROM divisions WHERE code BETWEEN $1 AND $2)
    OR EXISTS (SELECT FROM women WHERE division BETWEEN $1 AND $2)
    OR EXISTS (SELECT FROM households WHERE division BETWEEN $1 AND $2)
    OR $1 = '000000000000'
"""


def width_of_children(division: Division) -> int:
    """How many digits name a row of its report."""
    return WIDTHS[division.child_level or "village"]


async def children(tx: Connection, division: Division, at: int) -> dict[str, str]:
    """Code → name of the units below; of a village only itself."""
    if division.child_level is None:
        return {division.code: await name(tx, division, at) or division.code}
    rows = await tx.fetch(CHILDREN, division.code, at)
    return {row["code"]: row["name"] for row in rows}


async def name(tx: Connection, division: Division, at: int) -> str | None:
    """Its name, None while no list has named it."""
    found: str | None = await tx.fetchval(NAME, division.code, at)
    return found


async def exists(tx: Connection, division: Division) -> bool:
    """Whether anything was ever heard of the unit or of one inside it."""
    found: bool = await tx.fetchval(EXISTS, *division.range())
    return found
