"""Models of the statements over `events`, `commands` and `published`: append, load, windows, the published log."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from libs.events import postgres, publisher, restore, table_transport, windows
from libs.events.contract import PARTITIONS
from libs.events.process import CLIENT
from libs.events.rows import ALL_VERSIONS
from libs.events.store import ANY, EXISTS
from libs.events.testing.simulation.database import Call, Database, Model, Rows
from libs.events.testing.simulation.table import Row, Table, Values, Version
from libs.events.testing.simulation.transactions import Transaction, Transactions
from libs.events.types import Snapshot
from libs.events.windows import NOTHING, shows


class Log(Table):
    """`events`, with its index by transaction and its streams."""

    def __init__(self, transactions: Transactions, **keys: tuple[str, ...]) -> None:
        """See Table."""
        super().__init__(transactions, **keys)
        self.by_xid: dict[int, list[Version]] = {}
        self.streams: dict[UUID, list[Version]] = {}
        self.newest_xid = 0

    def _add(self, tx: Transaction, values: Values) -> Version:
        version = super()._add(tx, values)
        self.by_xid.setdefault(version.made_by, []).append(version)
        self.streams.setdefault(values["stream_id"], []).append(version)
        self.newest_xid = max(self.newest_xid, version.made_by)
        return version


def log_of(database: Database) -> Log:
    """The table `events`."""
    log = database.tables["events"]
    assert isinstance(log, Log)
    return log


def _stream(call: Call, stream: UUID, after: int = 0) -> Rows:
    log, snapshot = log_of(call.database), call.snapshot
    found = [v.values for v in log.streams.get(stream, ()) if log.visible(v, snapshot, call.tx)]
    return sorted((row for row in found if row["version"] > after), key=lambda row: row["version"])


async def load(call: Call, stream: UUID, after: int, until: int) -> Rows:
    """postgres.LOAD."""
    return [row for row in _stream(call, stream, after) if row["version"] <= until]


async def load_as_of(call: Call, stream: UUID, at: datetime) -> Rows:
    """postgres.LOAD_AS_OF: up to the first version that was recorded later."""
    rows = _stream(call, stream)
    first_later = min((row["version"] for row in rows if row["recorded_at"] > at), default=ALL_VERSIONS)
    return [row for row in rows if row["version"] < first_later]


async def load_many(call: Call, streams: Sequence[UUID]) -> Rows:
    """postgres.LOAD_MANY."""
    return [row for stream in sorted(streams) for row in _stream(call, stream)]


async def append(call: Call, streams: Any, expected: Any, earlier: Any, metas: Any, *events: Any) -> Rows:
    """append_events: the versions first, then one row after another."""
    last = []
    for stream, before in zip(streams, earlier, strict=True):
        rows = _stream(call, stream)
        last.append((rows[-1]["version"] if rows else 0) + before)
    for stream, code, version in zip(streams, expected, last, strict=True):
        if not (code in (ANY.value, version) or (code == EXISTS.value and version > 0)):
            raise _refusal("JG409", "version conflict", f"{stream} {code} {version}")
    written = []
    for owner, ordinal, event_id, kind, version, data in zip(*events, strict=True):
        await call.pause()
        position = call.database.next("events")
        await call.pause()  # the position is drawn before the id of the transaction
        values = Row(
            position=position,
            stream_id=streams[owner - 1],
            version=last[owner - 1] + ordinal,
            event_id=event_id,
            type=kind,
            schema_version=version,
            data=data,
            meta=metas[owner - 1],
            recorded_at=call.database.now(),
            body=orjson.loads(data),
            about=orjson.loads(metas[owner - 1]),
        )
        made = await log_of(call.database).insert(call.tx, values)
        written.append((owner, values["version"], position, made.made_by))
    return [dict(zip(("o_append", "o_version", "o_position", "o_xid"), row, strict=True)) for row in written]


async def append_stream(call: Call, stream: Any, expected: Any, meta: Any, ids: Any, *events: Any) -> Rows:
    """append_stream: the last row only."""
    numbers = list(range(1, len(ids) + 1))
    rows = await append(call, [stream], [expected], [0], [meta], [1] * len(ids), numbers, ids, *events)
    return [{name: rows[-1][name] for name in ("o_version", "o_position", "o_xid")}]


async def append_command(call: Call, command: Any, client: Any, fingerprint: Any, *rest: Any) -> Rows:
    """append_command: the twin's lock, the stored answer, the append and the new row with what answer is known."""
    *append_of, body = rest
    stream, _, _, ids, *_ = append_of
    commands = call.database.tables["commands"]
    if command is not None:
        if not call.database.transactions.try_advisory(call.tx, command):
            raise _refusal("JG410", "in progress")
        await call.pause()
        if commands.find(command, call.snapshot, call.tx) is not None:
            raise _refusal("JG411", "already answered")
    await call.pause()
    if ids:
        [done] = await append_stream(call, *append_of)
    else:
        rows = _stream(call, stream)
        xid = _xid_of(call, rows[-1]) if rows else 0
        version, position = (rows[-1]["version"], rows[-1]["position"]) if rows else (0, 0)
        done = {"o_version": version, "o_position": position, "o_xid": xid}
    await call.pause()
    if command is not None:
        status = {"version": done["o_version"], "position": done["o_position"], "xid": str(done["o_xid"])}
        values = {"command_id": command, "client": client, "fingerprint": fingerprint, "body": body}
        values |= {"status": status | {"events": [str(each) for each in ids]}, "at": call.database.now()}
        await commands.insert(call.tx, values)
    return [done]


