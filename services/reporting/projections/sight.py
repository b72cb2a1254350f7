"""Who may see what, inside the queries: a unit sees its women as they were known at the number it asks for.

It keeps what it knew: a woman who has moved away is not seen now, but as known before the move she is, with nothing
recorded later. Whatever is not in sight is not found.
"""

from dataclasses import dataclass
from uuid import UUID

from libs.events.types import Record
from libs.values.division import Division
from services.reporting.domain.mapping import BY_TYPE
from services.reporting.domain.mapping.row import (
    Context,
    DropsHousehold,
    HoldsHousehold,
    ListsDivisions,
    Measures,
)
from services.reporting.projections import merges
from services.reporting.projections.snapshot import Snapshot

STATE = """
SELECT * FROM women
WHERE woman_id = $1 AND recorded <= $2 AND until > $2 AND division BETWEEN $3 AND $4
"""

HOUSEHOLD = """
SELECT EXISTS (SELECT FROM households
               WHERE household_id = $1 AND recorded <= $2 AND until > $2 AND division BETWEEN $3 AND $4)
"""

DONE_HERE = """
SELECT EXISTS (SELECT FROM lines l JOIN facts f ON f.event_id = l.event_id AND f.key = l.subject_id
               WHERE f.event_id = $1 AND l.subject_id = $2 AND l.recorded <= $3 AND l.times > 0
                 AND l.unit BETWEEN $4 AND $5)
"""

ORGANISED_HERE = """
SELECT body ->> 'unit' BETWEEN $3 AND $4 FROM facts
WHERE key = $1 AND recorded <= $2 AND body ? 'unit' ORDER BY recorded DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """A woman in sight: her state and all records that are hers."""

    state: Record
    records: tuple[UUID, ...]


async def woman(known: Snapshot, of: Division, woman_id: UUID) -> Seen | None:
    """Her, by any of her ids, if she is registered inside `of`."""
    aliases = await merges.aliases(known.tx, [woman_id], known.at)
    canonical = aliases.canonical(woman_id)
    state = await known.tx.fetchrow(STATE, canonical, known.at, *of.range())
    return Seen(state, aliases.groups([woman_id])[canonical]) if state else None


async def fact(known: Snapshot, of: Division, row: Record) -> bool:
    """Whether a fact is about a woman or household inside `of`, an act done there, a course held there, or units."""
    meaning, low_high = BY_TYPE[row["type"]], of.range()
    if isinstance(meaning.effect, ListsDivisions) or (isinstance(meaning.effect, Context) and meaning.effect.public):
        return True
    if isinstance(meaning.effect, HoldsHousehold | DropsHousehold):
        return bool(await known.tx.fetchval(HOUSEHOLD, row["key"], known.at, *low_high))
    if not meaning.women:
        return bool(await known.tx.fetchval(ORGANISED_HERE, row["key"], known.at, *low_high))
    for woman_id in meaning.subjects(row["body"]):
        if await woman(known, of, woman_id):
            return True
    if isinstance(meaning.effect, Measures):
        return bool(await known.tx.fetchval(DONE_HERE, row["event_id"], row["key"], known.at, *low_high))
    return False
