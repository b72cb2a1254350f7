"""A list of divisions, checked row by row and taken county by county while it is read; a nation of villages is never
in memory.

It is read twice: first for what stands above the villages, which is small and which villages need as parents, then for
the villages. The same list again says nothing, and takes up a killed import where it stopped.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Final

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM, Append
from libs.rosters.findings import Finding
from libs.values.division import NATION, Division, Level
from libs.values.errors import Invalid
from services.registry.domain.division_list import Line, ListDivisions, day_of, division_list
from services.registry.domain.keys import division_key
from services.registry.handlers import changing, deciding, listing
from services.registry.handlers.answers import RowAnswer
from services.registry.handlers.listing import Row
from services.registry.projections import divisions

SHEET: Final = "csv"
WAIT: Final = 300.0
BATCH: Final = 5_000
"""Lines of whole counties in one transaction."""
_AT_ONCE: Final = 20_000
"""Rows that a thread reads between two looks at what else is to be done."""
Progress = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Order:
    """Whose list, and of which edition; `edition` with a date (2016-07) is compared with the one before."""

    path: Path
    file: str
    edition: str
    unit: Division
    meta: Meta

    @property
    def as_of(self) -> str:
        """The edition's date, empty when it is named otherwise."""
        try:
            day_of(self.edition)
        except Invalid:
            return ""
        return self.edition


@dataclass(frozen=True, slots=True)
class ListOf:
    """The lines of one list: of a county, or from the nation to the counties."""

    parent: str
    lines: list[Line]


@dataclass
class Read:
    """What the first reading found: the units above the villages, refused rows, and whether counties lie together."""

    unit: Division
    known: set[str]
    upper: dict[str, Line] = field(default_factory=dict)
    refused: list[RowAnswer] = field(default_factory=list)
    rows: int = 0
    good: int = 0
    _numbers: dict[str, int] = field(default_factory=dict)
    _codes: set[str] = field(default_factory=set)
    _closed: set[str] = field(default_factory=set)
    _county: str = ""
    _of_county: set[str] = field(default_factory=set)

    def first(self, rows: Iterable[Row]) -> None:
        """Collect what stands above villages, and see that the villages of a county lie together."""
        for row in rows:
            self.rows += 1
            code = listing.full(row.code)
            if len(code) == 12 and not code.endswith("000"):
                self._together(code[:6])
                continue
            line = self._checked(row, self._codes)
            if line is not None:
                self.upper[line.code] = line
                self._numbers[line.code] = row.number

    def villages(self, rows: Iterable[Row]) -> Iterator[Line]:
        """The good villages, in the order of the file."""
        for row in rows:
            code = listing.full(row.code)
            if len(code) != 12 or code.endswith("000"):
                continue
            if code[:6] != self._county:
                self._county, self._of_county = code[:6], set()
            line = self._checked(row, self._of_county)
            if line is None:
                continue
            if line.parent not in self.known:
                self._refuse(row.number, _no_parent(line.parent))
                continue
            self.good += 1
            yield line

    def _together(self, county: str) -> None:
        if county == self._county:
            return
        if county in self._closed:
            raise listing.not_a_list(f"{county} 的村分在两处，请按代码排序")
        self._closed.add(county)
        self._county = county

    def _checked(self, row: Row, taken: set[str]) -> Line | None:
        try:
            division = Division(listing.full(row.code))
        except Invalid as error:
            self._refuse(row.number, Finding("code", "division_bad_code", "error", row.code[:20], error.right or ""))
            return None
        level, parent = division.level, listing.parent_of(division)
        finding = _problem(row, division, level, parent, taken, self.unit)
        if finding is not None:
            self._refuse(row.number, finding)
            return None
        taken.add(division.code)
        return Line(division.code, row.name, level, parent, row.urban_rural)

    def close(self) -> None:
        """After the first reading: whose parent is neither in the file nor known is refused, and so what is below."""
        if any(line.level == "province" for line in self.upper.values()) and NATION.code not in self.known:
            self.upper.setdefault(NATION.code, Line(NATION.code, "中华人民共和国", "nation", ""))
        for code in sorted(self.upper, key=lambda each: (len(Division(each).prefix), each)):
            parent = self.upper[code].parent
            if parent and parent not in self.known:
                self._refuse(self._numbers[code], _no_parent(parent))
                del self.upper[code]
            else:
                self.known.add(code)
        self.good += len(self._numbers.keys() & self.upper.keys())
        self._county, self._codes = "", set()

    def _refuse(self, number: int, finding: Finding) -> None:
        self.refused.append(RowAnswer(SHEET, number, "refused", (finding,)))


def _no_parent(parent: str) -> Finding:
    return Finding("parent_code", "parent_unknown", "error", parent, "先列出上级区划")


