"""Every consumed contract, kept once under reporting's own gapless number, in the consumer's transaction."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from libs.events.contract import Fact
from libs.events.meta import meta_to_json
from libs.events.recorded import next_numbers
from libs.events.types import Connection
from services.reporting.domain.book import Numbered
from services.reporting.domain.mapping import BY_TYPE
from services.reporting.domain.records import Entry

COUNTER = "reporting"

COLUMNS = ("recorded", "event_id", "source", "log_id", "number", "type", "key", "body", "meta", "at")

KNOWN = "SELECT event_id FROM facts WHERE event_id = ANY($1::uuid[])"

HISTORY = """
SELECT recorded, number, event_id, source, type, key, body FROM facts
WHERE key = ANY($1::uuid[]) AND recorded < $2 AND type = ANY($3::text[])
ORDER BY recorded
"""

BETWEEN = """
SELECT recorded, number, event_id, source, type, key, body FROM facts
WHERE recorded > $1 AND recorded <= $2 ORDER BY recorded
"""

OF_ONE_WOMAN = [contract for contract, row in BY_TYPE.items() if len(row.women) == 1]


async def keep(tx: Connection, facts: Sequence[Fact[Any]]) -> list[Numbered]:
    """Number and store the facts that are new, in their order; returns those.

    Drawing the numbers locks the counter to commit: from here on the transactions of all consumers are one after
    another, number order is commit order, and every later statement sees all smaller numbers.
    """
    known = {row["event_id"] for row in await tx.fetch(KNOWN, [fact.event_id for fact in facts])}
    fresh = {fact.event_id: fact for fact in facts if fact.event_id not in known}
    if not fresh:
        return []
    numbers = await next_numbers(tx, COUNTER, len(fresh))
    numbered = [_numbered(number, fact) for number, fact in zip(numbers, fresh.values(), strict=True)]
    records = [_record(each, fresh[each.event_id]) for each in numbered]
    await tx.copy_records_to_table("facts", columns=COLUMNS, records=records)
    return numbered


async def entries(tx: Connection, women: Collection[UUID], before: int) -> Mapping[UUID, list[Entry]]:
    """Facts of these records with smaller numbers, by the id under which they were recorded."""
    found: dict[UUID, list[Entry]] = {}
    for row in await tx.fetch(HISTORY, list(women), before, OF_ONE_WOMAN):
        entry = Entry(row["recorded"], row["number"], row["event_id"], row["source"], BY_TYPE[row["type"]], row["body"])
        found.setdefault(row["key"], []).append(entry)
    return found


async def between(connection: Connection, after: int, upto: int) -> list[Numbered]:
    """Kept facts above one recorded number, up to another, as `keep` returned them."""
    return [
        Numbered(
            row["recorded"],
            row["number"],
            row["event_id"],
            row["source"],
            BY_TYPE[row["type"]],
            row["key"],
            row["body"],
        )
        for row in await connection.fetch(BETWEEN, after, upto)
    ]


def _numbered(recorded: int, fact: Fact[Any]) -> Numbered:
    body = fact.body.model_dump(mode="json")
    return Numbered(recorded, fact.number, fact.event_id, fact.source, BY_TYPE[fact.type], fact.key, body)


def _record(each: Numbered, fact: Fact[Any]) -> tuple[object, ...]:
    meta = meta_to_json(fact.meta)
    return (
        each.recorded, each.event_id, each.source, fact.log_id, fact.number, fact.type, fact.key, each.body, meta,
        fact.at,
    )  # fmt: skip
