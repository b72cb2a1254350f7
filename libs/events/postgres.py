"""The log in PostgreSQL. An append is one call of an SQL function, with or without the command's row."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from libs.events import failpoints
from libs.events.act import current_act, telling
from libs.events.answers import Unknown, foreseen
from libs.events.codec import Codec
from libs.events.commands import AlreadyAnswered, Idempotency, InProgress, Inside, Receipt, Respond, Stored
from libs.events.meta import Meta, meta_to_json
from libs.events.metrics import SILENT, Metrics
from libs.events.personal import personals
from libs.events.pool import database
from libs.events.rows import ALL_VERSIONS, AS_OF, COLUMNS, all_recorded
from libs.events.snapshots import Snapshot
from libs.events.store import Append, Appended, EventIdTaken, Recorded, VersionConflict, check_size, expected_code
from libs.events.types import Connection, Ids, Pool
from libs.events.vault import Vault

IDS, TYPES = 6, 7  # where the ids and the types of the events stand among the arguments of COMMAND

LOAD = f"""
SELECT {COLUMNS} FROM events WHERE stream_id = $1 AND version > $2 AND version <= $3 ORDER BY version
"""  # noqa: S608 - a constant list of columns
LOAD_AS_OF = f"""
SELECT {COLUMNS} FROM events WHERE {AS_OF} ORDER BY version
"""  # noqa: S608 - constant words
LOAD_MANY = f"SELECT {COLUMNS} FROM events WHERE stream_id = ANY($1) ORDER BY stream_id, version"  # noqa: S608
APPEND = "SELECT o_append, o_version, o_position, o_xid FROM append_events($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)"
STREAM = "SELECT o_version, o_position, o_xid FROM append_stream($1,$2,$3,$4,$5,$6,$7)"
COMMAND = "SELECT o_version, o_position, o_xid FROM append_command($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)"
TELLING = {APPEND: telling(APPEND, "uuid[]"), STREAM: telling(STREAM, "uuid"), COMMAND: telling(COMMAND, "uuid")}
FIND = "SELECT client, fingerprint, status, body FROM commands WHERE command_id = $1"
FIND_OR_LOAD = f"""
SELECT {COLUMNS}, client, fingerprint, status, body
FROM (SELECT $1::uuid AS command_id) asked LEFT JOIN commands USING (command_id)
LEFT JOIN events ON stream_id = $2 AND client IS NULL
ORDER BY version
"""  # noqa: S608 - a constant list of columns
ANSWER = "UPDATE commands SET body = $2 WHERE command_id = $1"
# What a process decided is known for ever, since facts may be said again after years: a row for each of its decisions.
PRUNE = """
DELETE FROM commands WHERE command_id IN (
    SELECT command_id FROM commands WHERE at < now() - interval '7 days' AND client NOT LIKE 'process:%'
    ORDER BY at LIMIT $1 FOR UPDATE SKIP LOCKED)