def _problem(
    row: Row, division: Division, level: Level, parent: str, taken: set[str], unit: Division
) -> Finding | None:
    if not row.name:
        return Finding("name", "name_empty", "error", "", "区划名称")
    if row.level not in (None, level):
        rule = "level_conflicts_with_code" if listing.known_level(row.level or "") else "level_unknown"
        return Finding("level", rule, "error", (row.level or "")[:20], level)
    if division.code in taken:
        return Finding("code", "code_duplicate", "error", division.code, "每个代码只写一行")
    if not unit.covers(division):
        return Finding("code", "outside_unit", "error", division.code, "由所在单位或上级单位导入")
    if row.parent is not None and listing.full(row.parent) != parent:
        return Finding("parent_code", "parent_conflicts_with_code", "error", row.parent[:20], parent)
    return None


@dataclass
class Taken:
    """What came of the lists so far."""

    accepted: int = 0
    unchanged: int = 0
    xid: int | None = None


async def run(runtime: Runtime, order: Order, progress: Progress) -> dict[str, Any]:
    """The whole job: read twice in a thread, taken county by county, waited for until it can be asked."""
    encoding = await asyncio.to_thread(listing.encoding_of, order.path)
    async with changing.alone(runtime.pool):
        read = Read(order.unit, await divisions.upper_codes(runtime.pool))
        await asyncio.to_thread(read.first, listing.rows_of(order.path, encoding))
        read.close()
        taken = Taken()
        async for batch in _batches(read, listing.rows_of(order.path, encoding)):
            await _take(runtime, order, batch, taken)
            await progress(min(read.good, taken.accepted + taken.unchanged), read.rows)
        answered = await _answered(runtime, order, taken)
        number = await runtime.wait_published(taken.xid, WAIT) if taken.xid is not None else None
    await progress(read.rows, read.rows)
    return _result(order, read, taken, answered, number)


async def _batches(read: Read, rows: Iterable[Row]) -> AsyncIterator[list[ListOf]]:
    """Lists of whole counties, about BATCH lines together; the list from the nation to the counties first."""
    townships: dict[str, list[Line]] = {}
    for line in read.upper.values():
        townships.setdefault(changing.list_of(line.code), []).append(line)
    if upper := townships.pop(NATION.code, None):
        yield [ListOf(NATION.code, upper)]
    batch: list[ListOf] = []
    lines, villages = 0, read.villages(rows)
    while some := await asyncio.to_thread(lambda: list(islice(villages, _AT_ONCE))):
        for line in some:
            county = changing.list_of(line.code)
            if not batch or batch[-1].parent != county:
                if lines >= BATCH:
                    yield batch
                    batch, lines = [], 0
                batch.append(ListOf(county, townships.pop(county, [])))
                lines += len(batch[-1].lines)
            batch[-1].lines.append(line)
            lines += 1
    for county, rest in sorted(townships.items()):
        batch.append(ListOf(county, rest))
        lines += len(rest)
        if lines >= BATCH:
            yield batch
            batch, lines = [], 0
    if batch:
        yield batch


async def _take(runtime: Runtime, order: Order, batch: list[ListOf], taken: Taken) -> None:
    """One transaction; a list that says nothing new is not written."""
    keys = [division_key(each.parent) for each in batch]
    streams = await runtime.store.load_many(keys)
    appends: list[Append] = []
    for key, each in zip(keys, batch, strict=True):
        command = ListDivisions(each.parent, order.edition or order.file, tuple(each.lines), order.as_of)
        recorded = streams[key]
        events = division_list.decide(division_list.fold(item.event for item in recorded), command)
        if events:
            appends.append(Append(key, recorded[-1].version if recorded else NO_STREAM, events, order.meta))
            taken.accepted += len(each.lines)
        else:
            taken.unchanged += len(each.lines)
    if appends:
        taken.xid = (await runtime.store.append_many(appends))[-1].xid


async def _answered(runtime: Runtime, order: Order, taken: Taken) -> int:
    """Units that waited for their new code, and that the list now names; how many."""
    if taken.xid is not None and not await runtime.wait_projected(taken.xid, divisions.NAME, WAIT):
        raise changing.late()
    done = await deciding.answered_by_lists(runtime, order.unit, order.meta)
    taken.xid = max((each for each in (taken.xid, done.xid) if each is not None), default=None)
    return done.units


def _result(order: Order, read: Read, taken: Taken, answered: int, number: int | None) -> dict[str, Any]:
    refused = sorted(read.refused, key=lambda each: each.row)
    return {
        "file": order.file,
        "edition": order.edition or order.file,
        "totals": {
            "rows": read.rows,
            "accepted": min(taken.accepted, read.good),
            "changed": answered,
            "unchanged": min(taken.unchanged, read.good),
            "refused": len(refused),
            "warnings": 0,
        },
        "rows": [row.as_json() for row in refused],
        "published": {"number": number} if number is not None else None,
    }
