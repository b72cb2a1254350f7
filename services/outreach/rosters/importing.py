"""The import job of a publicity statistics sheet: every row answered, each good one an activity that is reported.

Counts only: no woman is looked for and none can come of it. An activity's id follows from its place, day, name and
form, so the same sheet again changes nothing, a corrected one corrects, and one that was cut off is finished by
bringing it again.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from libs.events.commands import Commands
from libs.events.meta import Meta
from libs.events.types import Clock
from libs.register.units import Units
from libs.rosters.findings import Finding
from libs.values.division import Division
from libs.values.valid_date import ValidDate, local_date
from services.outreach.domain.activity import ReportActivity, Unknown, activity, decide
from services.outreach.domain.figures import Counts, Facts
from services.outreach.domain.keys import activity_id
from services.outreach.policies import topic_of
from services.outreach.projections.activities import Activities
from services.outreach.rosters import columns
from services.outreach.rosters.reading import PublicitySheet, SheetRow, read_sheets

Published = Callable[[int], Awaitable[int | None]]
Progress = Callable[[int, int], Awaitable[None]]
OUTCOMES = ("accepted", "changed", "unchanged", "repeated", "refused")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent; `mapping` are the office's own headings for our columns."""

    filename: str
    path: Path
    mapping: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class _Meant:
    """A good row: which activity it means, and what it says of it."""

    activity_id: UUID
    facts: Facts
    counts: Counts


class ImportSheet:
    """One import of one file for one unit."""

    def __init__(
        self, commands: Commands, units: Units, activities: Activities, clock: Clock, published: Published
    ) -> None:
        """`published` waits until a transaction's facts are out and gives the number of the last one."""
        self._commands = commands
        self._units = units
        self._activities = activities
        self._clock = clock
        self._published = published

    async def run(self, upload: Upload, meta: Meta, progress: Progress, *, dry_run: bool) -> dict[str, Any]:
        """The answer as JSON; `meta.unit` reports. Raises DomainError for a file that says too little."""
        sheets = await asyncio.to_thread(read_sheets, upload.filename, upload.path, upload.mapping)
        total, done = sum(len(sheet.rows) for sheet in sheets), 0
        answers: list[dict[str, Any]] = []
        left_out: list[str] = []
        xid: int | None = None
        for sheet in sheets:
            places = await self._places(Division(meta.unit), sheet.period.last)
            seen: set[UUID] = set()
            for row in sheet.rows:
                answer, wrote = await self._row(sheet, row, places, seen, meta, dry_run=dry_run)
                answers.append(answer)
                xid = wrote or xid
                done += 1
                await progress(done, total)
            missing = await self._activities.left_out(meta.unit, sheet.period.first, sheet.period.last, list(seen))
            left_out += map(str, missing)
        number = await self._published(xid) if xid is not None else None
        counts = Counter(answer["outcome"] for answer in answers if answer["outcome"] != "skipped")
        return {
            "file": upload.filename,
            "dry_run": dry_run,
            "totals": {"rows": counts.total(), **{name: counts[name] for name in OUTCOMES}},
            "rows": answers,
            "left_out": left_out,
            "changed": bool(counts["accepted"] or counts["changed"]),
            "published": {"number": number} if number is not None else None,
        }

    async def _places(self, unit: Division, on: date) -> dict[str, str]:
        """Name → code of the townships in the unit's county that it covers; of a township only itself."""
        county = unit.at("county")
        named = await self._units.below(county, "township", on)
        return {name: code for code, name in named.items() if unit.covers(Division(code)) or code == unit.code}

    async def _row(
        self,
        sheet: PublicitySheet,
        row: SheetRow,
        places: Mapping[str, str],
        seen: set[UUID],
        meta: Meta,
        *,
        dry_run: bool,
    ) -> tuple[dict[str, Any], int | None]:
        if row.kind != "data":
            return _answer(sheet, row, "skipped"), None
        meant = self._meant(row, places, meta)
        today = local_date(self._clock())
        if isinstance(meant, Finding):
            return _answer(sheet, row, "refused", None, (*row.findings, _placed(meant, sheet))), None
        if meant is None:
            return _answer(sheet, row, "refused"), None
        if meant.facts.last_day > today:
            late = Finding(columns.DAY, "date_in_future", "error", str(meant.facts.last_day), f"不晚于{today}")
            return _answer(sheet, row, "refused", None, (*row.findings, _placed(late, sheet))), None
        if meant.activity_id in seen:
            twice = Finding("", "duplicate_row", "warning", "", "同乡镇、同日、同名称、同形式只计一次")
            return _answer(sheet, row, "repeated", meant.activity_id, (*row.findings, twice)), None
        seen.add(meant.activity_id)
        outcome, xid = await self._kept(meant, today, meta, dry_run=dry_run)
        return _answer(sheet, row, outcome, meant.activity_id), xid

    def _meant(self, row: SheetRow, places: Mapping[str, str], meta: Meta) -> _Meant | Finding | None:
        if row.counts is None or row.day is None:
            return None
        division = places.get(row.place, meta.unit if not row.place else "")
        if not division:
            return Finding(columns.PLACE, "township_unknown", "error", row.place[:20], "、".join(sorted(places)[:12]))
        facts = Facts(meta.unit, division, topic_of(row.title), row.title, row.form, row.day, row.day)
        return _Meant(activity_id(meta.unit, division, row.day, row.title, row.form), facts, row.counts)

    async def _kept(self, meant: _Meant, today: date, meta: Meta, *, dry_run: bool) -> tuple[str, int | None]:
        state, _version = await self._commands.state(activity, meant.activity_id)
        facts = meant.facts if isinstance(state, Unknown) else replace(meant.facts, unit=state.facts.unit)
        command = ReportActivity(meant.activity_id, meant.counts, today, facts)
        if not decide(state, command):
            return "unchanged", None
        outcome = "accepted" if isinstance(state, Unknown) else "changed"
        if dry_run:
            return outcome, None
        said = replace(meta, valid=str(ValidDate.day(facts.first_day)))
        receipt = await self._commands.handle(activity, meant.activity_id, command, said)
        return outcome, receipt.xid


def _answer(
    sheet: PublicitySheet,
    row: SheetRow,
    outcome: str,
    meant: UUID | None = None,
    findings: tuple[Finding, ...] | None = None,
) -> dict[str, Any]:
    return {
        "sheet": sheet.name,
        "row": row.number,
        "outcome": outcome,
        "match": None,
        "activity_id": str(meant) if meant else None,
        "findings": [each.as_json() for each in (row.findings if findings is None else findings)],
    }


def _placed(finding: Finding, sheet: PublicitySheet) -> Finding:
    return replace(finding, column=sheet.headers.get(finding.column, finding.column))
