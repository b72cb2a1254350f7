"""The registry's facts → our read copy: where each woman is registered, and which ids are one woman."""

from collections.abc import Sequence
from typing import Any, Final

from libs.events import aliases
from libs.events.contract import Fact
from libs.events.contracts import registry
from libs.events.service import Consumer
from libs.events.types import Connection

# The newest fact by the publisher's number wins, in whatever order facts of different women arrive.
KEEP: Final = """
INSERT INTO women (woman_id, division, status, number)
SELECT DISTINCT ON (id) id, division, status, number
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS t(id, division, status, number)
ORDER BY id, number DESC
ON CONFLICT (woman_id) DO UPDATE SET division = excluded.division, status = excluded.status, number = excluded.number
WHERE women.number < excluded.number
"""
STATUS: Final = "UPDATE women SET status = $2, number = $3 WHERE woman_id = $1 AND number < $3"
GONE: Final = "UPDATE women SET gone = $2 WHERE woman_id = $1"  # facts of one woman arrive in their order
RESTRICTED: Final = "UPDATE women SET restricted = $2 WHERE woman_id = $1"
ERASE: Final = "UPDATE women SET erased = true WHERE woman_id = $1"
# The words of her lines go from the read model at once; handlers/erasures destroys their keys.
BLANK: Final = "UPDATE roster_lines SET name = NULL, resident_id = NULL, village = NULL WHERE candidate = $1"

STATES: Final = registry.WomanRegistered | registry.WomanChanged | registry.WomanMonitored


async def apply(tx: Connection, facts: Sequence[Fact[Any]]) -> None:
    """In the consumer's transaction, which has locked the offset and dropped duplicates."""
    states = [fact for fact in facts if isinstance(fact.body, STATES)]
    if states:
        bodies = [fact.body for fact in states]
        await tx.execute(
            KEEP,
            [body.woman_id for body in bodies],
            [body.division for body in bodies],
            [getattr(body, "status", "monitored") for body in bodies],
            [fact.number for fact in states],
        )
    for fact in facts:
        await _one(tx, fact)


async def _one(tx: Connection, fact: Fact[Any]) -> None:
    match fact.body:
        case registry.WomanExited() as body:
            await tx.execute(STATUS, body.woman_id, "exited", fact.number)
        case registry.WomanReturned() as body:
            await tx.execute(STATUS, body.woman_id, "returned", fact.number)
        case registry.WomanLeft() | registry.WomanRejoined() as body:
            await tx.execute(GONE, body.woman_id, isinstance(body, registry.WomanLeft))
        case registry.ProcessingRestricted() | registry.RestrictionLifted() as body:
            stopped = isinstance(body, registry.ProcessingRestricted)
            await tx.execute(RESTRICTED, body.woman_id, stopped)
        case registry.WomanMerged() as body:
            await aliases.merge(tx, body.merged_id, body.survivor_id, fact.number, body.on)
        case registry.WomanUnmerged() as body:
            await aliases.unmerge(tx, body.merged_id, fact.number, body.on)
        case registry.WomanErased() as body:
            await tx.execute(ERASE, body.woman_id)
            await tx.execute(BLANK, body.woman_id)


HANDLES = (
    registry.WomanRegistered,
    registry.WomanChanged,
    registry.WomanMonitored,
    registry.WomanLeft,
    registry.WomanRejoined,
    registry.WomanExited,
    registry.WomanReturned,
    registry.WomanMerged,
    registry.WomanUnmerged,
    registry.ProcessingRestricted,
    registry.RestrictionLifted,
    registry.WomanErased,
)

CONSUMER = Consumer("training.registry", "registry", HANDLES, apply)
