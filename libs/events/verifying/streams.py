"""Walks the private log stream by stream: versions, order, what is sealed, and that publishing again gives the same.

Publishing is pure, so every published record can be made again from its event. Which records came out of the walk is
kept as one bit a record; what the published log holds beside them nobody has told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag

from libs.events.partition import partition_of
from libs.events.publisher import PUBLISHER, row_of
from libs.events.rows import COLUMNS, to_recorded
from libs.events.sealing import is_sealed
from libs.events.service import Service
from libs.events.store import Recorded
from libs.events.types import Connection
from libs.events.vault import Vault
from libs.events.verifying.check import Check, differing, pages

CURSOR = "SELECT prev, cur, page_position FROM cursors WHERE name = $1"
WALK = f"""
SELECT {COLUMNS}, xid, coalesce(pg_visible_in_snapshot(xid, $1), false)
       OR (coalesce(pg_visible_in_snapshot(xid, $2), false) AND position <= $3) AS passed
FROM events ORDER BY stream_id, version
"""  # noqa: S608 - a constant list of columns
PUBLISHED = "SELECT number, event_id, type, key, data, meta, at FROM published WHERE event_id = ANY($1::uuid[])"
NUMBERS = """
SELECT (SELECT max(position) FROM events) AS position, (SELECT max(xid) FROM events) AS xid,
       pg_snapshot_xmax(pg_current_snapshot()) AS next,
       (SELECT last_value FROM pg_sequences
        WHERE format('%I.%I', schemaname, sequencename)::regclass
              = pg_get_serial_sequence('events', 'position')::regclass) AS drawn,
       (SELECT max(greatest(pg_snapshot_xmax(prev), pg_snapshot_xmax(cur))) FROM cursors) AS seen
