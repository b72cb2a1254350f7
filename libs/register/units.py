"""What the units below a unit are called, as the registry listed them."""

from collections.abc import Mapping
from typing import Final

from libs.events.types import Pool
from libs.values.division import Division

CHILDREN: Final = """
SELECT code, name FROM divisions
WHERE level = $3 AND code BETWEEN $1 AND $2 AND (valid_to IS NULL OR valid_to > $4::date) ORDER BY code
"""
NAMED: Final = "SELECT code, name FROM divisions WHERE code = ANY($1)"


class Units:
    """The read copy, asked for names."""

    def __init__(self, pool: Pool) -> None:
        """The service's database."""
        self._pool = pool

    async def below(self, division: Division, level: str, on: object) -> Mapping[str, str]:
        """Code → name of the units of a level inside a unit that live on a day."""
        rows = await self._pool.fetch(CHILDREN, *division.range(), level, on)
        return {row["code"]: row["name"] for row in rows}

    async def named(self, codes: list[str]) -> Mapping[str, str]:
        """Code → name; what was never listed is absent."""
        return {row["code"]: row["name"] for row in await self._pool.fetch(NAMED, codes)}
