"""Checks of PostgreSQL itself: running, right version, no old snapshots, log not restored into a younger server."""

import asyncio
from collections.abc import Iterator

import asyncpg

from jinguo.doctor.check import Check, fail, ok, warn
from jinguo.folder import DataFolder
from jinguo.postgres import EmbeddedPostgres, PostgresError
from libs.events.findings import SNAPSHOT_TRANSACTIONS, WRITE_SECONDS

_TIMEOUT = 5.0
_OLD_SNAPSHOT = 300.0  # seconds a transaction may hold back cleaning
_MANY = 0.85  # share of the connections

_OLDEST = """
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8 AS seconds,
       coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)) FILTER (WHERE backend_xid IS NOT NULL),
                0)::float8 AS writing,
       coalesce(max(age(backend_xmin)), 0) AS transactions,
       count(*) FILTER (WHERE backend_type = 'client backend') AS connections,
       current_setting('max_connections')::int AS limit,
       current_setting('server_version') AS version
FROM pg_stat_activity
"""
_HOLDER = """
SELECT pid, datname, application_name FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND backend_type = 'client backend' AND xact_start IS NOT NULL
ORDER BY xact_start LIMIT 1
"""


def database_checks(folder: DataFolder) -> Iterator[Check]:
    """The embedded server of the folder."""
    server = EmbeddedPostgres(folder.postgres)
    if not folder.has_data:
        yield warn("postgres", "no data yet", f"start jinguo once: jinguo up --data {folder.path}")
        return
    try:
        server.check_version()
    except PostgresError as error:
        yield fail("postgres", error.message, "see docs/how-to/backup-and-restore.md: a new major version")
        return
    if server.pid() is None:
        if folder.is_owned():
            yield fail("postgres", "is not running", f"it is started again by itself; else see {server.log_file}")
        else:
            yield warn("postgres", "is stopped", f"jinguo up --data {folder.path}")
        return
    if not folder.is_owned():
        fix = f"jinguo up --data {folder.path} takes it over; or stop it: kill -INT {server.pid()}"
        yield warn("postgres", "runs without jinguo (left over after a kill)", fix)
    yield from asyncio.run(_look(server))


async def _look(server: EmbeddedPostgres) -> list[Check]:
    try:
        connection = await asyncpg.connect(server.dsn(), timeout=_TIMEOUT, command_timeout=_TIMEOUT)
    except (OSError, asyncpg.PostgresError) as error:
        fix = f"see {server.log_file}; stop jinguo and start it again"
        return [fail("postgres", f"runs, but does not answer: {type(error).__name__}", fix)]
    try:
        row = await connection.fetchrow(_OLDEST)
        holder = await connection.fetchrow(_HOLDER)
    finally:
        await connection.close(timeout=_TIMEOUT)
    assert row is not None
    running = ok("postgres", f"PostgreSQL {row['version']}, process {server.pid()}")
    return [
        running,
        connections(row["connections"], row["limit"]),
        snapshots(row["seconds"], row["transactions"], row["writing"], _named(holder)),
    ]


def connections(used: int, limit: int) -> Check:
    """How many of the connections are in use."""
    text = f"{used} of {limit} connections"
    if used > limit * _MANY:
        return warn("connections", text, "close psql sessions and other programs on this database")
    return ok("connections", text)


def snapshots(seconds: float, transactions: int, writing: float = 0.0, holder: str = "") -> Check:
    """The oldest open transaction: it holds back cleaning and, when it has written, keeps its events from readers."""
    text = f"oldest transaction {seconds:.0f} s, holds back {transactions} transactions"
    if seconds > _OLD_SNAPSHOT or transactions > SNAPSHOT_TRANSACTIONS or writing > WRITE_SECONDS:
        return warn(
            "transactions", f"{text}{holder}", "end that program, or its session: SELECT pg_terminate_backend(PID)"
        )
    return ok("transactions", text)


def _named(holder: asyncpg.Record | None) -> str:
    if holder is None:
        return ""
    return f"; held by process {holder['pid']} ({holder['application_name'] or 'unnamed'}) in {holder['datname']}"
