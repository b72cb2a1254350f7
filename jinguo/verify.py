"""`jinguo verify`: whether what the databases say is what they must say; reads only, also beside a running jinguo.

One snapshot of each database is held for as long as it takes, readers before those they read from, so that nobody has
read what is not there yet.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from jinguo.databases import KEYS
from libs.events.service import Service
from libs.events.types import Connection
from libs.events.verifying.check import Check, snapshot
from libs.events.verifying.published import PublishedWalk
from libs.events.verifying.readers import check_offsets
from libs.events.verifying.streams import Walk, check_numbers
from services.registry.worker import service as registry_service
from services.reporting.verification import check_facts, check_recorded
from services.reporting.worker import service as reporting_service
from services.training.worker import service as training_service

READERS_FIRST: tuple[Callable[[], Service], ...] = (reporting_service, training_service, registry_service)


@dataclass(frozen=True, slots=True)
class Checked:
    """A finished check of one service."""

    service: str
    check: Check


async def verify(dsn: Callable[[str], str], only: Sequence[str] = ()) -> AsyncIterator[Checked]:
    """Check every service, or those named; each check is told when it is finished."""
    services = {each.name: each for each in (make() for make in READERS_FIRST)}
    async with AsyncExitStack() as stack:
        open_ = {name: await stack.enter_async_context(snapshot(dsn(name))) for name in services}
        keys = await stack.enter_async_context(snapshot(dsn(KEYS)))  # last: keys are made before the events they seal
        for name, service in services.items():
            if not only or name in only:
                async for check in _service(service, open_, keys):
                    yield Checked(name, check)


async def _service(service: Service, open_: dict[str, Connection], keys: Connection) -> AsyncIterator[Check]:
    connection = open_[service.name]
    if service.codec.names:
        walk = Walk(service)
        yield await check_numbers(connection)
        await walk.run(connection, keys)
        for check in walk.checks:
            yield check
        published = PublishedWalk(walk.made)
        await published.run(connection)
        for check in published.checks:
            yield check
    for consumer in service.consumers:
        yield await check_offsets(connection, open_[consumer.source], consumer.name)
    if service.name == "reporting":
        for consumer in service.consumers:
            yield await check_facts(connection, open_[consumer.source], consumer)
        yield await check_recorded(connection)
