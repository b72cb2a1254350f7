"""The registry's facts → our read copy: where each woman is registered, what her household earns, which ids are one."""

from collections.abc import Sequence
from typing import Any, Final

from libs.events import aliases
from libs.events.contract import Fact
from libs.events.contracts import registry
from libs.events.service import Consumer
from libs.events.types import Connection

# The newest fact by the publisher's number wins, in whatever order facts of different women arrive.
KEEP: Final = """
INSERT INTO women (woman_id, division, status, number, household_id)
SELECT DISTINCT ON (id) id, division, status, number, household_id
FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::uuid[])
    AS t(id, division, status, number, household_id)
ORDER BY id, number DESC
ON CONFLICT (woman_id) DO UPDATE SET division = excluded.division, status = excluded.status, number = excluded.number,
    household_id = excluded.household_id
WHERE women.number < excluded.number
"""
EARN: Final = """
INSERT INTO household_incomes (household_id, year, per_head_fen, number, assessed)
SELECT DISTINCT ON (id, year) id, year, fen, number, assessed
FROM unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[], $5::bool[]) AS t(id, year, fen, number, assessed)
ORDER BY id, year, assessed DESC, number DESC
ON CONFLICT (household_id, year) DO UPDATE SET per_head_fen = excluded.per_head_fen, number = excluded.number,
    assessed = excluded.assessed
WHERE (household_incomes.assessed, household_incomes.number) < (excluded.assessed, excluded.number)
"""
STATUS: Final = "UPDATE women SET status = $2, number = $3 WHERE woman_id = $1 AND number < $3"
GONE: Final = "UPDATE women SET gone = $2 WHERE woman_id = $1"  # facts of one woman arrive in their order
RESTRICTED: Final = "UPDATE women SET restricted = $2 WHERE woman_id = $1"
ERASE: Final = "UPDATE women SET erased = true WHERE woman_id = $1"
# The words of her lines go from the read model at once; handlers/erasures destroys their keys.
BLANK: Final = "UPDATE roster_lines SET name = NULL, resident_id = NULL, village = NULL WHERE candidate = $1"

HOUSEHOLDS: Final = registry.HouseholdRegistered | registry.HouseholdChanged
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
            [body.household_id for body in bodies],
        )
    incomes = [line for fact in facts if (line := _income(fact)) is not None]
    if incomes:
        await tx.execute(EARN, *(list(column) for column in zip(*incomes, strict=True)))
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


def _income(fact: Fact[Any]) -> tuple[Any, ...] | None:
    """Household, year, fen per head, number, and whether it was assessed: that counts before what a register says."""
    body = fact.body
    if isinstance(body, registry.HouseholdIncomeAssessed):
        return body.household_id, body.year, body.per_head_fen, fact.number, True
    if isinstance(body, HOUSEHOLDS) and body.income_fen is not None:
        return body.household_id, body.as_of.year, body.income_fen, fact.number, False
    return None


HANDLES = (
    registry.HouseholdRegistered,
    registry.HouseholdChanged,
    registry.HouseholdIncomeAssessed,
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
