"""A list of exits or returns taken in: checked in a thread, then as every list (`list_steps.py`)."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

from libs.events.runtime import Runtime
from services.registry.adapters.exit_lists import read_list, sentence
from services.registry.adapters.list_steps import Order, Progress, Reading, take_in
from services.registry.handlers.exit_rows import Terms, take
from services.registry.projections import women


async def take_list(runtime: Runtime, order: Order, progress: Progress, publish_wait: float) -> dict[str, Any]:
    """The result of the job, in the words of the API; raises DomainError for a file that cannot be read."""
    found = await asyncio.to_thread(read_list, order.filename, order.path, order.county, order.today, order.mapping)
    started = order.import_id("exits")
    meta = replace(order.meta, correlation_id=started)
    terms = Terms(found.kind, order.unit.range(), order.county, meta, order.today, order.dry_run)
    read = Reading(found.sheet, found.rows, found.answers, partial(take, runtime, terms), sentence, women.NAME)
    return await take_in(runtime, order, started, read, progress, publish_wait)
