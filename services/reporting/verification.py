"""Whether reporting kept exactly what was published to it: every record once, as it is, under gapless numbers."""

from collections.abc import Sequence
from typing import Any

from libs.events.replay import replay_of
from libs.events.service import Consumer
from libs.events.types import Connection
from libs.events.verifying.check import Check, differing, pages
from services.reporting.projections.facts import COUNTER

TAKEN = """
SELECT partition, number FROM offsets WHERE consumer = $1 AND log_id = $2
"""
PUBLISHED = """
SELECT p.number, p.event_id, p.type, p.key, p.data, p.meta FROM published p
JOIN unnest($1::smallint[], $2::bigint[]) AS o(partition, number) USING (partition)
WHERE p.number <= o.number AND p.type = ANY($3) ORDER BY p.number
"""
KEPT = "SELECT event_id, number, type, key, body FROM facts WHERE event_id = ANY($1::uuid[])"
PARKED = "SELECT number FROM parked WHERE consumer = $1 AND number = ANY($2::bigint[])"
FACTS = "SELECT recorded, number, event_id FROM facts WHERE source = $1 ORDER BY recorded"
SOURCES = "SELECT number, event_id FROM published WHERE number = ANY($1::bigint[])"
LOG = "SELECT log_id FROM logs ORDER BY created_at DESC, log_id DESC LIMIT 1"
RECORDED = "SELECT recorded FROM facts ORDER BY recorded"
LINES = """
SELECT recorded, seq FROM lines l WHERE NOT EXISTS (SELECT FROM facts f WHERE f.recorded = l.recorded) LIMIT 10
"""


async def check_facts(reader: Connection, source: Connection, consumer: Consumer) -> Check:
    """Facts of one publisher against its log, both ways; what is parked is known to be missing."""
    check = Check(f"facts of {consumer.source}", "every record that was taken is kept, and nothing else", "records")
    rows = await reader.fetch(TAKEN, consumer.name, await source.fetchval(LOG))
    partitions, numbers = [row["partition"] for row in rows], [row["number"] for row in rows]
    types = [contract.type for contract in consumer.handles]
    async for page in pages(source, PUBLISHED, partitions, numbers, types):
        await _kept(check, reader, consumer.name, [row for row in page if replay_of(row["meta"]) is None])
    async for page in pages(reader, FACTS, consumer.source):
        known = {row["number"]: row["event_id"] for row in await source.fetch(SOURCES, [r["number"] for r in page])}
        for row in page:
            if known.get(row["number"]) != row["event_id"]:
                check.fault(f"fact {row['recorded']} says it is number {row['number']}, which is another record")
    return check


async def _kept(check: Check, reader: Connection, consumer: str, rows: Sequence[Any]) -> None:
    facts = {row["event_id"]: row for row in await reader.fetch(KEPT, [row["event_id"] for row in rows])}
    missing = [row["number"] for row in rows if row["event_id"] not in facts]
    parked = {row["number"] for row in await reader.fetch(PARKED, consumer, missing)} if missing else set()
    for row in rows:
        fact = facts.get(row["event_id"])
        if fact is None:
            check.expect(row["number"] in parked, f"number {row['number']}, {row['type']}: no fact was kept")
        else:
            wrong = _wrong(fact, row)
            check.expect(not wrong, f"number {row['number']}: the fact differs in {', '.join(wrong)}")


def _wrong(fact: Any, row: Any) -> list[str]:
    wrong = [name for name in ("number", "type", "key") if fact[name] != row[name]]
    known = {name: value for name, value in row["data"].items() if name in fact["body"]}
    return wrong + [f"body.{name}" for name in differing(known, fact["body"])]


async def check_recorded(reader: Connection) -> Check:
    """Recorded numbers count 1, 2, 3 … to the counter, and every line stands under one of them."""
    check = Check("recorded", "recorded numbers are gapless and every ledger line has its fact", "facts")
    last = 0
    async for page in pages(reader, RECORDED):
        for row in page:
            check.expect(row["recorded"] == last + 1, f"recorded number {row['recorded']} after {last}")
            last = row["recorded"]
    counter = await reader.fetchval("SELECT last FROM counters WHERE name = $1", COUNTER) or 0
    if counter != last:
        check.fault(f"the counter stands at {counter}, the last fact is {last}")
    for row in await reader.fetch(LINES):
        check.fault(f"line {row['recorded']}.{row['seq']} has no fact")
    return check