def _xid_of(call: Call, row: Values) -> int:
    return next(v.made_by for v in log_of(call.database).streams[row["stream_id"]] if v.values is row)


async def find_command(call: Call, command: UUID) -> Rows:
    """postgres.FIND."""
    found = call.database.tables["commands"].find(command, call.snapshot, call.tx)
    return [found.values] if found else []


EVENT = "position", "stream_id", "version", "event_id", "type", "schema_version", "data", "meta", "recorded_at"
ANSWERED = "client", "fingerprint", "status", "body"


async def find_or_load(call: Call, command: UUID, stream: UUID) -> Rows:
    """postgres.FIND_OR_LOAD: one row at least, of nothing where there is neither."""
    stored = await find_command(call, command)
    events = [] if stored else _stream(call, stream)
    found = [{**dict.fromkeys(EVENT), **row} for row in stored] or [
        {**row, **dict.fromkeys(ANSWERED)} for row in events
    ]
    return [Row(row) for row in found or [dict.fromkeys((*EVENT, *ANSWERED))]]


async def answer(call: Call, command: UUID, body: bytes) -> Rows:
    """postgres.ANSWER."""
    commands = call.database.tables["commands"]
    return await call.update(commands, lambda row: row["command_id"] == command, lambda _: {"body": body})


async def prune(call: Call, batch: int) -> Rows:
    """postgres.PRUNE."""
    commands = call.database.tables["commands"]
    oldest = call.tx.began - timedelta(days=7)

    def forgotten(row: Values) -> bool:
        return row["at"] < oldest and not row["client"].startswith(CLIENT)

    old = await call.lock(commands, forgotten, "at", skip_locked=True)
    for version in old[:batch]:
        commands.delete(call.tx, version)
    return [version.values for version in old[:batch]]


async def window_open(call: Call, prev: Snapshot | None) -> Rows:
    """windows.OPEN."""
    if call.tx.xid is not None:
        raise asyncpg.RaiseError("a window is opened before the transaction writes: its snapshot would hide rows")
    cur = call.snapshot
    await call.pause()
    positions = [row["position"] for row in _window(call, prev or NOTHING, cur)]
    low, high = (min(positions), max(positions)) if positions else (None, None)
    return [{"o_cur": cur, "o_count": len(positions), "o_low": low, "o_high": high}]


async def window_small(call: Call, prev: Snapshot, cur: Snapshot) -> Rows:
    """windows.SMALL."""
    return _window(call, prev, cur)


async def window_walk(call: Call, prev: Snapshot, cur: Snapshot, after: int, size: int, largest: int) -> Rows:
    """windows.WALK. How large a row is stored is not modelled: no page ends by it."""
    assert largest >= windows.LARGEST
    log, snapshot = log_of(call.database), call.snapshot
    found = [
        v.values
        for v in log.versions
        if v.values["position"] > after
        and log.visible(v, snapshot, call.tx)
        and shows(cur, v.made_by)
        and not shows(prev, v.made_by)
    ]
    return told(sorted(found, key=lambda row: row["position"])[:size])


