"""Rebuilds a read model beside the one that serves: built, compared at one cut, swapped in, rolled back, dropped.

The projection's own code writes into tables of the same names in another schema, so the serving version is never empty,
partial or wrong. Everything that was begun goes on after a kill, from the last page.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import asyncpg

from libs.events import failpoints, table_copies
from libs.events import projection_versions as versions
from libs.events.checksums import quoted
from libs.events.projection_versions import Position, Version
from libs.events.rebuild_cut import Beside, Comparison
from libs.events.rebuild_history import FactHistory, LogHistory
from libs.events.rebuild_pages import PAGE, Pages, Source, Told, untold
from libs.events.rebuild_session import Session, open_session
from libs.events.service import Service
from libs.events.table_copies import SERVING
from libs.events.table_differences import Difference
from libs.values.errors import Conflict, NotFound, Refused, Unavailable

PATIENCE: Final = 60.0  # seconds in which a swap tries to find a moment when nobody reads
OLDER: Final = 1.0  # seconds of one try that older transactions are waited for, the serving reader being held
PAUSE: Final = 0.02
REST: Final = 0.5  # seconds between two tries, in which the serving reader goes on
BRIEFLY: Final = "SET LOCAL lock_timeout = '300ms'"  # for that long readers may queue behind us
_ANY: Final = ("beside", "previous", "stale")
NOW: Final = "SELECT clock_timestamp()"
# Transactions from before the version beside stood at the cut, which do not themselves wait for us: one may hold a
# snapshot in which the new tables are not complete yet, and would read them so after the swap.
OLDER_ONES: Final = """
SELECT application_name FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> ALL ($1::int[])
  AND backend_xmin IS NOT NULL AND xact_start < $2 AND NOT $3::int = ANY (pg_blocking_pids(pid))
