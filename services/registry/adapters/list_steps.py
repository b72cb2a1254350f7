"""How every list of an office is taken in, whatever its rows are: kept, taken batch by batch, its bad rows given back.

A dry run answers the same and writes nothing. What was cut off is finished by bringing the file again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.rosters.findings import Finding
from libs.rosters.refused import RefusedRow, write_returned
from libs.rosters.sheet import Sheet
from libs.scratch import Scratch
from libs.values.division import LEVELS, Division
from services.registry.adapters.redacting import redact_rows
from services.registry.domain.keys import import_id
from services.registry.domain.register_import import FinishImport, Fresh, StartImport, register_import
from services.registry.handlers import files
from services.registry.handlers.answers import RowAnswer, counted
from services.registry.handlers.results import of_erased, result

T = TypeVar("T")
Answers: TypeAlias = Mapping[int, RowAnswer]
Progress: TypeAlias = Callable[[int, int], Awaitable[None]]
BATCH: Final = 100


@dataclass(frozen=True)
class Brought:
    """A file, by whom it was brought, and by which of the office's headings it is read."""

    path: Path
    filename: str
    digest: str
    unit: Division
    meta: Meta
    today: date
    dry_run: bool = False
    mapping: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Order(Brought):
    """A list to take in. Temporary files lie in a folder inside `place`."""

    place: Path | None = None

    @property
    def county(self) -> str:
        """Where codes of households and people count: the six digits of the unit's county, empty above counties."""
        return self.unit.code[:6] if LEVELS.index(self.unit.level) >= LEVELS.index("county") else ""

    def import_id(self, kind: str, as_of: date | None = None) -> UUID:
        """The same file read in the same way is the same import."""
        mapping = repr(sorted((self.mapping or {}).items()))
        return import_id(self.unit.code, self.digest, as_of, f"{kind}{mapping}")


@dataclass(frozen=True)
class Reading(Generic[T]):
    """A list that was read: good rows and the answers to all others.

    `take` answers a batch and says in which transaction; `sentence` is what stands beside a bad cell; `model` is the
    read model that has the last row when the import answers.
    """

    sheet: Sheet
    rows: Sequence[T]
    answers: Answers
    take: Callable[[Sequence[T]], Awaitable[tuple[list[RowAnswer], int | None]]]
    sentence: Callable[[Finding], str]
    model: str


async def take_in(
    runtime: Runtime, order: Order, started: UUID, read: Reading[T], progress: Progress, publish_wait: float
) -> dict[str, Any]:
    """The result of the job, in the words of the API, with the answers in the order of the file."""
    meta = replace(order.meta, correlation_id=started)
    if not order.dry_run:
        await _keep(runtime, order, read.sheet.form, started, meta)
    answers, last = dict(read.answers), 0
    for first in range(0, len(read.rows), BATCH):
        taken, xid = await read.take(read.rows[first : first + BATCH])
        answers |= {answer.row: answer for answer in taken}
        last = max(last, xid or 0)
        await progress(min(first + BATCH, len(read.rows)), len(read.rows))
        await asyncio.sleep(0)  # let everybody else's requests in between two batches
    totals = {"rows": sum(each.outcome != "skipped" for each in answers.values()), **counted(answers.values())}
    refused, number = None, None
    if not order.dry_run:
        refused = await _give_back(runtime, order, started, read, answers)
        await runtime.commands.handle(register_import, started, FinishImport(started, totals), meta)
        number = await _published(runtime, last, read.model, publish_wait)
    file = {"file": order.filename, "edition": read.sheet.form}
    return result(file, totals, refused, number) | {"rows": [answers[row].as_json() for row in sorted(answers)]}


async def _keep(runtime: Runtime, order: Order, form: str, started: UUID, meta: Meta) -> None:
    """Keep the file and say that it is being taken in; a file brought before is the same import."""
    state, _version = await runtime.commands.state(register_import, started)
    if not isinstance(state, Fresh):
        return
    await files.keep(runtime.pool, runtime.vault, started, order.unit.code, order.path, order.mapping)
    size = order.path.stat().st_size
    command = StartImport(started, order.unit.code, order.digest, form, order.today, size)
    await runtime.commands.handle(register_import, started, command, meta)


async def _give_back(runtime: Runtime, order: Order, started: UUID, read: Reading[T], answers: Answers) -> UUID | None:
    """Keep the workbook of the refused rows. Of an erased person nothing is kept, not even that she stood in a list."""
    erased = {row for row, answer in answers.items() if of_erased(answer)}
    if erased:
        await redact_rows(runtime.pool, runtime.vault, started, runtime.ids, erased, order.place)
    refused = {
        row: RefusedRow(tuple((each.column, each.severity, read.sentence(each)) for each in answer.findings))
        for row, answer in answers.items()
        if answer.outcome == "refused" and row not in erased
    }
    if not refused:
        return None
    with Scratch(order.place) as folder:
        target = folder / "refused.xlsx"
        await asyncio.to_thread(write_returned, read.sheet, refused.get, target)
        await files.keep_refused(runtime.pool, runtime.vault, started, target)
    return started


async def _published(runtime: Runtime, last: int, model: str, wait: float) -> int | None:
    """The number under which the last of it is published, once the read model has it; None when nothing was new."""
    if not last:
        return None
    await runtime.wait_projected(last, model, wait)
    return await runtime.wait_published(last, wait)