"""


FIND_SNAPSHOT = """
SELECT stream_id, decider, schema_version, version, event_id, state FROM snapshots
WHERE stream_id = $1 AND decider = $2 AND schema_version = $3
"""
KEEP_SNAPSHOT = """
INSERT INTO snapshots (stream_id, decider, schema_version, version, event_id, state) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (stream_id, decider, schema_version) DO UPDATE
SET version = excluded.version, event_id = excluded.event_id, state = excluded.state, taken_at = clock_timestamp()
"""


class PostgresStore:
    """Events and answered commands of one service's database. `committed` is called after each commit of ours."""

    def __init__(
        self,
        pool: Pool,
        codec: Codec,
        vault: Vault,
        *,
        ids: Ids,
        committed: Callable[[], None] = lambda: None,
        hinted: Callable[[], None] = lambda: None,
        metrics: Metrics = SILENT,
    ) -> None:
        """`hinted` is called when an append lies in a caller's transaction, which commits later."""
        self._pool = pool
        self._codec = codec
        self._vault = vault
        self._ids = ids
        self._committed = committed
        self._hinted = hinted
        self._metrics = metrics

    async def load(
        self, stream_id: UUID, after: int = 0, *, until_version: int | None = None, tx: Connection | None = None
    ) -> list[Recorded[Any]]:
        """See `EventStore.load`."""
        until = ALL_VERSIONS if until_version is None else until_version
        with database():
            rows = await (tx or self._pool).fetch(LOAD, stream_id, after, until)
        return all_recorded(self._codec, rows)

    async def load_as_of(self, stream_id: UUID, at: datetime) -> list[Recorded[Any]]:
        """See `EventStore.load_as_of`."""
        with database():
            rows = await self._pool.fetch(LOAD_AS_OF, stream_id, at)
        return all_recorded(self._codec, rows)

    async def load_many(self, stream_ids: Collection[UUID]) -> dict[UUID, list[Recorded[Any]]]:
        """See `EventStore.load_many`."""
        streams: dict[UUID, list[Recorded[Any]]] = {stream_id: [] for stream_id in stream_ids}
        with database():
            rows = await self._pool.fetch(LOAD_MANY, list(streams))
        for recorded in all_recorded(self._codec, rows):
            streams[recorded.stream_id].append(recorded)
        return streams

    async def append(self, append: Append, tx: Connection | None = None) -> Appended:
        """See `EventStore.append`."""
        return (await self.append_many([append], tx))[0]

    async def append_many(self, appends: Sequence[Append], tx: Connection | None = None) -> list[Appended]:
        """See `EventStore.append_many`: one round trip, however many streams."""
        if not appends:
            return []
        check_size(appends)
        await self._ensure(appends)
        if len(appends) == 1:
            arguments = self._one(appends[0])
            rows = await self._written(STREAM, arguments, tx)
            [row] = rows
            done = [Appended(row["o_version"], row["o_position"], row["o_xid"], tuple(arguments[3]))]
            types = arguments[4]
        else:
            columns = self._many(appends)
            rows = await self._written(APPEND, columns, tx)
            done = _appended(len(appends), rows, columns[6], columns[4])
            types = columns[7]
        self._tell(types, tx)
        return done

    def _tell(self, types: Sequence[str], tx: Connection | None) -> None:
        """Count what was appended, and wake readers; a caller's transaction may yet be rolled back."""
        self._metrics.appended(types)
        (self._hinted if tx else self._committed)()

    async def _written(self, sql: str, arguments: Sequence[Any], tx: Connection | None) -> Sequence[Any]:
        failpoints.passing("append.before")
        sql, arguments = _with_act(sql, arguments)
        with database(), self._conflicts():
            rows: Sequence[Any] = await (tx or self._pool).fetch(sql, *arguments)
        failpoints.passing("append.after")
        return rows

    async def find_command(self, command_id: UUID, tx: Connection | None = None) -> Stored | None:
        """See `CommandStore.find_command`."""
        with database():
            row = await (tx or self._pool).fetchrow(FIND, command_id)
        return _stored(row) if row else None

    async def find_or_load(self, command_id: UUID, stream_id: UUID) -> Stored | list[Recorded[Any]]:
        """See `CommandStore.find_or_load`: one statement, so that key and stream are seen at the same moment."""
        with database():
            rows = await self._pool.fetch(FIND_OR_LOAD, command_id, stream_id)
        if rows[0]["client"] is not None:
            return _stored(rows[0])
        return all_recorded(self._codec, rows) if rows[0]["position"] is not None else []

    async def append_command(
        self,
        append: Append,
        idempotency: Idempotency | None,
        respond: Respond | None,
        tx: Connection | None = None,
        inside: Inside | None = None,
        first: Inside | None = None,
    ) -> Receipt:
        """See `ReservingStore.append_command`: one call, or one transaction when there is more to write."""
        if append.events:  # a command may change nothing
            check_size([append])
        await self._ensure([append])
        call = self._call(append, idempotency)
        answer = respond if idempotency else None
        failpoints.passing("command.before")
        if tx is not None:
            with database():
                receipt = await self._within(tx, call, answer, inside, first)
            self._tell(call[TYPES], tx)
            return receipt
        body = foreseen(append, call[IDS], answer)
        if inside is None and not isinstance(body, Unknown):
            with database(), self._conflicts():
                receipt = await _command(self._pool, call, body)
        else:
            with database():
                receipt = await self._transaction(call, answer, inside, first)
        failpoints.passing("command.after")
        self._tell(call[TYPES], None)
        return receipt

    async def find_snapshot(
        self, stream_id: UUID, decider: str, schema_version: int, tx: Connection | None = None
    ) -> Snapshot | None:
        """See `SnapshotStore.find_snapshot`."""
        with database():
            row = await (tx or self._pool).fetchrow(FIND_SNAPSHOT, stream_id, decider, schema_version)
        return Snapshot(**row) if row else None

    async def keep_snapshot(self, snapshot: Snapshot) -> None:
        """See `SnapshotStore.keep_snapshot`."""
        kept = (snapshot.stream_id, snapshot.decider, snapshot.schema_version, snapshot.version, snapshot.event_id)
        with database():
            await self._pool.execute(KEEP_SNAPSHOT, *kept, snapshot.state)

    async def prune_commands(self, batch: int = 1_000) -> int:
        """Forget answers to requests older than seven days, a batch at a time; returns how many."""
        with database():
            done = await self._pool.execute(PRUNE, batch)
        return int(done.split()[-1])

    async def _transaction(
        self, call: Sequence[Any], answer: Respond | None, inside: Inside | None, first: Inside | None
    ) -> Receipt:
        async with self._pool.acquire() as connection, connection.transaction():
            return await self._within(connection, call, answer, inside, first)

    async def _within(
        self, tx: Connection, call: Sequence[Any], answer: Respond | None, inside: Inside | None, first: Inside | None
    ) -> Receipt:
        if first is not None:
            await first(tx)
        with self._conflicts():
            receipt = await _command(tx, call, None)
        failpoints.passing("command.appended")
        if inside is not None:
            await inside(tx)
        if answer is not None:
            await tx.execute(ANSWER, call[0], answer(receipt))
        failpoints.passing("command.answered")
        return receipt

    def _call(self, append: Append, idempotency: Idempotency | None) -> tuple[Any, ...]:
        """What `append_command` takes, but for the answer."""
        one = self._one(append)
        if idempotency is None:
            return (None, None, None, *one)
        return (idempotency.command_id, idempotency.client, idempotency.fingerprint, *one)

    def _one(self, append: Append) -> tuple[Any, ...]:
        """What `append_stream` takes: of the stream, then columns of its events."""
        encoded = [self._codec.dump(event, self._vault.seal) for event in append.events]
        return (
            append.stream_id,
            expected_code(append.expected),
            _meta(append.meta),
            [self._ids() for _ in encoded],
            [item.type for item in encoded],
            [item.version for item in encoded],
            [item.data for item in encoded],
        )

    @contextmanager
    def _conflicts(self) -> Iterator[None]:
        try:
            with _conflicts():
                yield
        except VersionConflict:
            self._metrics.conflict()
            raise

    async def _ensure(self, appends: Sequence[Append]) -> None:
        subjects = {p.subject for append in appends for event in append.events for p in personals(event)}
        if subjects:
            await self._vault.ensure(subjects)
            failpoints.passing("append.keys_written")

    def _many(self, appends: Sequence[Append]) -> tuple[list[Any], ...]:
        """Columns for `append_events`: per append, then per event."""
        earlier: dict[UUID, int] = {}
        metas: dict[int, str] = {}
        per_append: tuple[list[Any], ...] = ([], [], [], [])
        per_event: tuple[list[Any], ...] = ([], [], [], [], [], [])
        for index, append in enumerate(appends, start=1):
            before = earlier.get(append.stream_id, 0)
            earlier[append.stream_id] = before + len(append.events)
            meta = metas.get(id(append.meta)) or metas.setdefault(id(append.meta), _meta(append.meta))
            _row(per_append, append.stream_id, expected_code(append.expected), before, meta)
            for ordinal, event in enumerate(append.events, start=1):
                encoded = self._codec.dump(event, self._vault.seal)
                _row(per_event, index, ordinal, self._ids(), encoded.type, encoded.version, encoded.data)
        return (*per_append, *per_event)


