"""Erases a person for the owner of the machine, and waits until no read model of any service shows her words.

Beside a running jinguo this process destroys and tells, and the readers over there do the rest; without one, the
services are opened here, without a port, until their readers are through.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from jinguo.folder import DataFolder
from jinguo.house import Dsn, House
from jinguo.owner import owner
from jinguo.services import opened
from libs.events.meta import Meta
from libs.events.pool import connect
from libs.events.runtime import Runtime
from libs.service.clock import system_clock, system_ids
from libs.values.errors import NotFound
from libs.values.valid_date import local_date
from services.registry.adapters import erasing
from services.registry.domain.erasure import Duty, Reason
from services.registry.settings import RegistrySettings
from services.registry.worker import service as registry_service

WAIT = 60.0  # seconds that the readers get
LOOK = 0.1
REGISTRY_LEFT = "SELECT count(*) FROM women WHERE woman_id = ANY($1) AND NOT erased"
TRAINING_LEFT = """
SELECT (SELECT count(*) FROM women WHERE woman_id = ANY($1) AND NOT (erased AND forgotten))
     + (SELECT count(*) FROM roster_lines WHERE candidate = ANY($1) AND state <> 'erased')
"""


@dataclass(frozen=True, slots=True)
class Erased:
    """All ids of the person, the kept files she stood in, and whether every read model is blank already."""

    records: tuple[UUID, ...]
    files: int
    everywhere: bool


async def erase(
    folder: DataFolder, dsn: Dsn, woman_id: UUID, reason: Reason, *, running: bool, wait: float = WAIT
) -> Erased:
    """Erase and wait. `running`: another process has the services open. Raises what `erasing.erase` raises."""
    async with _registry(folder, dsn, running=running) as runtime:
        who = owner()
        meta = Meta(actor=who.sub, role=who.role, unit=who.division.code, correlation_id=system_ids())
        duty = Duty(RegistrySettings().keep_until)
        order = erasing.Order(woman_id, reason, local_date(system_clock()), ("0" * 12, "9" * 12), meta, duty)
        try:
            done = await erasing.erase(runtime, order)
        except NotFound as error:
            raise _unknown(woman_id) from error
        everywhere = await _blank(dsn, done.records, wait)
    return Erased(done.records, done.files, everywhere)


@asynccontextmanager
async def _registry(folder: DataFolder, dsn: Dsn, *, running: bool) -> AsyncIterator[Runtime]:
    if not running:
        async with House.open(folder, dsn) as house:
            yield house.runtimes["registry"]
        return
    async with opened(registry_service(), dsn, folder.secret("master.key")) as runtime:
        yield runtime


async def _blank(dsn: Callable[[str], str], records: Sequence[UUID], wait: float) -> bool:
    """Wait until the read models of the registry and of training hold none of her words."""
    for database, query in (("registry", REGISTRY_LEFT), ("training", TRAINING_LEFT)):
        connection = await connect(dsn(database), name="jinguo-erase")
        try:
            async with asyncio.timeout(wait):
                while await connection.fetchval(query, list(records)):  # noqa: ASYNC110 - the database has no event
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            return False
        finally:
            await connection.close()
    return True


def _unknown(woman_id: UUID) -> NotFound:
    return NotFound(
        "subject.unknown",
        f"The register has no woman {woman_id}.",
        field="id",
        value=str(woman_id),
        right="an id as the list of women or a report shows it",
    )
