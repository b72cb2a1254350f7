"""A register file, from bytes to answers: checked in a thread, taken in batch by batch, finished by bringing it again.

A dry run asks and answers the same and writes nothing, not even keys.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.types import Ids
from libs.values.division import Division
from services.registry import rosters
from services.registry.adapters.redacting import redact_rows
from services.registry.domain.keys import import_id
from services.registry.domain.register import values
from services.registry.domain.register.check import Circumstances, check_register
from services.registry.domain.register.places import KnownDivisions
from services.registry.domain.register_import import FinishImport, StartImport, register_import
from services.registry.domain.words import Status
from services.registry.handlers import files
from services.registry.handlers.answers import RowAnswer
from services.registry.handlers.covering import Covering, Named
from services.registry.handlers.entries import entries
from services.registry.handlers.planning import Terms
from services.registry.handlers.results import first_answers, joined, of_erased, result, totals_of, with_answers
from services.registry.handlers.taking import Taking, batches
from services.registry.projections import divisions, households, women

Progress = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True)
class Order:
    """What was brought, by whom, and how it is to be read.

    `cover` are the units for which it names everybody (none: an update of single people), `status` what the
    households are of an edition that does not say so.
    """

    path: Path
    filename: str
    digest: str
    unit: Division
    meta: Meta
    today: date
    dry_run: bool = False
    as_of: date | None = None
    mapping: Mapping[str, str] | None = None
    status: Status | None = None
    cover: tuple[str, ...] = ()

    @property
    def claims(self) -> tuple[str, ...]:
        """What the importer says of the file beyond its rows."""
        return (*self.cover, *([f"status:{self.status}"] if self.status else []))


@dataclass(frozen=True)
class Checked:
    """The file read and every row answered by the rules that need no register."""

    file: rosters.RegisterFile
    register: values.CheckedRegister


@dataclass(frozen=True)
class Importer:
    """Takes in register files of one service."""

    runtime: Runtime
    ids: Ids
    publish_wait: float = 60.0

    async def run(self, order: Order, progress: Progress) -> dict[str, Any]:
        """The result of the job, in the words of the API."""
        known = await known_divisions(self.runtime, order.unit)
        checked = await asyncio.to_thread(check, order, known)
        answers = first_answers(checked.register, checked.file.sheet.name)
        started = await self._start(order, checked)
        taking = self._taking(order, checked, started)
        xids = await self._take(taking, checked, answers, progress)
        covering = Covering(self.runtime, taking.meta, started, checked.register.as_of, _doubts(taking.named, checked))
        totals = totals_of(checked.register, answers)
        told = {
            "file": order.filename,
            "edition": checked.file.edition.columns.form,
            "as_of": str(checked.register.as_of),
        }
        if order.dry_run:
            proposal = await covering.proposal(order.unit)
            missing = len(await covering.left_out(order.cover))
            return result(told, answers, totals | {"missing": missing}, proposal=proposal)
        missing, more = await covering.note(order.cover, order.unit.range())
        xids, totals = [*xids, *more], totals | {"missing": missing}
        refused = await self._refused(started, checked, answers)
        xid = await self._finish(started, totals, order.meta)
        number = await self._published([*xids, *([xid] if xid else [])])
        return result(told, answers, totals, refused, number)

    async def _start(self, order: Order, checked: Checked) -> UUID:
        """Keep the file and say that it is being taken in; a file brought before is the same import."""
        register = checked.register
        mapping = repr(sorted((order.mapping or {}).items()))
        started = import_id(order.unit.code, order.digest, register.as_of, mapping, *order.claims)
        if order.dry_run or await self.runtime.store.load(started):
            return started
        content = await asyncio.to_thread(order.path.read_bytes)
        await files.keep(self.runtime.pool, self.runtime.vault, started, order.unit.code, content)
        form, size = checked.file.edition.columns.form, len(content)
        command = StartImport(started, order.unit.code, order.digest, form, register.as_of, size, order.cover)
        await self.runtime.commands.handle(register_import, started, command, _meta(order.meta, started))
        return started

    def _taking(self, order: Order, checked: Checked, started: UUID) -> Taking:
        runtime, register = self.runtime, checked.register
        scope = order.unit.range()
        terms = Terms(started, register.as_of, scope, runtime.vault, self.ids, register.states_poverty)
        meta = replace(_meta(order.meta, started), valid=str(register.as_of))
        return Taking(runtime.pool, runtime.store, runtime.vault, meta, terms, order.dry_run)

    async def _take(
        self, taking: Taking, checked: Checked, answers: dict[int, RowAnswer], progress: Progress
    ) -> list[int]:
        register = checked.register
        total, done, xids = sum(len(item.persons) for item in register.households), 0, []
        for batch in batches(entries(register.households, checked.file.sheet.name)):
            taken = await taking.take(batch)
            for row in taken.rows:
                answers[row.row] = joined(answers[row.row], row)
            xids += [taken.xid] if taken.xid is not None else []
            done += len(taken.rows)
            await progress(done, total)
            await asyncio.sleep(0)  # let everybody else's requests in between two batches
        return xids

    async def _refused(self, started: UUID, checked: Checked, answers: Mapping[int, RowAnswer]) -> UUID | None:
        """The file of bad rows to correct and bring again. Rows of erased persons are kept nowhere."""
        erased = {row for row, answer in answers.items() if of_erased(answer)}
        if erased:
            kept = await files.kept(self.runtime.pool, self.runtime.vault, started)
            await redact_rows(self.runtime.pool, self.runtime.vault, kept, self.runtime.ids, erased)
        judged = with_answers(checked.register, answers)
        judged = replace(judged, answers=tuple(item for item in judged.answers if item.row not in erased))
        content = await asyncio.to_thread(rosters.refused_workbook, checked.file, judged)
        if content is None:
            return None
        await files.keep_refused(self.runtime.pool, self.runtime.vault, started, content)
        return started

    async def _finish(self, started: UUID, totals: dict[str, int], meta: Meta) -> int | None:
        command = FinishImport(started, totals)
        recorded = await self.runtime.store.load(started)
        if not register_import.decide(register_import.fold(item.event for item in recorded), command):
            return None  # taken in before: the same file again says nothing
        receipt = await self.runtime.commands.handle(register_import, started, command, _meta(meta, started))
        return receipt.xid

    async def _published(self, xids: list[int]) -> int | None:
        if not xids:
            return None
        last = max(xids)
        for projection in (women.NAME, households.NAME):
            await self.runtime.wait_projected(last, projection, self.publish_wait)
        return await self.runtime.wait_published(last, self.publish_wait)


def _doubts(named: Named, checked: Checked) -> Named:
    """Households with rows that the file's own rules refused are doubtful as well."""
    county = (checked.register.county or "")[:6]
    named.doubtful.update((county, answer.household_code) for answer in checked.register.refused)
    return named


async def known_divisions(runtime: Runtime, unit: Division) -> KnownDivisions:
    """The unit's county with all below it (or all below a higher unit), and the names of every county."""
    lines = await divisions.inside(runtime.pool, *unit.at("county").range())
    counties = await divisions.counties(runtime.pool)
    return KnownDivisions.of((line.code, line.name, line.level, line.parent) for line in (*counties, *lines))


def check(order: Order, known: KnownDivisions) -> Checked:
    """Read and check the file; pure but for reading it, so it runs in a thread."""
    file = rosters.open_register(order.filename, order.path, mapping=order.mapping)
    as_of = rosters.as_of(file, order.as_of)
    status = rosters.stated(file, order.status)
    given = Circumstances(known, rosters.area_codes(), order.unit, as_of, order.today, file.edition, status)
    return Checked(file, check_register(file.sheet.rows(), given))


def _meta(meta: Meta, started: UUID) -> Meta:
    """The import is why its events happened: they carry its id as correlation."""
    return replace(meta, correlation_id=started)
