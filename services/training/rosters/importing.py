"""The import job: read the file, ask the registry in batches, keep each class, answer every row.

Nothing is written before the whole file is understood. Killed anywhere and run again it finishes what was begun.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from libs.events.meta import Meta
from libs.events.types import Clock
from libs.events.vault import Vault
from libs.values.valid_date import ValidDate, local_date
from services.training.handlers.keep_roster import KeepRoster, Kept
from services.training.handlers.ports import Progress, Question, RegistryResolver, Resolved, Upload
from services.training.policies import RESOLVE_BATCH
from services.training.rosters.answers import RowAnswer, answered, totals
from services.training.rosters.matching import Class, as_class, key_of, questions
from services.training.rosters.reading import RosterSheet, read_roster

Published = Callable[[int], Awaitable[int | None]]


class ImportRoster:
    """One import of one file for one unit."""

    def __init__(
        self,
        resolver: RegistryResolver,
        keep: KeepRoster,
        vault: Vault,
        clock: Clock,
        published: Published,
    ) -> None:
        """`published` waits until a transaction's facts are out and gives the number of the last one."""
        self._resolver = resolver
        self._keep = keep
        self._vault = vault
        self._clock = clock
        self._published = published

    async def run(self, upload: Upload, meta: Meta, progress: Progress, *, dry_run: bool) -> dict[str, Any]:
        """The answer of the import as JSON. `meta.unit` is the importing unit.

        Raises DomainError for a file that cannot be read, Unavailable when the registry does not answer.
        """
        sheets = await asyncio.to_thread(read_roster, upload.filename, upload.path, upload.mapping)
        total = sum(len(questions(sheet)) for sheet in sheets)
        done = 0
        understood: list[tuple[Class, dict[str, Resolved]]] = []
        for sheet in sheets:
            resolved, done = await self._resolve(sheet, meta, progress, done, total)
            today = local_date(self._clock())
            course = await self._keep.known(key_of(sheet, meta.unit))
            a_class = as_class(sheet, course, list(resolved.values()), meta.unit, self._vault, today)
            understood.append((a_class, resolved))
        rows: list[RowAnswer] = []
        courses: list[dict[str, Any]] = []
        xid: int | None = None
        for a_class, resolved in understood:
            kept = await self._kept(a_class, meta, dry_run=dry_run)
            xid = kept.xid or xid
            answers = answered(a_class, resolved, kept)
            rows += answers
            courses.append(_course(a_class, kept, answers))
        number = await self._published(xid) if xid is not None else None
        return {
            "file": upload.filename,
            "dry_run": dry_run,
            "courses": courses,
            "totals": totals(rows),
            "rows": [row.as_json() for row in rows],
            "changed": any(course["changed"] for course in courses),
            "published": {"number": number} if number is not None else None,
        }

    async def _resolve(
        self, sheet: RosterSheet, meta: Meta, progress: Progress, done: int, total: int
    ) -> tuple[dict[str, Resolved], int]:
        found: dict[str, Resolved] = {}
        for batch in _batches(questions(sheet)):
            for answer in await self._resolver.resolve(meta, batch):
                found[answer.ref] = answer
            done += len(batch)
            await progress(done, total)
        return found, done

    async def _kept(self, a_class: Class, meta: Meta, *, dry_run: bool) -> Kept:
        if dry_run:
            return await self._keep.plan(a_class.roster)
        facts = a_class.roster.facts
        valid = str(ValidDate.interval(facts.first_day, facts.last_day))
        return await self._keep.keep(a_class.roster, replace(meta, valid=valid))


def _batches(asked: Sequence[Question]) -> Iterator[Sequence[Question]]:
    for start in range(0, len(asked), RESOLVE_BATCH):
        yield asked[start : start + RESOLVE_BATCH]


def _course(a_class: Class, kept: Kept, answers: Sequence[RowAnswer]) -> dict[str, Any]:
    facts = kept.facts
    course_id: UUID = a_class.roster.course_id
    return {
        "sheet": a_class.sheet.name,
        "form": a_class.sheet.form,
        "course_id": str(course_id),
        "title": facts.title,
        "trade": facts.trade,
        "organiser": facts.organiser,
        "place": facts.place,
        "first_day": facts.first_day.isoformat(),
        "last_day": facts.last_day.isoformat(),
        "days": facts.days,
        "kind": facts.kind,
        "changed": kept.events > 0,
        "totals": totals(answers),
    }
