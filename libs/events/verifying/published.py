"""Walks the published log by number: 1, 2, 3 … without gaps, the chain of each partition, replays, nothing untold."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from libs.events.contract import PARTITIONS
from libs.events.partition import partition_of
from libs.events.publisher import PUBLISHER
from libs.events.replay import ReplayOf, replay_id, replay_of
from libs.events.types import Connection
from libs.events.verifying.check import Check, differing, pages

WALK = "SELECT number, partition, previous, event_id, type, key, data, meta, at FROM published ORDER BY number"
ORIGINALS = "SELECT number, event_id, type, key, data FROM published WHERE number = ANY($1::bigint[])"
LAST = "SELECT last_number FROM cursors WHERE name = $1"


class PublishedWalk:
    """The checks of the published log; `made` are the bits that the walk of the private log set."""

    def __init__(self, made: bytearray) -> None:
        """Nothing is looked at before `run`."""
        self._made = made
        self.numbers = Check("published", "numbers count 1, 2, 3 … to where the publisher stands", "records")
        self.chain = Check("chain", "each record names the one before it in its partition", "records")
        self.partitions = Check("partitions", f"the partition is murmur2(key) mod {PARTITIONS}", "records")
        self.told = Check("told", "every record was made from an event, or repeats one under `replayof`", "records")
        self._last = 0
        self._before = dict.fromkeys(range(PARTITIONS), 0)

    @property
    def checks(self) -> list[Check]:
        """In the order in which they are told."""
        return [self.numbers, self.chain, self.partitions, self.told]

    async def run(self, connection: Connection) -> None:
        """Walk everything."""
        async for rows in pages(connection, WALK):
            await self._page(connection, rows)
        stands = await connection.fetchval(LAST, PUBLISHER) or 0
        if stands != self._last:
            self.numbers.fault(f"the publisher stands at {stands}, the last record is {self._last}")

    async def _page(self, connection: Connection, rows: Sequence[Any]) -> None:
        replays: dict[int, tuple[Any, ReplayOf]] = {}
        for row in rows:
            number, partition = row["number"], row["partition"]
            self.numbers.expect(number == self._last + 1, f"number {number} after {self._last}")
            before = self._before[partition]
            self.chain.expect(
                row["previous"] == before, f"number {number} names {row['previous']}, before it is {before}"
            )
            rightly = partition_of(row["key"])
            self.partitions.expect(partition == rightly, f"number {number} lies in {partition}, not in {rightly}")
            self._last, self._before[partition] = number, number
            original = replay_of(row["meta"])
            if original is None:
                self.told.expect(self._is_made(number), f"number {number}, {row['type']}: no event makes it")
            else:
                replays[number] = row, original
        await self._replays(connection, replays)

    async def _replays(self, connection: Connection, replays: dict[int, tuple[Any, ReplayOf]]) -> None:
        if not replays:
            return
        wanted = [original.number for _, original in replays.values()]
        originals = {row["number"]: row for row in await connection.fetch(ORIGINALS, wanted)}
        for number, (row, original) in replays.items():
            first = originals.get(original.number)
            self.told.expect(
                first is not None and original.number < number and _repeats(row, first, original.event_id),
                f"number {number} does not repeat number {original.number}",
            )

    def _is_made(self, number: int) -> bool:
        place, bit = divmod(number, 8)
        return place < len(self._made) and bool(self._made[place] >> bit & 1)


def _repeats(row: Any, first: Any, said: UUID) -> bool:
    same = row["type"] == first["type"] and row["key"] == first["key"] and not differing(row["data"], first["data"])
    return bool(same and first["event_id"] == said and row["event_id"] == replay_id(said, row["number"]))
