"""The version beside at the same place as the serving one: followed, held still for a moment, compared.

The serving reader is held by the row it must lock for each page. The version beside takes what is missing and stands at
exactly the same place; a snapshot taken then shows both at one cut, and is compared at leisure with nobody held.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from libs.events import failpoints, table_copies
from libs.events import projection_versions as versions
from libs.events.checksums import Checksum, checksums
from libs.events.projection_versions import Position
from libs.events.rebuild_pages import Pages
from libs.events.table_copies import SERVING
from libs.events.table_differences import Difference, differences
from libs.events.types import Connection

NEAR: Final = 1_000  # events that may be missing when the serving reader is held still
# Nobody is held for longer, also when this process is frozen: its session ends, idle or not.
LIMITS: Final = """
SET LOCAL lock_timeout = '10s'; SET LOCAL transaction_timeout = '20s'; SET LOCAL idle_in_transaction_session_timeout = 0
"""
MOMENT: Final = "SELECT pg_current_snapshot()"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both versions at one cut: checksums by table, the first rows that differ, and the snapshot's first open xid."""

    serving: dict[str, Checksum]
    rebuilt: dict[str, Checksum]
    differences: tuple[Difference, ...]
    since: int

    @property
    def tables_that_differ(self) -> list[str]:
        """By name; none when both versions are the same."""
        return sorted(table for table, checksum in self.serving.items() if self.rebuilt[table] != checksum)

    @property
    def equal(self) -> bool:
        """Every table has the same rows in both."""
        return not self.tables_that_differ


@dataclass
class Beside:
    """A version beside and the work that brings it to the cut."""

    pages: Pages

    @property
    def worker(self) -> Connection:
        """The connection that writes the version."""
        return self.pages.session.worker

    @property
    def tables(self) -> Sequence[str]:
        """Of the read model."""
        return self.pages.source.tables

    async def follow(self) -> None:
        """Come so near to the serving version that the rest takes a moment."""
        while True:
            target = await self.pages.source.history.target(self.worker)
            if await self.pages.catch_up(target) < NEAR:
                break
        async with self.worker.transaction():
            await table_copies.finish(self.worker, self.pages.version.schema, self.tables)  # of an empty history too

    @asynccontextmanager
    async def held(self) -> AsyncIterator[Position]:
        """The serving reader stands still, and the version beside at the same place; for a moment only."""
        holder = self.pages.session.holder
        async with holder.transaction():
            await holder.execute(LIMITS)
            position = await self.pages.source.history.target(holder, lock=True)
            failpoints.passing("rebuild.held")
            await self.pages.catch_up(position)
            yield position

    async def compared(self) -> Comparison:
        """Every table of both versions at one cut, nobody being held while they are read."""
        await self.follow()
        worker, version = self.worker, self.pages.version
        await table_copies.refuse_other_shape(worker, version.schema, self.tables)
        for table in self.tables:
            await worker.execute(f"ANALYZE {table_copies.place(version.schema, table)}")
        snapshot = worker.transaction(isolation="repeatable_read", readonly=True)
        async with self.held():
            await snapshot.start()
            since: int = (await worker.fetchval(MOMENT))[0]
        try:
            found = await self._compare(since)
        finally:
            await snapshot.rollback()
        await worker.execute(versions.COMPARED, version.projection, version.version, found.equal)
        failpoints.passing("rebuild.compared")
        return found

    async def written_since(self, comparison: Comparison) -> list[Difference]:
        """Differing rows among those written since a comparison, on either side; the caller holds the serving reader.

        A row that only one side has deleted since is found by the number of rows.
        """
        found: list[Difference] = []
        for table in self.tables:
            schemas = (SERVING, self.pages.version.schema)
            found += await differences(self.worker, table, *schemas, since=comparison.since)
            here, there = [await self._rows(schema, table) for schema in schemas]
            known = comparison.rebuilt[table].rows - comparison.serving[table].rows
            if there - here != known:
                found.append(Difference(table, "", f"{here} rows serve, {there} are rebuilt", ()))
        return found

    async def _rows(self, schema: str, table: str) -> int:
        count: int = await self.worker.fetchval(f"SELECT count(*) FROM {table_copies.place(schema, table)}")  # noqa: S608
        return count

    async def _compare(self, since: int) -> Comparison:
        schema = self.pages.version.schema
        serving = await checksums(self.worker, self.tables)
        rebuilt = await checksums(self.worker, self.tables, schema=schema)
        rows: list[Difference] = []
        for table in self.tables:
            if serving[table] != rebuilt[table]:
                rows += await differences(self.worker, table, SERVING, schema)
        return Comparison(serving, rebuilt, tuple(rows), since)
