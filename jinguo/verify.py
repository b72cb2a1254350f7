"""`jinguo verify`: whether what the databases say is what they must say; also beside a running jinguo.

One snapshot of each database is held for as long as it takes, readers before those they read from, so that nobody has
read what is not there yet.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from jinguo.consumers import sources
from jinguo.databases import KEYS
from jinguo.services import every_service
from libs.events.rebuild import BesideAlready, Rebuild, source_of
from libs.events.rebuild_pages import RebuildStopped, UndeclaredTable
from libs.events.service import Service
from libs.events.status import describe
from libs.events.types import Connection
from libs.events.vault import Vault
from libs.events.vault_postgres import PostgresVault
from libs.events.verifying.check import Check, snapshot
from libs.events.verifying.published import PublishedWalk
from libs.events.verifying.readers import check_offsets
from libs.events.verifying.streams import Walk, check_numbers
from libs.values.errors import DomainError
from services.registry.verification import check_erasures
from services.reporting.verification import check_facts, check_recorded


@dataclass(frozen=True, slots=True)
class Checked:
    """A finished check of one service."""

    service: str
    check: Check


async def verify(
    dsn: Callable[[str], str], only: Sequence[str] = (), master_key: bytes | None = None
) -> AsyncIterator[Checked]:
    """Check every service, or those named; each check is told when it is finished.

    With the master key it is a full one: every sealed value is opened (and forgotten), and every read model is built
    once more beside the serving one, compared with it and dropped, which writes.
    """
    services = {each.name: each for each in reversed(every_service())}
    async with AsyncExitStack() as stack:
        open_ = {name: await stack.enter_async_context(snapshot(dsn(name))) for name in services}
        keys = await stack.enter_async_context(snapshot(dsn(KEYS)))  # last: keys are made before the events they seal
        vault = await PostgresVault.open(dsn(KEYS), master_key) if master_key else None
        if vault:
            stack.push_async_callback(vault.close)
        for name, service in services.items():
            if not only or name in only:
                async for check in checks_of(service, open_, keys, vault):
                    yield Checked(name, check)
    if master_key:
        for name, service in services.items():
            if not only or name in only:
                names = [each.name for each in service.projections] + [each.name for each in service.derived]
                for read_model in names:
                    yield Checked(name, await refolded(dsn(name), service, read_model))


async def refolded(dsn: str, service: Service, read_model: str) -> Check:
    """Build a read model once more from its history and compare it with the one that serves.

    A version that somebody has built or kept beside is left alone: then nothing is built, and the check says so.
    """
    check = Check(f"read model {read_model}", "folding the history again gives what serves", "rows")
    try:
        compared = await Rebuild(dsn, source_of(service, read_model)).trial()
    except BesideAlready as beside:
        check.what = f"not built: {beside}"
        return check
    except (DomainError, RebuildStopped, UndeclaredTable) as error:
        check.fault(f"could not be built: {describe(error)}")
        return check
    check.counted = sum(each.rows for each in compared.serving.values())
    for table in compared.tables_that_differ:
        serving, again = compared.serving[table], compared.rebuilt[table]
        check.fault(f"{table}: {serving.rows} rows serve, {again.rows} come out, or the same number of others")
    return check


async def checks_of(
    service: Service, open_: dict[str, Connection], keys: Connection, vault: Vault | None
) -> AsyncIterator[Check]:
    """The checks of one service over open snapshots: its own and those it reads by name, and the keys'."""
    connection = open_[service.name]
    if service.codec.names:
        walk = Walk(service, vault)
        yield await check_numbers(connection)
        await walk.run(connection, keys)
        for check in walk.checks:
            yield check
        published = PublishedWalk(walk.made)
        await published.run(connection)
        for check in published.checks:
            yield check
    if service.name == "registry":
        yield await check_erasures(connection, keys)
    for name, source in sources(service).items():
        yield await check_offsets(connection, open_[source], name)
    if service.name == "reporting":
        for consumer in service.consumers:
            yield await check_facts(connection, open_[consumer.source], consumer)
        yield await check_recorded(connection)
