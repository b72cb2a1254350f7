"""Asks the database and the tasks where the readers of a service stand."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from libs.events import control, projection_versions
from libs.events.consumer import Reading
from libs.events.control import ConsumerState
from libs.events.fact_tasks import FactTasks
from libs.events.log_tasks import LogTasks
from libs.events.projection_versions import Version
from libs.events.publisher import FORWARDER, PUBLISHER
from libs.events.status import LogHealth, ReaderStatus, RebuildStatus, RuntimeStatus, TimerStatus
from libs.events.timers import STATUS
from libs.events.types import Pool
from libs.events.windows import NOTHING

COUNTED = 10_000  # events a reader lags that are counted one by one; more are estimated from positions

LOG = """
SELECT feed_log_id() AS log_id, coalesce((SELECT max(position) FROM events), 0) AS events,
       coalesce((SELECT max(number) FROM published), 0) AS published
"""
# What a cursor has not handled: by transaction id where it rests, by position inside an open window of many pages. The
# forwarder's is not counted here: it moves over the published numbers.
CURSOR = """
SELECT c.name, c.owner, c.last_number, w.counted, w.low,
       CASE WHEN c.name = 'forwarder' THEN (SELECT at FROM published WHERE number = c.last_number + 1)
            ELSE (SELECT recorded_at FROM events WHERE position = w.low) END AS since
FROM cursors c CROSS JOIN LATERAL (
    SELECT count(*) AS counted, min(position) AS low FROM (
        (SELECT position FROM events
         WHERE c.name <> 'forwarder' AND c.cur IS NULL AND xid >= pg_snapshot_xmax(coalesce(c.prev, $1))
         ORDER BY xid LIMIT $2 + 1)
        UNION ALL
        (SELECT position FROM events
         WHERE c.name <> 'forwarder' AND c.cur IS NULL
               AND xid = ANY (ARRAY(SELECT pg_snapshot_xip(coalesce(c.prev, $1)))) LIMIT $2 + 1)
        UNION ALL
        (SELECT position FROM events
         WHERE c.cur IS NOT NULL AND position > c.page_position
               AND NOT pg_visible_in_snapshot(xid, coalesce(c.prev, $1)) ORDER BY position LIMIT $2 + 1)
    ) pending
) w
ORDER BY c.name
"""
HEALTH = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - since)), 0)::float8 AS write_transaction_seconds,
       coalesce(max(held), 0)::bigint AS snapshot_transactions
FROM (
    SELECT CASE WHEN backend_xid IS NOT NULL THEN xact_start END AS since,
           greatest(age(backend_xmin), age(backend_xid)) AS held
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type <> 'autovacuum worker'
    UNION ALL
    SELECT prepared, age(transaction) FROM pg_prepared_xacts WHERE database = current_database()
    UNION ALL
    SELECT NULL, age(xmin) FROM pg_replication_slots WHERE xmin IS NOT NULL
    UNION ALL
    SELECT NULL, age(backend_xmin) FROM pg_stat_replication WHERE backend_xmin IS NOT NULL
) holders
"""


@dataclass(frozen=True, slots=True)
class Here:
    """What runs in this process, or would once started: `owners` of its leases, its service's consumers by name."""

    log: LogTasks
    facts: FactTasks
    owners: frozenset[UUID]
    consumers: Sequence[str]
    timers_error: str | None


async def read_status(pool: Pool, name: str, here: Here, now: datetime) -> RuntimeStatus:
    """One answer of the database and what the tasks know."""
    log, facts = here.log, here.facts
    await facts.refresh()
    async with pool.acquire() as connection:
        head = await connection.fetchrow(LOG)
        rows = await connection.fetch(CURSOR, NOTHING, COUNTED)
        health = await connection.fetchrow(HEALTH)
        states = await control.states(connection)
        timers = await connection.fetchrow(STATUS, now)
        versions = await projection_versions.of_all(connection)
    assert head is not None
    assert health is not None
    assert timers is not None
    return RuntimeStatus(
        service=name,
        running=log.running or any(True for _ in facts.readers()),
        log_id=head["log_id"],
        events=head["events"],
        published=head["published"],
        cursors=tuple(_cursors(rows, head, here, now)),
        consumers=tuple(_consumers(here, states, now)),
        timers=TimerStatus(**dict(timers) | {"error": here.timers_error or timers["error"]}),
        at=now,
        log=LogHealth(**health),
        rebuilds=tuple(_rebuild(version) for version in versions if version.state != "serving"),
    )


