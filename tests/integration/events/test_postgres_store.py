"""The store in PostgreSQL passes the suite of every store, and keeps what it is told to keep."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from libs.events import schema
from libs.events.commands import Commands, InProgress, ReservingCommands
from libs.events.pool import connect
from libs.events.postgres import PostgresStore
from libs.events.schema import SchemaError, check_names, make_feed_role, migrate
from libs.events.store import ANY, MAX_EVENTS, NO_STREAM, VersionConflict
from libs.events.testing.peer_suite import PeersAtOnceSuite, PeerSuite
from libs.events.testing.store_suite import META, CommandSuite, Count, StoreSuite, append, counter, key
from libs.events.types import Connection, Pool
from libs.values.errors import Conflict, Unavailable
from tests.conftest import KERNEL


class TestPostgresStore(StoreSuite):
    """Streams in PostgreSQL."""


class TestPostgresCommands(CommandSuite):
    """Commands in PostgreSQL."""


class TestPostgresAsPeers(PeerSuite):
    """What other stores are held to, in PostgreSQL."""


class TestPostgresAtOnce(PeersAtOnceSuite):
    """The same under several writers."""


@pytest.mark.parametrize("table", ["events", "published"])
@pytest.mark.parametrize("change", ["UPDATE {} SET type = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
async def test_what_is_recorded_stays(store: PostgresStore, pool: Pool, table: str, change: str) -> None:
    await store.append(append(uuid7(), NO_STREAM, 1))
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="what is recorded stays"):
        await pool.execute(change.format(table))


async def test_a_refused_append_draws_no_position(store: PostgresStore) -> None:
    first = await store.append(append(uuid7(), NO_STREAM, 1))
    with pytest.raises(VersionConflict):
        await store.append(append(uuid7(), 5, 1))
    assert (await store.append(append(uuid7(), NO_STREAM, 1))).position == first.position + 1


async def test_a_full_batch_of_streams_is_one_transaction(store: PostgresStore, pool: Pool) -> None:
    streams = [uuid7() for _ in range(MAX_EVENTS)]
    done = await store.append_many([append(stream, NO_STREAM, n) for n, stream in enumerate(streams)])
    assert len({each.xid for each in done}) == 1
    rows = await pool.fetch("SELECT stream_id FROM events ORDER BY position")
    assert [row["stream_id"] for row in rows] == streams


async def test_an_append_may_lie_in_the_callers_transaction(store: PostgresStore, pool: Pool) -> None:
    stream = uuid7()
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await store.append(append(stream, NO_STREAM, 1), connection)
        assert await store.load(stream) == []
        await transaction.commit()
    assert len(await store.load(stream)) == 1


async def test_the_log_says_when_it_has_something_new(pool: Pool) -> None:
    said: list[str] = []
    from libs.events.testing.store_suite import suite_codec
    from libs.events.vault import MemoryVault

    store = PostgresStore(
        pool,
        suite_codec(),
        MemoryVault(),
        ids=uuid7,
        committed=lambda: said.append("committed"),
        hinted=lambda: said.append("hinted"),
    )
    await store.append(append(uuid7(), ANY, 1))
    async with pool.acquire() as connection, connection.transaction():
        await store.append(append(uuid7(), ANY, 1), connection)
    await Commands(store).handle(counter, uuid7(), Count(), META)
    assert said == ["committed", "hinted", "committed"]


async def test_writers_in_each_others_way_are_a_conflict(store: PostgresStore, pool: Pool) -> None:
    one, two = uuid7(), uuid7()
    async with pool.acquire() as first, pool.acquire() as second:
        begun = [first.transaction(), second.transaction()]
        for transaction in begun:
            await transaction.start()
        await store.append(append(one, NO_STREAM, 1), first)
        await store.append(append(two, NO_STREAM, 1), second)
        results = await asyncio.gather(
            store.append(append(two, NO_STREAM, 1), first),
            store.append(append(one, NO_STREAM, 1), second),
            return_exceptions=True,
        )
        assert sum(isinstance(each, VersionConflict) for each in results) >= 1
        for transaction in begun:
            await transaction.rollback()


async def test_reservations_and_events_are_one_transaction(store: PostgresStore, pool: Pool) -> None:
    await pool.execute("CREATE TABLE reserved (id uuid PRIMARY KEY)")
    commands, request = ReservingCommands(store), key()

    async def inside(tx: Connection, events: list[Any]) -> None:
        assert len(events) == 1
        try:
            await tx.execute("INSERT INTO reserved VALUES ($1)", UUID(int=7))
        except asyncpg.UniqueViolationError as error:
            raise Conflict("count.taken", "somebody has it") from error

    first, second = uuid7(), uuid7()
    await commands.handle_reserving(
        counter, first, Count(), META, inside, idempotency=request, respond=lambda receipt: b"made"
    )
    again = await commands.handle_reserving(counter, first, Count(), META, inside, idempotency=request)
    assert again.replayed == b"made"
    with pytest.raises(Conflict, match="somebody has it"):
        await commands.handle_reserving(counter, second, Count(), META, inside, idempotency=key())
    assert await store.load(second) == []


async def test_a_twin_that_is_being_handled_is_said_so(store: PostgresStore, pool: Pool) -> None:
    request, stream = key(), uuid7()
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))", str(request.command_id))
        with pytest.raises(InProgress, match="being handled"):
            await Commands(store).handle(counter, stream, Count(), META, idempotency=request)


async def test_answers_are_forgotten_after_a_week_in_batches(store: PostgresStore, pool: Pool) -> None:
    commands = Commands(store)
    for _ in range(3):
        await commands.handle(counter, uuid7(), Count(), META, idempotency=key())
    assert await store.prune_commands() == 0
    await pool.execute("UPDATE commands SET at = at - interval '8 days'")
    assert [await store.prune_commands(2), await store.prune_commands(2)] == [2, 1]


async def test_an_unexpected_refusal_of_the_database_is_not_hidden(store: PostgresStore, pool: Pool) -> None:
    await pool.execute("ALTER TABLE events ADD CONSTRAINT small CHECK (version < 3)")
    with pytest.raises(asyncpg.CheckViolationError):
        await store.append(append(uuid7(), NO_STREAM, 1, 2, 3))


async def test_a_server_that_is_away_is_unavailable(dsn: str, pool: Pool, store: PostgresStore) -> None:
    killer = await connect(dsn)
    async with pool.acquire() as connection:
        pid = await connection.fetchval("SELECT pg_backend_pid()")
        await killer.execute("SELECT pg_terminate_backend($1, 5000)", pid)
        with pytest.raises(Unavailable, match="does not answer"):
            await store.append(append(uuid7(), NO_STREAM, 1), connection)
    await killer.close()
    await store.append(append(uuid7(), NO_STREAM, 1))


async def test_a_mistake_in_a_call_is_no_outage(pool: Pool) -> None:
    from libs.events.pool import database

    with pytest.raises(asyncpg.InterfaceError), database():
        await pool.fetch("SELECT $1::int", 1, 2)


async def test_json_goes_in_and_out_as_values(pool: Pool) -> None:
    value = {"a": [1, "二", None]}
    assert await pool.fetchval("SELECT $1::jsonb", value) == value
    assert await pool.fetchval("SELECT $1::json", value) == value


async def test_the_feed_role_reads_published_and_nothing_else(dsn: str) -> None:
    role = await make_feed_role(dsn, "suite")
    assert await make_feed_role(dsn, "suite") == "suite_feed" == role
    connection = await connect(dsn)
    await connection.execute(f"SET ROLE {role}")
    assert await connection.fetch("SELECT * FROM published") == []
    assert isinstance(await connection.fetchval("SELECT feed_log_id()"), UUID)
    for forbidden in ("SELECT 1 FROM events", "SELECT 1 FROM commands", "SELECT 1 FROM logs", "DELETE FROM published"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(forbidden)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.fetchval("SELECT canonical_id($1)", uuid7())
    await connection.close()


async def test_migrating_twice_at_once_is_migrating_once(make_database: Any, tmp_path: Any) -> None:
    dsn = await make_database(KERNEL)
    body = "CREATE FUNCTION two() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n    RETURN 1 + 1; -- ; '\nEND\n$$;"
    head, tail = "-- Dollar quotes survive.\n-- depends:\n\n-- migrate: apply\n", "-- migrate: rollback\n"
    (tmp_path / "0100_two.sql").write_text(f"{head}\n{body}\n\n{tail}\nDROP FUNCTION two;\n")
    await asyncio.gather(migrate(dsn, tmp_path), migrate(dsn, tmp_path))
    connection = await connect(dsn)
    assert await connection.fetchval("SELECT two()") == 2
    await connection.close()


async def test_a_file_that_came_later_is_applied(dsn: str, tmp_path: Any) -> None:
    made = "-- One.\n-- depends:\n\n-- migrate: apply\nCREATE TABLE {0} ();\n-- migrate: rollback\nDROP TABLE {0};\n"
    connection = await connect(dsn)
    for name in ("one", "two"):
        (tmp_path / f"0100_{name}.sql").write_text(made.format(name))
        await migrate(dsn, tmp_path)
        assert await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", name)
    await connection.close()


async def test_an_old_server_is_refused(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "_MINIMUM", 990_000)
    with pytest.raises(SchemaError, match="too old"):
        await migrate(dsn)


def test_two_migrations_of_one_name_are_refused(tmp_path: Any) -> None:
    (tmp_path / "0001_kernel_tables.sql").touch()
    with pytest.raises(SchemaError, match="0001_kernel_tables"):
        check_names((KERNEL, tmp_path))