def told(rows: Rows) -> Rows:
    """Rows of windows.WALK: each says how many were found."""
    return [Row(row, found=len(rows)) for row in rows]


def _window(call: Call, prev: Snapshot, cur: Snapshot) -> Rows:
    log, snapshot = log_of(call.database), call.snapshot
    xids = [*prev[2], *range(prev[1], min(cur[1], log.newest_xid + 1))]
    made = [v for xid in xids if xid in log.by_xid and shows(cur, xid) for v in log.by_xid[xid]]
    return sorted((v.values for v in made if log.visible(v, snapshot, call.tx)), key=lambda row: row["position"])


async def newest(call: Call) -> Rows:
    """restore.NEWEST."""
    cursors = call.rows(call.database.tables["cursors"])
    known = [snapshot[1] for row in cursors for snapshot in (row["prev"], row["cur"]) if snapshot]
    log, snapshot = log_of(call.database), call.snapshot
    known += [version.made_by for version in log.rows(snapshot, call.tx)]
    return [{"newest": max(known, default=None), "now": snapshot[1]}]


async def lasts(call: Call, partitions: int) -> Rows:
    """publisher.LASTS."""
    found = dict.fromkeys(range(partitions), 0)
    for row in call.rows(call.database.tables["published"]):
        found[row["partition"]] = max(found[row["partition"]], row["number"])
    return [{"partition": partition, "number": number} for partition, number in found.items()]


PUBLISHED = ("number", "partition", "previous", "event_id", "type", "key", "data", "meta", "at")


async def publish(call: Call, *columns: Sequence[Any]) -> Rows:
    """publisher.INSERT."""
    for row in zip(*columns, strict=True):
        await call.pause()
        await call.database.tables["published"].insert(call.tx, dict(zip(PUBLISHED, row, strict=True)))
    return []


async def head(call: Call) -> Rows:
    """table_transport.HEAD."""
    rows = call.rows(call.database.tables["published"])
    last = max(rows, key=lambda row: row["number"], default={"number": 0, "at": None})
    return [{"log_id": call.database.values["log_id"], "number": last["number"], "at": last["at"]}]


async def read(call: Call, partitions: Sequence[int], numbers: Sequence[int], limit: int) -> Rows:
    """table_transport.READ."""
    after = dict(zip(partitions, numbers, strict=True))
    rows = call.rows(call.database.tables["published"])
    ahead = [row for row in rows if row["partition"] in after and row["number"] > after[row["partition"]]]
    return sorted(ahead, key=lambda row: row["number"])[:limit]


async def at(call: Call, number: int) -> Rows:
    """table_transport.AT."""
    found = call.database.tables["published"].find(number, call.snapshot, call.tx)
    return [{"event_id": found.values["event_id"]}] if found else []


def _refusal(state: str, message: str, detail: str = "") -> Exception:
    error: Any = asyncpg.PostgresError(message)
    error.sqlstate, error.detail = state, detail
    refusal: Exception = error
    return refusal


def add_log(database: Database) -> None:
    """The tables; the published log is that of 24 partitions."""
    assert PARTITIONS == 24
    keys = {
        "events_pkey": ("position",),
        "events_event_id_key": ("event_id",),
        "events_stream_id_version_key": ("stream_id", "version"),
    }
    database.tables["events"] = Log(database.transactions, **keys)
    database.table("commands", commands_pkey=("command_id",))
    database.table("published", published_pkey=("number",), published_event_id_key=("event_id",))


LOG_MODELS: dict[str, Model] = {
    postgres.LOAD: load,
    postgres.LOAD_AS_OF: load_as_of,
    postgres.LOAD_MANY: load_many,
    postgres.APPEND: append,
    postgres.STREAM: append_stream,
    postgres.COMMAND: append_command,
    postgres.FIND: find_command,
    postgres.FIND_OR_LOAD: find_or_load,
    postgres.ANSWER: answer,
    postgres.PRUNE: prune,
    windows.OPEN: window_open,
    windows.SMALL: window_small,
    windows.WALK: window_walk,
    restore.NEWEST: newest,
    publisher.LASTS: lasts,
    publisher.INSERT: publish,
    table_transport.HEAD: head,
    table_transport.READ: read,
    table_transport.AT: at,
}
