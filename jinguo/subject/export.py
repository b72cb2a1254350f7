"""Exports everything held about a person: one JSON file for machines, one page in Chinese for her.

Reading her data in clear is written to the trail of readings first; nothing is written out when that fails.
"""

import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from jinguo.databases import KEYS
from jinguo.folder import write_private
from jinguo.owner import owner
from jinguo.subject.files import rows_in_files, rows_in_results
from jinguo.subject.format import FORMAT, Reason, SubjectExport
from jinguo.subject.gathering import gathered
from jinguo.subject.opening import Opener
from jinguo.subject.page import page
from libs.events.pool import connect, make_pool
from libs.events.types import Connection
from libs.events.vault_postgres import PostgresVault
from libs.events.verifying.check import snapshot
from libs.values.errors import NotFound
from services import SERVICES
from services.registry.adapters.erasing import GROUP
from services.registry.domain.keys import incomes_id
from services.registry.handlers.reading import NOTE

EVERYWHERE = ("0" * 12, "9" * 12)
LINES = "SELECT line_id FROM roster_lines WHERE candidate = ANY($1) AND state = 'confirmed'"


@dataclass(frozen=True, slots=True)
class Person:
    """Her records (more than one after a merge), her households, and roster lines a person said are hers."""

    records: tuple[UUID, ...]
    households: tuple[UUID, ...]
    lines: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Exported:
    """The two files, and how many events were found."""

    file: Path
    page: Path
    events: int


async def export(
    dsn: Callable[[str], str], master_key: bytes, woman_id: UUID, reason: Reason, out: Path, now: datetime
) -> Exported:
    """Write both files, for their owner only. Raises NotFound for an id that no record of the register has."""
    async with AsyncExitStack() as stack:
        vault = await PostgresVault.open(dsn(KEYS), master_key)
        stack.push_async_callback(vault.close)
        open_ = {name: await stack.enter_async_context(snapshot(dsn(name))) for name in reversed(SERVICES)}
        person = await find(open_["registry"], open_["training"], woman_id)
        await note(dsn("registry"), person, reason, now)
        opener = Opener(vault, (*person.records, *person.households, *person.lines))
        incomes = (incomes_id(each) for each in person.households)
        streams = (*person.records, *person.households, *incomes, *person.lines)
        services = {
            name: await gathered(open_[name], opener, streams, (*person.records, *person.lines)) for name in SERVICES
        }
        pool = await make_pool(dsn("registry"), name="jinguo-export", max_size=1)
        stack.push_async_callback(pool.close)
        found = {
            "format": FORMAT,
            "made_at": now.isoformat(),
            "reason": reason,
            "woman_id": str(woman_id),
            "records": [str(each) for each in person.records],
            "services": services,
            "register_files": await rows_in_files(pool, vault, person.records, now),
            "import_results": await rows_in_results(open_, vault, services["registry"]["events"]),
        }
    html, said = out.with_suffix(".html"), SubjectExport.model_validate(found).model_dump(mode="json", by_alias=True)
    write_private(out, json.dumps(said, ensure_ascii=False, indent=2).encode())
    write_private(html, page(said).encode())
    return Exported(out, html, sum(len(each["events"]) for each in services.values()))


async def find(registry: Connection, training: Connection, woman_id: UUID) -> Person:
    """All that is one woman; raises NotFound."""
    group = await registry.fetch(GROUP, woman_id, *EVERYWHERE)
    if not group:
        raise NotFound(
            "subject.unknown",
            f"The register has no woman {woman_id}.",
            field="id",
            value=str(woman_id),
            right="an id as the list of women or a report shows it",
        )
    records = tuple(row["person_id"] for row in group)
    lines = await training.fetch(LINES, list(records))
    households = tuple(dict.fromkeys(row["household_id"] for row in group))
    return Person(records, households, tuple(row["line_id"] for row in lines))


async def note(dsn: str, person: Person, reason: str, now: datetime) -> None:
    """One line of the trail of readings, committed before anything is read in clear."""
    connection = await connect(dsn, name="jinguo-export")
    try:
        who = owner()
        said = (who.sub, who.role, who.division.code, "jinguo subject export", reason)
        await connection.execute(NOTE, now, *said, list(person.records))
    finally:
        await connection.close()
