"""A PostgreSQL for the tests: the one named, else Docker's, else the embedded one."""

import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg

from jinguo.postgres import EmbeddedPostgres

FAST = {
    "fsync": "off",
    "max_connections": "200",
    "log_min_messages": "panic",
    "autovacuum": "off",  # its transactions would stand among those that tests count
}
VARIABLE = "JINGUO_TEST_POSTGRES"


@contextmanager
def server() -> Iterator[str]:
    """DSN of the maintenance database of a server that is there for this run."""
    named = os.environ.get(VARIABLE)
    if named:
        yield named
    elif docker_answers():
        with _container() as dsn:
            yield dsn
    else:
        with embedded() as dsn:
            yield dsn


def docker_answers() -> bool:
    """True when a Docker engine can be reached."""
    program = shutil.which("docker")
    if program is None:
        return False
    try:
        return subprocess.run([program, "info"], capture_output=True, timeout=10, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


@contextmanager
def _container() -> Iterator[str]:
    from testcontainers.postgres import PostgresContainer

    with PostgresContainer("postgres:18", driver=None) as container:
        yield container.get_connection_url()


@contextmanager
def embedded() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="jinguo-pg-", ignore_cleanup_errors=True) as folder:
        postgres = EmbeddedPostgres(Path(folder) / "pg", settings=FAST)
        postgres.start()
        try:
            yield postgres.dsn()
        finally:
            postgres.stop()


def with_database(dsn: str, database: str) -> str:
    """The same server, another database."""
    head, _, query = dsn.partition("?")
    base = head.rsplit("/", 1)[0]
    return f"{base}/{database}" + (f"?{query}" if query else "")


def _database(dsn: str) -> str:
    return dsn.partition("?")[0].rsplit("/", 1)[1]


class Databases:
    """Fresh databases, copied from templates that are made once in a run: by migrations, or by whatever fills them."""

    def __init__(self, admin_dsn: str, like: "Databases | None" = None) -> None:
        """`like`: whose templates it shares."""
        self._admin = admin_dsn
        self._templates: dict[object, list[str]] = like._templates if like else {}
        self._made: list[str] = []

    async def make(self, *migrations: Path) -> str:
        """DSN of a new database to which `migrations` (folders, in this order) have been applied."""
        if migrations and migrations not in self._templates:
            await self._make_template(migrations)
        return self._copies(await self._create(self._templates[migrations] if migrations else [""]))[0]

    async def filled(
        self, name: str, fill: Callable[..., Awaitable[object]], *migrations: tuple[Path, ...]
    ) -> list[str]:
        """DSNs of new databases as `fill(*their DSNs)` left them, which is called once in a run for each `name`.

        One database for each list of `migrations`. When `fill` ends, nobody may be connected to them any more.
        """
        if name not in self._templates:
            sources = [_database(await self.make(*folders)) for folders in migrations]
            made = await self._create(sources)
            await fill(*(with_database(self._admin, each) for each in made))
            self._templates[name] = made
        return self._copies(await self._create(self._templates[name]))

    async def drop(self) -> None:
        """Remove what this one made."""
        await self._drop(self._made)
        self._made = []

    async def drop_all(self) -> None:
        """Remove the templates too, from a server that outlives the run."""
        if os.environ.get(VARIABLE):
            await self._drop([*self._made, *itertools.chain(*self._templates.values())])

    def _copies(self, names: list[str]) -> list[str]:
        self._made += names
        return [with_database(self._admin, name) for name in names]

    async def _make_template(self, migrations: tuple[Path, ...]) -> None:
        from libs.events.schema import migrate

        made = await self._create([""])
        await migrate(with_database(self._admin, made[0]), *migrations)
        self._templates[migrations] = made

    async def _create(self, templates: list[str]) -> list[str]:
        """Names of new databases, each like its template, empty where that has no name."""
        names = [f"jinguo_test_{uuid4().hex}" for _ in templates]
        async with _connected(self._admin) as connection:
            for name, template in zip(names, templates, strict=True):
                source = f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""
                await connection.execute(f'CREATE DATABASE "{name}"{source}')
        return names

    async def _drop(self, names: list[str]) -> None:
        if names:
            async with _connected(self._admin) as connection:
                for name in names:
                    await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@asynccontextmanager
async def _connected(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(dsn)
    try:
        yield connection
    finally:
        await connection.close()


async def free_leases(dsn: str) -> None:
    """Nobody waits for a reader that was killed; what a lease is for has tests of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("UPDATE cursors SET lease_until = '-infinity'")
    finally:
        await connection.close()
