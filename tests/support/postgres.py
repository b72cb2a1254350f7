"""A PostgreSQL for the tests: the one named, else Docker's, else the embedded one."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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


class Databases:
    """Fresh databases, copied from a template that each list of migrations makes once in a run."""

    def __init__(self, admin_dsn: str) -> None:
        self._admin = admin_dsn
        self._templates: dict[tuple[Path, ...], str] = {}
        self._made: list[str] = []

    async def make(self, *migrations: Path) -> str:
        """DSN of a new database to which `migrations` (folders, in this order) have been applied."""
        template = self._templates.get(migrations)
        if template is None and migrations:
            template = self._templates[migrations] = await self._make_template(migrations)
        return with_database(self._admin, await self._create(template))

    async def drop_all(self) -> None:
        """Remove what this run made."""
        connection = await asyncpg.connect(self._admin)
        try:
            for name in [*self._made, *self._templates.values()]:
                await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        finally:
            await connection.close()

    async def _make_template(self, migrations: tuple[Path, ...]) -> str:
        from libs.events.schema import migrate

        name = await self._create(None, keep=False)
        await migrate(with_database(self._admin, name), *migrations)
        return name

    async def _create(self, template: str | None, *, keep: bool = True) -> str:
        name = f"jinguo_test_{uuid4().hex}"
        connection = await asyncpg.connect(self._admin)
        try:
            source = f' TEMPLATE "{template}" STRATEGY FILE_COPY' if template else ""
            await connection.execute(f'CREATE DATABASE "{name}"{source}')
        finally:
            await connection.close()
        if keep:
            self._made.append(name)
        return name
