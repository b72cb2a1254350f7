"""What stands behind a woman and behind a line: her measures, her facts in time, one fact by its event id."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from libs.events.keyset import Listing
from libs.events.types import Record
from libs.values.division import Division
from services.reporting.domain.mapping import BY_TYPE, KINDS
from services.reporting.domain.mapping.row import Context
from services.reporting.projections.snapshot import Snapshot

MEASURES = """
SELECT * FROM lines l
WHERE subject_id = ANY($1::uuid[]) AND recorded <= $2 AND reverses_recorded IS NULL AND measure_kind = ANY($3::text[])
  AND NOT EXISTS (SELECT FROM lines r
                  WHERE r.reverses_recorded = l.recorded AND r.reverses_seq = l.seq AND r.recorded <= $2)
ORDER BY valid_from, measure_id
"""

FACTS = """
SELECT * FROM facts
WHERE recorded <= $2 AND (key = ANY($1::uuid[]) OR recorded IN (
    SELECT recorded FROM merges WHERE merged = ANY($1::uuid[])
    UNION SELECT until FROM merges WHERE merged = ANY($1::uuid[])))
ORDER BY recorded DESC LIMIT 1000
"""

NAMED = """
SELECT DISTINCT ON (key) key, body FROM facts
WHERE key = ANY($1::uuid[]) AND recorded <= $2 AND type = ANY($3::text[]) AND body ? 'title'
ORDER BY key, recorded DESC
"""

LINES_OF_WOMAN = """
SELECT * FROM lines
WHERE subject_id = ANY($1::uuid[]) AND recorded <= $2 AND (recorded, seq) > ($3, $4)
ORDER BY recorded, seq LIMIT $5
"""

LINES_OF_UNIT = """
SELECT * FROM lines
WHERE measure_kind = $1 AND unit BETWEEN $2 AND $3 AND recorded <= $4 AND (recorded, seq) > ($5, $6)
ORDER BY recorded, seq LIMIT $7
"""

LINES_OF_EVENT = "SELECT * FROM lines WHERE recorded = $1 AND cause = $2 ORDER BY seq"

FACT = "SELECT * FROM facts WHERE event_id = $1 AND recorded <= $2"

_NAMING = [contract for contract, row in BY_TYPE.items() if isinstance(row.effect, Context)]


async def measures(known: Snapshot, records: Sequence[UUID]) -> list[Record]:
    """Lines of her measures that hold at that number: why she is matched."""
    return await known.tx.fetch(MEASURES, list(records), known.at, list(KINDS))


async def facts(known: Snapshot, records: Sequence[UUID]) -> list[Record]:
    """Her facts, newest first."""
    return await known.tx.fetch(FACTS, list(records), known.at)


async def named(known: Snapshot, measures: Collection[UUID]) -> Mapping[UUID, Mapping[str, Any]]:
    """What measures are called, as last told."""
    rows = await known.tx.fetch(NAMED, list(measures), known.at, _NAMING)
    return {row["key"]: row["body"] for row in rows}


def lines_of_woman(known: Snapshot, records: Sequence[UUID]) -> Listing:
    """All lines about her, reversing ones too, in the order they were written: by recorded number and `seq`."""
    return Listing(known.tx, LINES_OF_WOMAN, (list(records), known.at), (0, 0))


def lines_of_unit(known: Snapshot, division: Division, kind: str) -> Listing:
    """All lines of one kind done in the unit: their times, quantity and fen sum to the report's cells."""
    return Listing(known.tx, LINES_OF_UNIT, (kind, *division.range(), known.at), (0, 0))


async def lines_of_event(known: Snapshot, fact: Record) -> list[Record]:
    """The lines written on an event."""
    return await known.tx.fetch(LINES_OF_EVENT, fact["recorded"], fact["event_id"])


async def fact(known: Snapshot, event_id: UUID) -> Record | None:
    """One fact, by the id under which it was published."""
    return await known.tx.fetchrow(FACT, event_id, known.at)
