"""Rows of a needs sheet: which woman each means, what follows, in batches."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.rosters.findings import Finding
from services.registry.domain.keys import needs_id
from services.registry.domain.needs.assessing import AssessNeeds, Needs, woman_needs
from services.registry.handlers.answers import RowAnswer
from services.registry.handlers.assessment_rows import Assessed, take
from services.registry.handlers.meaning import Meant, Named, meant_by
from services.registry.handlers.needs import words_of

COLUMNS: Final[Mapping[str, str]] = {
    "on": "评估日期",
    "main_cause": "主要致贫原因",
    "other_causes": "其他致贫原因",
    "labour": "劳动能力",
    "skills_wanted": "想学技能",
    "willing_to_borrow": "愿意贷款",
    "borrow_fen": "贷款金额",
    "children_under_3": "3岁以下子女",
    "children_3_to_5": "3至5岁子女",
    "minded_by": "照看人",
    "health": "健康状况",
    "note": "备注",
}
"""Field → heading of the sheet."""


@dataclass(frozen=True, slots=True)
class NeedsRow:
    """A row that can be read."""

    sheet: str
    row: int
    named: Named
    on: date
    needs: Needs
    told: Mapping[str, str] = field(repr=False)
    findings: tuple[Finding, ...] = ()


async def take_needs(
    runtime: Runtime,
    scope: tuple[str, str],
    county: str,
    meta: Meta,
    today: date,
    rows: Sequence[NeedsRow],
    *,
    dry_run: bool,
) -> tuple[list[RowAnswer], int | None]:
    """Answer a batch and keep what is new, all or nothing."""

    async def prepare() -> list[Assessed[AssessNeeds]]:
        meant = await meant_by(runtime, "woman", scope, county, [row.named for row in rows])
        known = await _last_words(runtime, {each.subject for each in meant if each.subject is not None})
        return [_assessed(row, each, known, today) for row, each in zip(rows, meant, strict=True)]

    return await take(runtime, woman_needs, needs_id, prepare, column_of, meta, dry_run=dry_run)


def column_of(name: str | None) -> str:
    """The heading over a field of the form."""
    return COLUMNS.get(name or "", "")


async def _last_words(runtime: Runtime, women: set[UUID]) -> dict[UUID, dict[str, str]]:
    """Health and note of each woman's last assessment, in clear for `decide` to compare."""
    streams = await runtime.store.load_many([needs_id(each) for each in women])
    last: list[Any] = [recorded[-1] for recorded in streams.values() if recorded]
    words = await words_of(runtime, last)
    return {recorded.event.woman_id: said for recorded, said in zip(last, words, strict=True)}


def _assessed(
    row: NeedsRow, meant: Meant, known: Mapping[UUID, Mapping[str, str]], today: date
) -> Assessed[AssessNeeds]:
    if meant.subject is None:
        return Assessed(row.sheet, row.row, row.findings, meant, None, str(row.on))
    said = known.get(meant.subject, {})
    command = AssessNeeds(meant.subject, meant.division, row.on, row.needs, "list", today, row.told, said)
    return Assessed(row.sheet, row.row, row.findings, meant, command, str(row.on))
