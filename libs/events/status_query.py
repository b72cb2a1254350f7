"""Asks the database and the tasks where the readers of a service stand."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from libs.events.consumer import FactReader
from libs.events.fact_tasks import FactTasks
from libs.events.log_tasks import LogTasks
from libs.events.publisher import PUBLISHER
from libs.events.status import ReaderStatus, RuntimeStatus
from libs.events.types import Pool
from libs.events.windows import NOTHING

LOG = """
SELECT feed_log_id() AS log_id, coalesce((SELECT max(position) FROM events), 0) AS events,
       coalesce((SELECT max(number) FROM published), 0) AS published
"""
CURSOR = """
SELECT c.name, c.owner, c.last_number, w.o_count AS lag,
       (SELECT recorded_at FROM events WHERE position = w.o_low) AS since
FROM cursors c CROSS JOIN LATERAL window_probe(coalesce(c.prev, $1), pg_current_snapshot()) w
ORDER BY c.name
"""


async def read_status(pool: Pool, name: str, log: LogTasks, facts: FactTasks, now: datetime) -> RuntimeStatus:
    """One answer of the database and what the tasks know."""
    async with pool.acquire() as connection:
        head = await connection.fetchrow(LOG)
        rows = await connection.fetch(CURSOR, NOTHING)
    assert head is not None
    return RuntimeStatus(
        service=name,
        running=log.running or any(True for _ in facts.readers()),
        log_id=head["log_id"],
        events=head["events"],
        published=head["published"],
        cursors=tuple(_cursors(rows, head, log, now)),
        consumers=tuple(_consumer(reader, facts, now) for reader in facts.readers()),
        at=now,
    )


def _cursors(rows: list[Any], head: Any, log: LogTasks, now: datetime) -> Iterator[ReaderStatus]:
    for row in rows:
        publisher = row["name"] == PUBLISHER
        since = row["since"]
        yield ReaderStatus(
            name=row["name"],
            kind="publisher" if publisher else "projection",
            position=row["last_number"] if publisher else head["events"] - row["lag"],
            head=head["published"] if publisher else head["events"],
            lag_events=row["lag"],
            lag_seconds=max(0.0, (now - since).total_seconds()) if since else 0.0,
            owner=row["owner"],
            error=log.errors.get(row["name"]),
        )


def _consumer(reader: FactReader, facts: FactTasks, now: datetime) -> ReaderStatus:
    head = reader.head.number if reader.head else 0
    lag = max(0, head - reader.through)
    late = (now - reader.through_at).total_seconds() if lag and reader.through_at else 0.0
    return ReaderStatus(
        name=reader.consumer.name,
        kind="consumer",
        position=reader.through,
        head=head,
        lag_events=lag,
        lag_seconds=max(0.0, late),
        owner=None,
        error=facts.errors.get(reader.consumer.name),
    )
