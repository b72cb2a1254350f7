"""Looks, after an erasure, for any sealed value of a person's that still opens: every event and table of every service.

Words of hers lie nowhere unsealed (tests/e2e/test_subject.py searches for them), so what opens is all there is to find.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from uuid import UUID

from jinguo.databases import KEYS
from jinguo.subject.export import find
from jinguo.subject.gathering import events_of, tables_of
from jinguo.subject.opening import Opener
from libs.events.vault_postgres import PostgresVault
from libs.events.verifying.check import snapshot
from services import SERVICES


@dataclass(frozen=True, slots=True)
class Place:
    """Rows that name her in one table, and how many values in them open."""

    service: str
    table: str
    rows: int
    readable: int


async def prove(dsn: Callable[[str], str], master_key: bytes, woman_id: UUID) -> list[Place]:
    """Every place that names her. Raises NotFound for an id that no record of the register has."""
    async with AsyncExitStack() as stack:
        vault = await PostgresVault.open(dsn(KEYS), master_key)
        stack.push_async_callback(vault.close)
        open_ = {name: await stack.enter_async_context(snapshot(dsn(name))) for name in reversed(SERVICES)}
        person = await find(open_["registry"], open_["training"], woman_id)
        hers = (*person.records, *person.lines)
        opener = Opener(vault, hers)
        places: list[Place] = []
        for service, connection in open_.items():
            seen = opener.readable
            events = await events_of(connection, opener, hers, hers)
            places.append(Place(service, "events", len(events), opener.readable - seen))
            seen = opener.readable
            async for table, rows in tables_of(connection, opener, hers):
                places.append(Place(service, table, len(rows), opener.readable - seen))
                seen = opener.readable
    return places
