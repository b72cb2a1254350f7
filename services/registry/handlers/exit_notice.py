"""What a public notice needs of the register: the head's name, where the head is a registered woman, and the places."""

from typing import Final
from uuid import UUID

from libs.events.types import Pool
from libs.events.vault import Vault
from libs.values.division import Division
from services.registry.projections import divisions

HEAD: Final = """
SELECT woman_id, sealed->>'name' AS name FROM women
WHERE household_id = $1 AND head AND merged_into IS NULL AND NOT erased
  AND NOT EXISTS (SELECT FROM persons p WHERE p.person_id = woman_id AND p.restricted) LIMIT 1
"""


async def head_of(pool: Pool, vault: Vault, household_id: UUID) -> str | None:
    """The head's name in clear, to be masked for the notice; None where the head is a man, whom we
    keep no name of, or her data may not be used."""
    row = await pool.fetchrow(HEAD, household_id)
    if row is None or row["name"] is None:
        return None
    return (await vault.open_many([(row["woman_id"], row["name"])]))[0]


async def places_of(pool: Pool, village: Division) -> list[str]:
    """Names of county, township and village."""
    codes = [village.at("county").code, village.at("township").code, village.code]
    names = await divisions.names(pool, codes)
    return [names.get(code, "") for code in codes]