LIMIT 1
"""


class Differs(Conflict):
    """The version beside is not the same as the serving one, and nobody said that this is expected."""

    def __init__(self, tables: Sequence[str], comparison: Comparison, rows: Sequence[Difference]) -> None:
        """Holds what was compared and the first differing rows."""
        super().__init__(
            "projection.differs",
            f"The rebuilt version differs from the serving one in {', '.join(tables)}; nothing was changed.",
            rule="what serves is replaced by the same",
            right="after a change of code differences are expected: look at them, then accept them",
        )
        self.comparison = comparison
        self.rows = tuple(rows)


class BesideAlready(Conflict):
    """A version lies beside, so no other can be made."""

    def __init__(self, version: Version) -> None:
        """Names it and its state."""
        super().__init__(
            "projection.beside",
            f"Version {version.version} of {version.projection} lies beside ({version.state}).",
            rule="one version beside at a time",
            right="compare that one, or drop it",
        )


class _NoMoment(Exception):
    """Somebody reads the tables, or may still read them by an old snapshot; try again."""


def source_of(service: Service, name: str) -> Source:
    """What is needed to rebuild a read model of a service; raises NotFound, or Refused when it names no tables."""
    for projection in service.projections:
        if projection.name == name:
            if not projection.tables:
                raise Refused("projection.tables", f"The projection {name} does not say which tables it writes.")
            history = LogHistory(service.codec, projection)
            return Source(name, projection.tables, projection.reads, history, projection.apply, projection.fold)
    for derived in service.derived:
        if derived.name == name:
            return Source(name, derived.tables, derived.reads, FactHistory(derived), derived.apply)
    known = [each.name for each in service.projections] + [each.name for each in service.derived]
    raise NotFound("projection.unknown", f"{service.name} has no read model {name!r}.", right=", ".join(known))


class Rebuild:
    """The work on one read model. Each method is a command of a person, may be killed at any time and given again."""

    def __init__(self, dsn: str, source: Source, told: Told = untold, *, page: int = PAGE) -> None:
        """`dsn`: the service's database, as its owner; `told` hears of the progress."""
        self._dsn = dsn
        self._source = source
        self._told = told
        self._page = page

    async def build(self) -> Comparison:
        """Make the version beside or go on with it, up to where the serving version stands, and compare the two.

        Raises RebuildStopped at an event that cannot be applied, Conflict while another process works on the same.
        """
        async with open_session(self._dsn, self._source.name) as session:
            await self._create(session)
            return await (await self._beside(session, "beside")).compared()

    async def trial(self) -> Comparison:
        """Make a version beside, compare the two and remove it again, whatever came of it.

        Raises as `build`, and Conflict while a version lies beside: that one is somebody else's, and is left alone.
        """
        async with open_session(self._dsn, self._source.name) as session:
            if not await self._create(session):
                raise BesideAlready(await session.beside(*_ANY))
            try:
                return await (await self._beside(session, "beside")).compared()
            finally:
                await _drop(session)

    async def compare(self) -> Comparison:
        """Bring the version beside up to date and compare it, whether it was rebuilt or is kept to go back to."""
        async with open_session(self._dsn, self._source.name) as session:
            return await (await self._beside(session, "beside", "previous")).compared()

    async def swap(self, *, accept_differences: bool = False) -> Comparison:
        """Compare, then let the rebuilt version serve; the other is kept. Raises Differs, and then nothing was changed.

        Raises Unavailable when there is no moment in which nobody reads the tables.
        """
        async with open_session(self._dsn, self._source.name) as session:
            beside = await self._beside(session, "beside")
            comparison = await beside.compared()
            if not (comparison.equal or accept_differences):
                raise Differs(comparison.tables_that_differ, comparison, comparison.differences)
            await self._patiently(beside, None if accept_differences else comparison)
            return comparison

    async def rollback(self) -> None:
        """Let the kept version serve again, brought up to date by the present code; the other is kept instead."""
        async with open_session(self._dsn, self._source.name) as session:
            beside = await self._beside(session, "previous")
            await beside.follow()
            await table_copies.refuse_other_shape(session.worker, beside.pages.version.schema, self._source.tables)
            await self._patiently(beside, None)

    async def drop(self) -> int:
        """Remove the version beside, whatever it is; its number."""
        async with open_session(self._dsn, self._source.name) as session:
            return await _drop(session)

    async def _create(self, session: Session) -> bool:
        """False when a version lies beside already."""
        _, beside = await session.both()
        if beside is not None:
            return False
        worker, tables = session.worker, self._source.tables
        await self._source.history.target(worker)  # refuses what was never read
        async with worker.transaction():
            await table_copies.refuse_obstacles(worker, tables)
            number = await versions.add(worker, self._source.name)
            schema = versions.schema_of(self._source.name, number)
            await table_copies.create(worker, schema, tables)
            if self._source.fold is None:
                await table_copies.finish(worker, schema, tables)
        failpoints.passing("rebuild.created")
        return True

    async def _beside(self, session: Session, *states: str) -> Beside:
        version = await session.beside(*states)
        await session.use(version)
        return Beside(Pages(self._source, session, version, self._told, self._page))

    async def _patiently(self, beside: Beside, compared: Comparison | None) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        while True:
            try:
                return await self._swap(beside, compared)
            except asyncpg.InterfaceError as error:
                session = beside.pages.session
                if compared is None or session.worker.is_closed() or not session.holder.is_closed():
                    raise
                raise _held_too_long(compared) from error
            except (_NoMoment, asyncpg.LockNotAvailableError) as error:
                if loop.time() > deadline:
                    reader = str(error) if isinstance(error, _NoMoment) else "somebody"
                    raise Unavailable(
                        "projection.in_use",
                        f"{reader} has read {', '.join(self._source.tables)} for all the {PATIENCE:.0f} s of trying.",
                        right="give the command again when that report or backup has ended",
                    ) from error
            await asyncio.sleep(REST)
            await beside.follow()

    async def _swap(self, beside: Beside, compared: Comparison | None) -> None:
        session = beside.pages.session
        async with beside.held() as position:
            moment: datetime = await session.worker.fetchval(NOW)
            if compared is not None:
                rows = await beside.written_since(compared)
                if rows:
                    raise Differs(sorted({each.table for each in rows}), compared, rows)
            await _older_ended(session, moment)
            await self._exchange(session, beside.pages.version, position)
            failpoints.passing("rebuild.swapped")
        failpoints.passing("rebuild.swap_committed")

    async def _exchange(self, session: Session, beside: Version, position: Position) -> None:
        """The tables change their schemas, the versions their states; all in the transaction that holds the reader."""
        tx, tables = session.holder, self._source.tables
        serving, _ = await session.both()
        assert serving is not None
        await tx.execute(BRIEFLY)
        views = [view.name for view in await table_copies.views_over(tx, tables)]
        await tx.execute(f"CREATE SCHEMA {quoted(serving.schema)}")
        await table_copies.move_views(tx, SERVING, serving.schema, views)  # a reader locks a view before its tables
        await table_copies.lock(tx, SERVING, tables)
        await table_copies.move(tx, SERVING, serving.schema, tables)
        await table_copies.move(tx, beside.schema, SERVING, tables)
        await table_copies.move_views(tx, beside.schema, SERVING, views)
        await tx.execute(f"DROP SCHEMA {quoted(beside.schema)}")
        await versions.swap(tx, serving, beside, position)


def _held_too_long(compared: Comparison) -> Unavailable:
    """The server has ended the session that held the serving reader, for its own good; nothing was changed."""
    rows = sum(each.rows for each in compared.serving.values())
    return Unavailable(
        "projection.too_large",
        f"Looking through {rows:,} rows for what was written since the comparison took longer than the serving reader "
        "may be held (20 s); nothing was changed.",
        right="swap at a quieter time, or look at what compare says and accept it: then nothing is looked through",
    )


async def _drop(session: Session) -> int:
    version = await session.beside(*_ANY)
    async with session.worker.transaction():
        await session.worker.execute("SET LOCAL synchronous_commit = on; SET LOCAL lock_timeout = '10s'")
        await session.worker.execute(f"DROP SCHEMA {quoted(version.schema)} CASCADE")
        await session.worker.execute(versions.RETIRE, version.projection, version.version)
    failpoints.passing("rebuild.dropped")
    return version.version


async def _older_ended(session: Session, moment: datetime) -> None:
    """Wait until nobody can hold a snapshot from before `moment`; raises _NoMoment when it takes longer."""
    ours = [connection.get_server_pid() for connection in (session.worker, session.ahead, session.holder)]
    loop = asyncio.get_running_loop()
    deadline = loop.time() + OLDER
    while (name := await session.worker.fetchval(OLDER_ONES, ours, moment, ours[-1])) is not None:
        if loop.time() > deadline:
            raise _NoMoment(name)
        await asyncio.sleep(PAUSE)
