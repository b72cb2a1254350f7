"""The registry's facts → the read copy of the register, in the consumer's transaction.

Facts of one woman arrive in their order, those of different women in any: of states the greatest number counts.
"""

from collections.abc import Sequence
from typing import Any, Final

from libs.events import aliases
from libs.events.contract import Fact
from libs.events.contracts import registry
from libs.events.service import Consumer
from libs.events.types import Connection

KEEP: Final = """
INSERT INTO women (woman_id, division, status, number)
SELECT DISTINCT ON (id) id, division, status, number
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[]) AS t(id, division, status, number)
ORDER BY id, number DESC
ON CONFLICT (woman_id) DO UPDATE SET division = excluded.division, status = excluded.status, number = excluded.number
WHERE women.number < excluded.number
"""
NAME: Final = """
INSERT INTO divisions (code, name, level, parent, valid_to, number)
SELECT t.code, t.name, t.level, t.parent, t.valid_to, $6
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[]) AS t(code, name, level, parent, valid_to)
ON CONFLICT (code) DO UPDATE SET name = excluded.name, level = excluded.level, parent = excluded.parent,
    valid_to = excluded.valid_to, number = excluded.number
WHERE divisions.number < excluded.number
"""
STATUS: Final = "UPDATE women SET status = $2, number = $3 WHERE woman_id = $1 AND number < $3"
GONE: Final = "UPDATE women SET gone = $2 WHERE woman_id = $1"
RESTRICTED: Final = "UPDATE women SET restricted = $2 WHERE woman_id = $1"
ERASED: Final = "UPDATE women SET erased = true WHERE woman_id = $1"

STATES: Final = registry.WomanRegistered | registry.WomanChanged | registry.WomanMonitored
HANDLES: Final = (
    registry.DivisionsListed,
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


def consumer(service: str) -> Consumer:
    """The reader of the registry's facts of one service."""
    return Consumer(f"{service}.registry", "registry", HANDLES, apply)


async def apply(tx: Connection, facts: Sequence[Fact[Any]]) -> None:
    """In the consumer's transaction, which has locked the offset and dropped duplicates."""
    states = [fact for fact in facts if isinstance(fact.body, STATES)]
    if states:
        await tx.execute(
            KEEP,
            [fact.body.woman_id for fact in states],
            [fact.body.division for fact in states],
            [getattr(fact.body, "status", "monitored") for fact in states],
            [fact.number for fact in states],
        )
    for fact in facts:
        await _one(tx, fact)


async def _one(tx: Connection, fact: Fact[Any]) -> None:
    match fact.body:
        case registry.DivisionsListed() as body:
            await _name(tx, body, fact.number)
        case registry.WomanExited() as body:
            await tx.execute(STATUS, body.woman_id, "exited", fact.number)
        case registry.WomanReturned() as body:
            await tx.execute(STATUS, body.woman_id, "returned", fact.number)
        case registry.WomanLeft() | registry.WomanRejoined() as body:
            await tx.execute(GONE, body.woman_id, isinstance(body, registry.WomanLeft))
        case registry.ProcessingRestricted() | registry.RestrictionLifted() as body:
            await tx.execute(RESTRICTED, body.woman_id, isinstance(body, registry.ProcessingRestricted))
        case registry.WomanMerged() as body:
            await aliases.merge(tx, body.merged_id, body.survivor_id, fact.number, body.on)
        case registry.WomanUnmerged() as body:
            await aliases.unmerge(tx, body.merged_id, fact.number, body.on)
        case registry.WomanErased() as body:
            await tx.execute(ERASED, body.woman_id)


async def _name(tx: Connection, body: registry.DivisionsListed, number: int) -> None:
    ends = {each.code: each.valid_to for each in body.validity}
    await tx.execute(
        NAME,
        [each.code for each in body.divisions],
        [each.name for each in body.divisions],
        [each.level for each in body.divisions],
        [each.parent for each in body.divisions],
        [ends.get(each.code) for each in body.divisions],
        number,
    )
