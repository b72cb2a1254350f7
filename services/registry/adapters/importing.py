"""A register file, from bytes to answers: checked in a process of its own, taken in part by part, finished by bringing
it again.

A dry run asks and answers the same and writes nothing, not even keys.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from libs.events.runtime import Runtime
from libs.events.types import Ids
from libs.scratch import Scratch
from libs.service.child import Child, preload
from libs.service.jobs import Run
from libs.values.division import Division
from services.registry.adapters import checking
from services.registry.adapters.answered import Answered
from services.registry.adapters.list_steps import Brought
from services.registry.adapters.places import Unit, Units
from services.registry.adapters.redacting import redact_rows
from services.registry.domain.division_list import Line
from services.registry.domain.keys import import_id
from services.registry.domain.register_import import FinishImport, StartImport, register_import
from services.registry.domain.words import Status
from services.registry.handlers import files, following, quality
from services.registry.handlers.answers import RowAnswer
from services.registry.handlers.covering import Covering
from services.registry.handlers.entries import entry_of
from services.registry.handlers.planning import Terms
from services.registry.handlers.results import Tally, joined, of_erased, result
from services.registry.handlers.taking import Taken, Taking
from services.registry.handlers.villages import Villages
from services.registry.projections import divisions, households, women

preload(checking.__name__, "pypinyin")  # whose tables take a quarter of a second


@dataclass(frozen=True)
class Order(Brought):
    """A register to take in, and how it is to be read.

    `cover` are the units for which it names everybody (none: an update of single people), `status` what the
    households are of an edition that does not say so.
    """

    as_of: date | None = None
    status: Status | None = None
    cover: tuple[str, ...] = ()

    @property
    def claims(self) -> tuple[str, ...]:
        """What the importer says of the file beyond its rows."""
        return (*self.cover, *([f"status:{self.status}"] if self.status else []))


@dataclass
class _File:
    """A file on its way: what it said of itself first, what came of it so far."""

    opened: checking.Opened
    import_id: UUID
    taking: Taking
    answered: Answered
    tally: Tally
    persons: int = 0
    xid: int = 0

    def saw(self, xid: int | None) -> None:
        """The newest transaction counts."""
        self.xid = max(self.xid, xid or 0)


@dataclass(frozen=True)
class Importer:
    """Takes in register files of one service; `folder` is where temporary files may lie."""

    runtime: Runtime
    ids: Ids
    publish_wait: float = 60.0
    folder: Path | None = None

    async def run(self, order: Order, run: Run) -> dict[str, Any]:
        """The result of the job, in the words of the API; its rows are kept with the job."""
        with Scratch(self.folder) as folder:
            await write_divisions(self.runtime, order.unit, folder / checking.PLACES)
            asked = checking.Asked(
                order.path, order.filename, folder, order.unit, order.today, order.as_of, order.mapping,
                order.status,
            )  # fmt: skip
            answered = Answered.made(folder / "answered.db")
            try:
                file = await self._take(order, asked, answered, run)
                answer = await self._end(order, asked, file)
                await run.keep_rows(answered.rows())
            finally:
                answered.close()
        return answer

    async def _take(self, order: Order, asked: checking.Asked, answered: Answered, run: Run) -> _File:
        async with Child(checking.check, asked) as said:
            words = aiter(said)
            opened = await anext(words)
            assert isinstance(opened, checking.Opened)
            file = await self._start(order, opened, answered)
            await self._take_parts(file, words, run)
        return file

    async def _take_parts(self, file: _File, words: AsyncIterator[checking.Said], run: Run) -> None:
        async for word in words:
            match word:
                case checking.Reading():
                    await run.progress(word.rows)
                case checking.Counted():
                    file.persons = word.persons
                    await run.progress(0, file.persons)
                case checking.Part():
                    await self._part(file, word.judged)
                    await run.progress(file.tally.rows, file.persons)

    async def _start(self, order: Order, opened: checking.Opened, answered: Answered) -> _File:
        """Keep the file and say that it is being taken in; a file brought before is the same import."""
        mapping = repr(sorted((order.mapping or {}).items()))
        started = import_id(order.unit.code, order.digest, opened.as_of, mapping, *order.claims)
        meta = replace(order.meta, correlation_id=started)  # the import is why its events happened
        if not order.dry_run and not await self.runtime.store.load(started):
            unit, headings = order.unit.code, order.mapping
            await files.keep(self.runtime.pool, self.runtime.vault, started, unit, order.path, headings)
            size = order.path.stat().st_size
            command = StartImport(started, order.unit.code, order.digest, opened.form, opened.as_of, size, order.cover)
            await self.runtime.commands.handle(register_import, started, command, meta)
        runtime = self.runtime
        terms = Terms(started, opened.as_of, order.unit.range(), runtime.vault, self.ids, opened.states_poverty)
        meta = replace(meta, valid=str(opened.as_of))
        villages = await Villages.of(runtime.pool, order.unit, opened.as_of)
        taking = Taking(runtime.pool, runtime.store, runtime.vault, meta, terms, villages, order.dry_run)
        return _File(opened, started, taking, answered, Tally())

    async def _part(self, file: _File, part: Sequence[checking.Judged]) -> None:
        """Answer the rows of some households and take in the good ones, all of them or none."""
        sheet = file.opened.sheet
        entries = [entry_of(each.household, sheet) for each in part if each.household is not None]
        taken = await file.taking.take(entries)
        file.saw(taken.xid)
        await self._moved_on(file, taken)
        later = {answer.row: answer for answer in taken.rows}
        answers: list[tuple[RowAnswer, int | None, bool]] = []
        said_of: list[quality.Said] = []
        for judged in part:
            first = len(answers)
            for said in judged.answers:
                answer = RowAnswer(sheet, said.row, said.outcome, said.findings)
                if said.row in later:
                    answer = joined(answer, later[said.row])
                answers.append((answer, judged.number, of_erased(answer)))
                if said.outcome == "refused":  # whom a household with such a row names is not known
                    file.taking.named.doubtful.add((judged.county[:6], said.household_code))
            named = {said.row: taken.named[said.row] for said in judged.answers if said.row in taken.named}
            if named:
                household_id, _ = next(iter(named.values()))
                persons = {row: person for row, (_, person) in named.items()}
                said_of.append(quality.Said(household_id, [answer for answer, _, _ in answers[first:]], persons))
        if said_of and not file.taking.dry_run:
            await quality.replace(self.runtime.pool, file.import_id, file.opened.as_of, said_of)
        file.tally.add([answer for answer, _, _ in answers], entries)
        await asyncio.to_thread(file.answered.add, answers)

    async def _moved_on(self, file: _File, taken: Taken) -> None:
        """Who was taken in under the unit of the register's day follows it through the changes since.

        By who still stands there, so the same file again finishes what a killed import left.
        """
        steps = [step for gone in taken.gone for step in gone.steps]
        if not steps or file.taking.dry_run:
            return
        valid = await divisions.valid(self.runtime.pool, [step.change_id for step in steps])
        for step in steps:
            move = following.Move(step.old, step.new, step.change_id, valid.get(step.change_id, str(step.day)))
            file.saw((await following.move_all(self.runtime, move, file.taking.meta)).xid)

    async def _end(self, order: Order, asked: checking.Asked, file: _File) -> dict[str, Any]:
        """Who is left out, which rows go back, the totals; then wait until all of it is read and published."""
        opened, tally = file.opened, file.tally
        covering = Covering(self.runtime, file.taking.meta, file.import_id, opened.as_of, file.taking.named)
        told = {"file": order.filename, "edition": opened.form, "as_of": str(opened.as_of)}
        if order.dry_run:
            proposal = await covering.proposal(order.unit)
            missing = len(await covering.left_out(order.cover))
            return result(told, tally.totals | {"missing": missing}, proposal=proposal)
        missing, xids = await covering.note(order.cover, order.unit.range())
        totals = tally.totals | {"missing": missing}
        refused = await self._refused(asked, file)
        for xid in (*xids, await self._finish(file, totals)):
            file.saw(xid)
        return result(told, totals, refused, await self._published(file.xid))

    async def _refused(self, asked: checking.Asked, file: _File) -> UUID | None:
        """The file of bad rows to correct and bring again. Rows of erased persons are kept nowhere."""
        pool, vault = self.runtime.pool, self.runtime.vault
        erased = set(file.answered.erased())
        if erased:
            await redact_rows(pool, vault, file.import_id, self.runtime.ids, erased, self.folder)
        if not file.answered.any_returned():
            return None
        target = asked.folder / "refused.xlsx"
        async with Child(checking.write_refused, asked, asked.folder / "answered.db", target) as said:
            async for _ in said:
                pass
        await files.keep_refused(pool, vault, file.import_id, target)
        return file.import_id

    async def _finish(self, file: _File, totals: dict[str, int]) -> int | None:
        command = FinishImport(file.import_id, totals)
        recorded = await self.runtime.store.load(file.import_id)
        if not register_import.decide(register_import.fold(item.event for item in recorded), command):
            return None  # taken in before: the same file again says nothing
        meta = replace(file.taking.meta, valid=None)
        receipt = await self.runtime.commands.handle(register_import, file.import_id, command, meta)
        return receipt.xid

    async def _published(self, last: int) -> int | None:
        if not last:
            return None
        for projection in (women.NAME, households.NAME):
            await self.runtime.wait_projected(last, projection, self.publish_wait)
        return await self.runtime.wait_published(last, self.publish_wait)


async def write_divisions(runtime: Runtime, unit: Division, path: Path) -> None:
    """The unit's county with all below it (or all below a higher unit), and the names of every county.

    Units that have ended come first: of two with one name they say more of a day (`handlers/villages.py`).
    """
    ended = await divisions.ended(runtime.pool, *unit.at("county").range())
    units = await asyncio.to_thread(Units, path, ended)
    try:
        units.add_counties(map(_unit, await divisions.counties(runtime.pool)))
        async for lines in divisions.inside(runtime.pool, *unit.at("county").range()):
            await asyncio.to_thread(units.add, [_unit(line) for line in lines])
    finally:
        units.close()


def _unit(line: Line) -> Unit:
    return line.code, line.name, line.level, line.parent