"""
KEYS = """
SELECT w.subject, w.version FROM unnest($1::uuid[], $2::smallint[]) AS w(subject, version)
WHERE NOT EXISTS (SELECT FROM subject_keys k WHERE k.subject_id = w.subject AND k.key_version = w.version)
"""


@dataclass
class Walk:
    """The checks of the private log; `made` has a bit for each published number that an event of the log makes."""

    service: Service
    vault: Vault | None = None  # opens every sealed value, if given
    made: bytearray = field(default_factory=bytearray)
    versions: Check = field(
        default_factory=lambda: Check("versions", "streams count 1, 2, 3 … in the order of positions", "events")
    )
    readable: Check = field(default_factory=lambda: Check("readable", "this version reads every event", "events"))
    sealed: Check = field(
        default_factory=lambda: Check("sealed", "personal values are ciphertext under a key that was made", "values")
    )
    republished: Check = field(
        default_factory=lambda: Check("republished", "publishing again gives what was published", "records")
    )
    order: Check = field(
        default_factory=lambda: Check("order", "records of a stream are published in its order", "records")
    )
    _stream: UUID | None = None
    _version: int = 0
    _position: int = 0
    _number: int = 0

    @property
    def checks(self) -> list[Check]:
        """In the order in which they are told."""
        return [self.versions, self.readable, self.sealed, self.republished, self.order]

    async def run(self, connection: Connection, keys: Connection | None) -> None:
        """Walk everything; without `keys` nobody asks whether a value's key was made."""
        cursor = await connection.fetchrow(CURSOR, PUBLISHER)
        prev, cur, page = cursor or (None, None, 0)
        async for rows in pages(connection, WALK, prev, cur, page):
            recorded = list(self._read(rows))
            await self._check_sealed(rows, keys)
            await self._check_published(connection, recorded)

    def _read(self, rows: Sequence[Any]) -> Iterator[tuple[Recorded[Any], bool]]:
        for row in rows:
            self._check_version(row)
            self.readable.counted += 1
            try:
                yield to_recorded(self.service.codec, row), row["passed"]
            except Exception as error:  # noqa: BLE001 - whatever keeps an event from being read is a finding
                self.readable.fault(f"position {row['position']}, {row['type']}: {type(error).__name__}")

    def _check_version(self, row: Any) -> None:
        if row["stream_id"] != self._stream:
            self._stream, self._version, self._position = row["stream_id"], 0, 0
        place = f"position {row['position']}: stream {row['stream_id']} version {row['version']}"
        follows = row["version"] == self._version + 1 and row["position"] > self._position
        self.versions.expect(follows, f"{place} after version {self._version} at {self._position}")
        self._version, self._position = row["version"], row["position"]

    async def _check_sealed(self, rows: Sequence[Any], keys: Connection | None) -> None:
        wanted: dict[tuple[UUID, int], int] = {}
        for row in rows:
            for subject, data_class, text in personal_values(orjson.loads(row["data"])):
                self.sealed.counted += 1
                version = is_sealed(text, data_class)
                if version is None:
                    self.sealed.fault(f"position {row['position']}, {row['type']}: a value that is no ciphertext")
                else:
                    wanted.setdefault((UUID(subject), version), row["position"])
        if self.vault is not None:
            await self._check_opened(rows, self.vault)
        if keys is None or not wanted:
            return
        columns = [list(column) for column in zip(*wanted, strict=True)]
        for row in await keys.fetch(KEYS, *columns):
            where = wanted[row["subject"], row["version"]]
            self.sealed.fault(f"position {where}: key {row['version']} of {row['subject']} was never made")

    async def _check_opened(self, rows: Sequence[Any], vault: Vault) -> None:
        values = [
            (row["position"], UUID(subject), text)
            for row in rows
            for subject, data_class, text in personal_values(orjson.loads(row["data"]))
            if is_sealed(text, data_class) is not None
        ]
        try:
            await vault.open_many([(subject, text) for _, subject, text in values])
        except (InvalidTag, ValueError):
            for position, subject, text in values:  # one of them: which?
                try:
                    await vault.open_many([(subject, text)])
                except (InvalidTag, ValueError):
                    self.sealed.fault(f"position {position}: a value of {subject} does not open with its key")

    async def _check_published(self, connection: Connection, events: Sequence[tuple[Recorded[Any], bool]]) -> None:
        expected: list[tuple[Recorded[Any], bool, tuple[Any, ...], Any]] = []
        for event, passed in events:
            try:
                items = list(self.service.publish(event))
            except Exception as error:  # noqa: BLE001 - a publish that fails is the finding
                self.republished.fault(f"position {event.position}, {event.type}: publishing {type(error).__name__}")
                continue
            rows = (row_of(0, partition_of(item.key), 0, event, nth, item) for nth, item in enumerate(items))
            expected += [(event, passed, row, item.body) for row, item in zip(rows, items, strict=True)]
        found = await connection.fetch(PUBLISHED, [row[3] for _, _, row, _ in expected])
        by_id = {row["event_id"]: row for row in found}
        for event, passed, row, body in expected:
            published = by_id.get(row[3])
            if published is None:
                if passed:
                    self.republished.expect(False, f"position {event.position}, {event.type}: {row[4]} is missing")
                continue
            self._mark(published["number"])
            self._compare(event, row, body, published)

    def _compare(self, event: Recorded[Any], row: tuple[Any, ...], body: Any, published: Any) -> None:
        _, _, _, _, kind, key, data, meta, at = row
        place = f"number {published['number']} of position {event.position}"
        wrong = [name for name, value in (("type", kind), ("key", key), ("at", at)) if published[name] != value]
        wrong += [f"data.{name}" for name in differing(published["data"], data)]
        wrong += [f"meta.{name}" for name in sorted({*meta, *published["meta"]} - _same(meta, published["meta"]))]
        if not wrong and type(body).model_validate(published["data"]) != body:
            wrong.append("data")
        self.republished.expect(not wrong, f"{place} differs in {', '.join(wrong)}")
        first = event.version == 1 or event.stream_id != self._told
        self.order.expect(first or published["number"] > self._number, f"{place} after number {self._number}")
        self._told, self._number = event.stream_id, published["number"]

    _told: UUID | None = None

    def _mark(self, number: int) -> None:
        place, bit = divmod(number, 8)
        if place >= len(self.made):
            self.made.extend(bytes(place + 1 - len(self.made) + 4096))
        self.made[place] |= 1 << bit


async def check_numbers(connection: Connection) -> Check:
    """Positions come from the sequence, transactions from this cluster's past: else the database was copied."""
    check = Check("numbers", "positions and transactions lie in this database's past", "limits")
    row = await connection.fetchrow(NUMBERS)
    assert row is not None
    if row["position"] is not None:
        check.expect((row["drawn"] or 0) >= row["position"], f"position {row['position']} was never drawn")
        check.expect(row["xid"] < row["next"], f"transaction {row['xid']} is of the future (next {row['next']})")
    if row["seen"] is not None:
        check.expect(row["seen"] <= row["next"], f"a cursor has seen transaction {row['seen']} (next {row['next']})")
    return check


def personal_values(data: Any) -> Iterator[tuple[str, str, str]]:
    """Subject, class and text of every personal value with content, however deep in an event's JSON."""
    if isinstance(data, Mapping):
        if data.keys() == {"subject", "class", "sealed"}:
            if data["sealed"] is not None:
                yield data["subject"], data["class"], data["sealed"]
            return
        data = data.values()
    elif not isinstance(data, list):
        return
    for value in data:
        yield from personal_values(value)


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> set[str]:
    return {name for name in one if name in other and one[name] == other[name]}
