"""A list of exits or returns taken in: checked in a thread, batch by batch, finished by bringing it again.

A dry run answers the same and writes nothing. The file is kept sealed as register files are, refused rows beside it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.values.division import LEVELS, Division
from services.registry.adapters import list_steps
from services.registry.adapters.exit_lists import read_list, refused_rows
from services.registry.domain.keys import import_id
from services.registry.domain.register_import import FinishImport, register_import
from services.registry.handlers.answers import counted
from services.registry.handlers.exit_rows import Terms, take
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
        await list_steps.keep(runtime, order, read.sheet.form, started, meta)
    terms = Terms(read.kind, order.unit.range(), county, meta, order.today, order.dry_run)
    answers, xids = dict(read.answers), list[int]()
    for first in range(0, len(read.rows), BATCH):
        taken, xid = await take(runtime, terms, read.rows[first : first + BATCH])
        answers |= {answer.row: answer for answer in taken}
        xids += [xid] if xid is not None else []
        await progress(min(first + BATCH, len(read.rows)), len(read.rows))
        await asyncio.sleep(0)  # let everybody else's requests in between two batches
    file = {"file": order.filename, "edition": read.sheet.form}
    named = sum(answer.outcome != "skipped" for answer in answers.values())
    totals = {"rows": named, **counted(answers.values())}
    if order.dry_run:
        return list_steps.told(file, answers, totals)
    refused = await list_steps.give_back(runtime, started, answers, partial(refused_rows, read))
    await runtime.commands.handle(register_import, started, FinishImport(started, totals), meta)
    number = await list_steps.published(runtime, xids, women.NAME, publish_wait)
    return list_steps.told(file, answers, totals, refused, number)
