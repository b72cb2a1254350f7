"""A list of exits or returns taken in: checked in a thread, batch by batch, finished by bringing it again.

A dry run answers the same and writes nothing. The file is kept sealed as register files are, refused rows beside it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.values.division import LEVELS, Division
from services.registry.adapters.exit_lists import ReadList, read_list, refused_rows
from services.registry.adapters.redacting import redact_rows
from services.registry.domain.keys import import_id
from services.registry.domain.register_import import FinishImport, Fresh, StartImport, register_import
from services.registry.handlers import files
from services.registry.handlers.answers import RowAnswer, counted
from services.registry.handlers.exit_rows import Terms, take
from services.registry.handlers.results import of_erased, result
from services.registry.projections import women

Progress = Callable[[int, int], Awaitable[None]]
BATCH: Final = 100


@dataclass(frozen=True)
class Order:
    """What was brought, by whom."""

    path: Path
    filename: str
    digest: str
    unit: Division
    meta: Meta
    today: date
    dry_run: bool = False
    mapping: Mapping[str, str] | None = None


async def take_list(runtime: Runtime, order: Order, progress: Progress, publish_wait: float) -> dict[str, Any]:
    """The result of the job, in the words of the API; raises DomainError for a file that cannot be read."""
    county = order.unit.code[:6] if LEVELS.index(order.unit.level) >= LEVELS.index("county") else ""
    read = await asyncio.to_thread(read_list, order.filename, order.path, county, order.today, order.mapping)
    mapping = repr(sorted((order.mapping or {}).items()))
    started = import_id(order.unit.code, order.digest, None, f"exits{mapping}")
    meta = replace(order.meta, correlation_id=started)
    if not order.dry_run:
        await _start(runtime, order, read, started, meta)
    terms = Terms(read.kind, order.unit.range(), county, meta, order.today, order.dry_run)
    answers, xids = dict(read.answers), list[int]()
    for first in range(0, len(read.rows), BATCH):
        taken, xid = await take(runtime, terms, read.rows[first : first + BATCH])
        answers |= {answer.row: answer for answer in taken}
        xids += [xid] if xid is not None else []
        await progress(min(first + BATCH, len(read.rows)), len(read.rows))
        await asyncio.sleep(0)  # let everybody else's requests in between two batches
    told = {"file": order.filename, "edition": read.sheet.form}
    named = sum(answer.outcome != "skipped" for answer in answers.values())
    totals = {"rows": named, **counted(answers.values())}
    if order.dry_run:
        return result(told, totals) | {"rows": rows_of(answers)}
    refused = await _refused(runtime, started, read, answers)
    await runtime.commands.handle(register_import, started, FinishImport(started, totals), meta)
    number = await _published(runtime, xids, publish_wait)
    return result(told, totals, refused, number) | {"rows": rows_of(answers)}


def rows_of(answers: Mapping[int, RowAnswer]) -> list[dict[str, Any]]:
    """The answers in the order of the file, in the words of the API."""
    return [answers[row].as_json() for row in sorted(answers)]


async def _start(runtime: Runtime, order: Order, read: ReadList, started: UUID, meta: Meta) -> None:
    """Keep the file and say that it is being taken in; a file brought before is the same import."""
    state, _version = await runtime.commands.state(register_import, started)
    if not isinstance(state, Fresh):
        return
    await files.keep(runtime.pool, runtime.vault, started, order.unit.code, order.path)
    command = StartImport(
        started, order.unit.code, order.digest, read.sheet.form, order.today, order.path.stat().st_size
    )
    await runtime.commands.handle(register_import, started, command, meta)


async def _refused(runtime: Runtime, started: UUID, read: ReadList, answers: Mapping[int, RowAnswer]) -> UUID | None:
    erased = {row for row, answer in answers.items() if of_erased(answer)}
    if erased:  # of an erased person nothing is kept, not even that she stood in a list
        kept = await files.kept(runtime.pool, runtime.vault, started)
        await redact_rows(runtime.pool, runtime.vault, kept, runtime.ids, erased)
    content = await asyncio.to_thread(refused_rows, read, answers)
    if content is None:
        return None
    await files.keep_refused(runtime.pool, runtime.vault, started, content)
    return started


async def _published(runtime: Runtime, xids: list[int], wait: float) -> int | None:
    if not xids:
        return None
    await runtime.wait_projected(max(xids), women.NAME, wait)
    return await runtime.wait_published(max(xids), wait)