def _rebuild(version: Version) -> RebuildStatus:
    return RebuildStatus(
        version.projection,
        version.version,
        version.state,
        version.passed,
        version.total,
        version.rate,
        version.moved_at,
    )


def _cursors(rows: list[Any], head: Any, here: Here, now: datetime) -> Iterator[ReaderStatus]:
    log = here.log
    rates = {reader.name: reader.rate.per_second() for reader in log.readers if log.running}
    for row in rows:
        if row["name"] == FORWARDER:
            yield _forwarder(row, head, here, now)
            continue
        publisher = row["name"] == PUBLISHER
        since, lag = row["since"], lag_of(row, head)
        yield ReaderStatus(
            name=row["name"],
            kind=_kind(row["name"]),
            position=row["last_number"] if publisher else head["events"] - lag,
            head=head["published"] if publisher else head["events"],
            lag_events=lag,
            lag_seconds=max(0.0, (now - since).total_seconds()) if since else 0.0,
            owner=row["owner"],
            error=log.errors.get(row["name"]),
            rate=rates.get(row["name"]) if row["owner"] in (None, log.lease.owner) else None,
            elsewhere=_elsewhere(row, here),
        )


def lag_of(row: Any, head: Any) -> int:
    """What a row of CURSOR has not handled, in events, or the forwarder in numbers; `head`: a row of LOG.

    More than COUNTED is an estimate.
    """
    if row["name"] == FORWARDER:
        return int(head["published"] - row["last_number"])
    lag: int = row["counted"]
    return lag if lag <= COUNTED else max(lag, head["events"] - row["low"] + 1)


def _elsewhere(row: Any, here: Here) -> bool:
    return row["owner"] is not None and row["owner"] not in here.owners


def _forwarder(row: Any, head: Any, here: Here, now: datetime) -> ReaderStatus:
    return ReaderStatus(
        name=row["name"],
        kind="forwarder",
        position=row["last_number"],
        head=head["published"],
        lag_events=lag_of(row, head),
        lag_seconds=max(0.0, (now - row["since"]).total_seconds()) if row["since"] else 0.0,
        owner=row["owner"],
        error=here.log.errors.get(row["name"]),
        elsewhere=_elsewhere(row, here),
    )


def _kind(name: str) -> Literal["publisher", "process", "projection"]:
    if name == PUBLISHER:
        return "publisher"
    return "process" if name.startswith("process.") else "projection"


def _consumers(here: Here, states: Mapping[str, ConsumerState], now: datetime) -> Iterator[ReaderStatus]:
    for reader in here.facts.readers():
        yield _consumer(reader, here.facts, states, now)
    for name in here.consumers:
        if name not in here.facts:
            yield _consumer_elsewhere(name, states.get(name))


def _consumer_elsewhere(name: str, state: ConsumerState | None) -> ReaderStatus:
    position = state.number if state else 0
    return ReaderStatus(
        name=name,
        kind="consumer",
        position=position,
        head=position,
        lag_events=0,
        lag_seconds=0.0,
        owner=None,
        error=None,
        parked=state.parked + state.waiting if state else 0,
        paused=state.reason if state else None,
        elsewhere=True,
    )


def _consumer(reader: Reading, facts: FactTasks, states: Mapping[str, ConsumerState], now: datetime) -> ReaderStatus:
    state = states.get(reader.consumer.name)
    head = reader.head.number if reader.head else 0
    lag = max(0, head - reader.through)
    late = (now - reader.oldest_at).total_seconds() if lag and reader.oldest_at else 0.0
    return ReaderStatus(
        name=reader.consumer.name,
        kind="consumer",
        position=reader.through,
        head=head,
        lag_events=lag,
        lag_seconds=max(0.0, late),
        owner=None,
        error=facts.errors.get(reader.consumer.name),
        rate=reader.rate.per_second(),
        holes=len(reader.holes),
        forked=reader.consumer.name in facts.forks,
        parked=state.parked + state.waiting if state else 0,
        paused=state.reason if state else None,
    )
