"""Names and ids of women for those entitled: masked by default, in clear only with a reason that is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from libs.access import masking
from libs.access.deciding import decide
from libs.access.principal import Principal
from libs.events.types import Pool, Record
from libs.events.vault import Vault

IDENTITY: Final = ("name", "resident_id", "phone")

RESTRICTED: Final = "SELECT person_id FROM persons WHERE person_id = ANY($1) AND restricted"
NOTE = """
INSERT INTO personal_reads (at, actor, role, unit, route, reason, women) VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads, whether in clear and why; `route` names the way for the trail."""

    principal: Principal
    route: str
    now: datetime
    clear: bool = False
    reason: str | None = None
    """As `masking.check_why` lets it pass."""


async def identities(
    pool: Pool, vault: Vault, reading: Reading, rows: Sequence[Record]
) -> dict[UUID, dict[str, str | None]]:
    """Name, id and phone of each row; the trail is written before anything is answered in clear."""
    hidden = await withheld(pool, reading.principal, [row["woman_id"] for row in rows])
    shown = [row for row in rows if row["woman_id"] not in hidden]
    places = [(row["woman_id"], field, text) for row in shown for field, text in _wanted(row["sealed"])]
    opened = await vault.open_many([(woman_id, text) for woman_id, _, text in places])
    masks = masking.preset_of(reading.principal, in_clear=reading.clear)
    found: dict[UUID, dict[str, str | None]] = {row["woman_id"]: dict.fromkeys(IDENTITY) for row in rows}
    for (woman_id, field, _), value in zip(places, opened, strict=True):
        found[woman_id][field] = value if value is None else masks[field](value)
    if reading.clear and shown:
        await note(pool, reading, [row["woman_id"] for row in shown])
    return found


async def withheld(pool: Pool, principal: Principal, women: Sequence[UUID]) -> set[UUID]:
    """Those of them whose data may only be stored and protected now, unless he decides about people's rights."""
    if decide(principal, "rights:decide").allowed:
        return set()
    return {row["person_id"] for row in await pool.fetch(RESTRICTED, list(women))}


async def note(pool: Pool, reading: Reading, women: Sequence[UUID]) -> None:
    """One line of the trail."""
    who = reading.principal
    unit, reason = who.division.code, reading.reason or ""
    await pool.execute(NOTE, reading.now, who.sub, who.role, unit, reading.route, reason, list(women))


def _wanted(sealed: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(field, sealed[field]) for field in IDENTITY if field in sealed]
