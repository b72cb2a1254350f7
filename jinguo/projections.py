"""The read models of one installation by names like `reporting.match`, and what a person can do with them.

Works on the databases themselves, whether jinguo runs on the folder or not.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from jinguo.databases import running_server
from jinguo.folder import DataFolder
from jinguo.postgres import EmbeddedPostgres
from jinguo.services import every_service
from libs.events import projection_versions
from libs.events.pool import connect, database
from libs.events.projection_versions import Version
from libs.events.rebuild import Rebuild, source_of
from libs.events.rebuild_pages import RebuildStopped, Told, UndeclaredTable
from libs.events.schema import migrate
from libs.events.service import Service
from libs.values.errors import NotFound, Refused

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadModel:
    """One read model: which version serves, and the one beside it if there is one."""

    name: str
    serving: int
    beside: Version | None

    def as_json(self) -> dict[str, Any]:
        """As printed for scripts."""
        shown: dict[str, Any] = {"name": self.name, "serving": self.serving, "beside": None}
        if self.beside is not None:
            each = self.beside
            shown["beside"] = {
                "version": each.version,
                "state": each.state,
                "passed": each.passed,
                "total": each.total,
                "rate": round(each.rate, 1),
                "equal": each.equal,
                "moved_at": each.moved_at.isoformat(),
            }
        return shown


def services() -> dict[str, Service]:
    """Those that have read models, by name."""
    return {service.name: service for service in every_service()}


def names() -> list[str]:
    """Every read model that can be rebuilt."""
    return [f"{service.name}.{name}" for service in services().values() for name in _names(service)]


def _names(service: Service) -> list[str]:
    return [each.name for each in service.projections] + [each.name for each in service.derived]


def read_models(folder: DataFolder) -> list[ReadModel]:
    """All of them with their versions."""
    with _running(folder) as server:
        return asyncio.run(_read_models(server))


async def _read_models(server: EmbeddedPostgres) -> list[ReadModel]:
    found: list[ReadModel] = []
    for service in services().values():
        await _up_to_date(server, service)
        connection = await connect(server.dsn(service.name))
        try:
            versions = await projection_versions.of_all(connection)
        finally:
            await connection.close()
        for name in _names(service):
            mine = {each.state == "serving": each for each in versions if each.projection == name}
            serving = mine[True].version if True in mine else 1
            found.append(ReadModel(f"{service.name}.{name}", serving, mine.get(False)))
    return found


def work(folder: DataFolder, name: str, told: Told, do: Callable[[Rebuild], Awaitable[T]]) -> T:
    """Do something with a read model, for example `lambda rebuild: rebuild.swap()`; raises DomainErrors only."""
    service, projection = _find(name)

    async def run(server: EmbeddedPostgres) -> T:
        await _up_to_date(server, service)
        return await do(Rebuild(server.dsn(service.name), source_of(service, projection), told))

    with _running(folder) as server:
        try:
            return asyncio.run(run(server))
        except RebuildStopped as error:
            raise Refused(
                "projection.stopped",
                f"{service.name}.{error}. All before it is kept; the serving version is as it was.",
                right="mend the projection and give the command again, or drop the version beside",
            ) from error
        except UndeclaredTable as error:
            raise Refused("projection.undeclared", f"{service.name}.{error}.") from error


def _find(name: str) -> tuple[Service, str]:
    service, _, projection = name.partition(".")
    known = services()
    if service not in known:
        raise NotFound(
            "projection.unknown",
            f"There is no read model {name!r}; there are {', '.join(names())}.",
            field="NAME",
            value=name,
        )
    return known[service], projection


async def _up_to_date(server: EmbeddedPostgres, service: Service) -> None:
    """As a start of jinguo would: the versions' table may be newer than the folder."""
    await migrate(server.dsn(service.name), *service.folders)


@contextmanager
def _running(folder: DataFolder) -> Iterator[EmbeddedPostgres]:
    with running_server(folder) as server, database():
        yield server