async def _command(connection: Connection | Pool, call: Sequence[Any], body: bytes | None) -> Receipt:
    sql, arguments = _with_act(COMMAND, (*call, body))
    row = await connection.fetchrow(sql, *arguments)
    assert row is not None
    return Receipt(row["o_version"], row["o_position"], row["o_xid"], tuple(call[IDS]))


def _with_act(sql: str, arguments: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """Inside an act the call that tells it; elsewhere, as in readers, nothing is added."""
    act = current_act()
    return (sql, arguments) if act is None else (TELLING[sql], (*arguments, act.told()))


def _stored(row: Any) -> Stored:
    status = row["status"]
    receipt = Receipt(
        version=status["version"],
        position=status["position"],
        xid=int(status["xid"]),
        event_ids=tuple(UUID(text) for text in status["events"]),
        replayed=row["body"] or b"",
    )
    return Stored(row["client"], row["fingerprint"], receipt)


def _row(columns: tuple[list[Any], ...], *values: Any) -> None:
    for column, value in zip(columns, values, strict=True):
        column.append(value)


def _meta(meta: Meta) -> str:
    return orjson.dumps(meta_to_json(meta)).decode()


def _appended(count: int, rows: Sequence[Any], ids: list[UUID], owners: list[int]) -> list[Appended]:
    last: dict[int, Any] = {row["o_append"]: row for row in rows}
    made: dict[int, list[UUID]] = {}
    for owner, event_id in zip(owners, ids, strict=True):
        made.setdefault(owner, []).append(event_id)
    return [
        Appended(last[i]["o_version"], last[i]["o_position"], last[i]["o_xid"], tuple(made[i]))
        for i in range(1, count + 1)
    ]


@contextmanager
def _conflicts() -> Iterator[None]:
    """The refusals of the SQL functions as errors of ours; two writers in each other's way are a conflict too."""
    try:
        yield
    except asyncpg.PostgresError as error:
        match error.sqlstate:
            case "JG409":
                stream, expected, actual = str(getattr(error, "detail", "")).split()
                raise VersionConflict(UUID(stream), int(expected), int(actual)) from error
            case "JG410":
                raise InProgress from error
            case "JG411":
                raise AlreadyAnswered from error
            case "40P01":
                raise VersionConflict from error
            case "23505" if getattr(error, "constraint_name", None) == "events_stream_id_version_key":
                raise VersionConflict from error
            case "23505" if getattr(error, "constraint_name", None) == "events_event_id_key":
                raise EventIdTaken(str(getattr(error, "detail", ""))) from error
            case _:
                raise
