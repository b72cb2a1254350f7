"""The steps that every list of an office takes on its way in: kept, its bad rows given back, read and published."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.values.division import Division
from services.registry.adapters.redacting import redact_rows
from services.registry.domain.register_import import Fresh, StartImport, register_import
from services.registry.handlers import files
from services.registry.handlers.answers import RowAnswer
from services.registry.handlers.results import of_erased, result

Answers = Mapping[int, RowAnswer]


class Brought(Protocol):
    """A list as it was brought."""

    @property
    def path(self) -> Path: ...
    @property
    def digest(self) -> str: ...
    @property
    def unit(self) -> Division: ...
    @property
    def today(self) -> date: ...


async def keep(runtime: Runtime, brought: Brought, form: str, started: UUID, meta: Meta) -> None:
    """Keep the file and say that it is being taken in; a file brought before is the same import."""
    state, _version = await runtime.commands.state(register_import, started)
    if not isinstance(state, Fresh):
        return
    await files.keep(runtime.pool, runtime.vault, started, brought.unit.code, brought.path)
    size = brought.path.stat().st_size
    command = StartImport(started, brought.unit.code, brought.digest, form, brought.today, size)
    await runtime.commands.handle(register_import, started, command, meta)


async def give_back(
    runtime: Runtime, started: UUID, answers: Answers, workbook: Callable[[Answers], bytes]
) -> UUID | None:
    """Keep the workbook of the refused rows. Of an erased person nothing is kept, not even that she stood in a list."""
    erased = {row for row, answer in answers.items() if of_erased(answer)}
    if erased:
        kept = await files.kept(runtime.pool, runtime.vault, started)
        await redact_rows(runtime.pool, runtime.vault, kept, runtime.ids, erased)
    refused = {row: each for row, each in answers.items() if each.outcome == "refused" and row not in erased}
    if not refused:
        return None
    await files.keep_refused(runtime.pool, runtime.vault, started, await asyncio.to_thread(workbook, refused))
    return started


async def published(runtime: Runtime, xids: Sequence[int], model: str, wait: float) -> int | None:
    """The number under which the last of it is published, once the read model has it; None when nothing was new."""
    if not xids:
        return None
    await runtime.wait_projected(max(xids), model, wait)
    return await runtime.wait_published(max(xids), wait)


def told(
    file: Mapping[str, str],
    answers: Answers,
    totals: Mapping[str, int],
    refused: UUID | None = None,
    number: int | None = None,
) -> dict[str, Any]:
    """The job's result with the answers in the order of the file."""
    return result(file, totals, refused, number) | {"rows": [answers[row].as_json() for row in sorted(answers)]}
