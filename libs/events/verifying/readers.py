"""Where consumers stand in the log of another service: at a record that is there, under the id they took it by."""

from typing import Any

from libs.events.contract import PARTITIONS
from libs.events.types import Connection
from libs.events.verifying.check import Check

OFFSETS = """
SELECT partition, number, event_id, parked FROM offsets WHERE consumer = $1 AND log_id = $2 ORDER BY partition
"""
PARKED = """
SELECT partition, count(*) AS rows FROM parked WHERE consumer = $1 AND log_id = $2 GROUP BY partition
"""
LOG = "SELECT log_id FROM logs ORDER BY created_at DESC, log_id DESC LIMIT 1"
AT = """
SELECT p.number, p.event_id, p.partition FROM published p WHERE p.number = ANY($1::bigint[])
"""
HEAD = "SELECT coalesce(max(number), 0) FROM published"


async def check_offsets(reader: Connection, source: Connection, consumer: str) -> Check:
    """One consumer's offsets; the snapshot of `reader` must be older than that of `source`, which only grows."""
    check = Check(f"offsets of {consumer}", "each offset is a record of the log that is read", "partitions")
    log_id = await source.fetchval(LOG)
    head = await source.fetchval(HEAD)
    rows = await reader.fetch(OFFSETS, consumer, log_id)
    if not rows:
        return check  # never subscribed, or to another log, which the consumer itself refuses to read
    if [row["partition"] for row in rows] != list(range(PARTITIONS)):
        check.fault(f"{consumer} has offsets of {len(rows)} partitions, not of {PARTITIONS}")
    found = {row["number"]: row for row in await source.fetch(AT, [row["number"] for row in rows])}
    parked = {row["partition"]: row["rows"] for row in await reader.fetch(PARKED, consumer, log_id)}
    for row in rows:
        wrong = _wrong(row, head, found.get(row["number"]), parked.get(row["partition"], 0))
        check.expect(not wrong, f"partition {row['partition']} at number {row['number']}: {wrong}")
    return check


def _wrong(row: Any, head: int, record: Any, parked: int) -> str:
    if row["parked"] != parked:
        return f"{row['parked']} parked records are said, {parked} are there"
    if row["number"] == 0:
        return ""
    if record is None:
        return f"the log ends at {head}" if row["number"] > head else "there is no such record"
    if record["partition"] != row["partition"]:
        return f"the record lies in partition {record['partition']}"
    same = row["event_id"] in {None, record["event_id"]}
    return "" if same else "the record has another event id"
