"""A modelled database with the kernel's tables, and the models of all statements the kernel sends."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from libs.events.testing.simulation.database import Database, Model
from libs.events.testing.simulation.kernel_cursors import CURSOR_MODELS, add_cursors
from libs.events.testing.simulation.kernel_facts import FACT_MODELS, add_facts
from libs.events.testing.simulation.kernel_forward import FORWARD_MODELS, add_forwarded
from libs.events.testing.simulation.kernel_log import LOG_MODELS, add_log

KERNEL_MODELS: Mapping[str, Model] = LOG_MODELS | CURSOR_MODELS | FACT_MODELS | FORWARD_MODELS


def kernel_database(
    loop: asyncio.AbstractEventLoop, log_id: UUID, models: Mapping[str, Model] | None = None
) -> Database:
    """An empty database as the kernel's migrations make it; `models` are those of a service's own statements."""
    database = Database(loop, {**KERNEL_MODELS, **(models or {})})
    database.values["log_id"] = log_id
    for add in (add_log, add_cursors, add_facts, add_forwarded):
        add(database)
    return database
