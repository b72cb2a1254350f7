"""A list of divisions (csv: code,name,level,parent_code,urban_rural), checked row by row, taken county by county."""

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from libs.events.commands import Receipt
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.rosters.findings import Finding
from libs.values.division import NATION, Division, Level
from libs.values.errors import Invalid
from services.registry.domain.division_list import Line, ListDivisions, division_list
from services.registry.domain.keys import division_key
from services.registry.handlers.answers import RowAnswer
from services.registry.projections import divisions

HEADER = ("code", "name", "level", "parent_code", "urban_rural")
SHEET = "csv"
WAIT = 60.0
Progress = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Read:
    """Good lines by the list they belong to, and the rows that were refused."""

    lists: dict[str, list[Line]]
    refused: list[RowAnswer]
    rows: int


def lines_of(content: bytes) -> list[tuple[int, dict[str, str]]]:
    """Rows of the file by header name, with their line numbers; UTF-8 or GBK."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            raise _not_a_list("编码既不是UTF-8也不是GBK") from None
    try:
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        header = reader.fieldnames or []
        if not set(HEADER[:4]) <= set(header):
            raise _not_a_list(f"表头是{'、'.join(header)[:80]}")
        return [(reader.line_num, {name: (row.get(name) or "").strip() for name in HEADER}) for row in reader]
    except csv.Error:
        raise _not_a_list("不是csv") from None


def read(rows: Sequence[tuple[int, dict[str, str]]], known: Sequence[Line], unit: Division) -> Read:
    """Check each row; a parent must stand in the file or be known already."""
    refused: list[RowAnswer] = []
    names = {line.code: line for line in known}
    good: dict[str, Line] = {}
    wanted = {row["code"] for _, row in rows}
    for number, row in rows:
        finding = _problem(row, good, unit) or _orphan(row, wanted | names.keys())
        if finding is None:
            good[row["code"]] = _line(row)
        else:
            refused.append(RowAnswer(SHEET, number, "refused", (finding,)))
    lists: dict[str, list[Line]] = {}
    for line in good.values():
        lists.setdefault(list_of(line.code), []).append(line)
    return Read(lists, refused, len(rows))


def list_of(code: str) -> str:
    """The list a division stands in: its county's, or the nation's for counties and above (a county in both)."""
    division = Division(code)
    return division.at("county").code if division.level in ("township", "village") else NATION.code


async def take(runtime: Runtime, meta: Meta, edition: str, lists: dict[str, list[Line]]) -> list[Receipt]:
    """Publish what is new; the same file again says nothing."""
    receipts = []
    for parent, lines in sorted(lists.items()):
        command = ListDivisions(parent, edition, tuple(lines))
        receipts.append(await runtime.commands.handle(division_list, division_key(parent), command, meta))
    return receipts


async def known_lines(runtime: Runtime) -> list[Line]:
    """Divisions down to the townships that are listed already: the parents a file may build on."""
    return [line for line in await divisions.inside(runtime.pool, "0" * 12, "9" * 12) if line.level != "village"]


def _problem(row: dict[str, str], taken: dict[str, Line], unit: Division) -> Finding | None:
    code, level = row["code"], row["level"]
    try:
        division = Division(code)
    except Invalid as error:
        return Finding("code", "division_bad_code", "error", code[:20], error.right or "")
    checks = (
        (not row["name"], Finding("name", "name_empty", "error", "", "区划名称")),
        (level not in get_args(Level), Finding("level", "level_unknown", "error", level[:20], division.level)),
        (level != division.level, Finding("level", "level_conflicts_with_code", "error", level[:20], division.level)),
        (code in taken, Finding("code", "code_duplicate", "error", code, "每个代码只写一行")),
        (not unit.covers(division), Finding("code", "outside_unit", "error", code, "由所在单位或上级单位导入")),
    )
    return next((finding for wrong, finding in checks if wrong), None)


def _orphan(row: dict[str, str], known: set[str]) -> Finding | None:
    division, parent = Division(row["code"]), row["parent_code"]
    right = division.parent.code if division.parent else ""
    if parent != right:
        return Finding("parent_code", "parent_conflicts_with_code", "error", parent[:20], right)
    if parent and parent not in known:
        return Finding("parent_code", "parent_unknown", "error", parent, "先列出上级区划")
    return None


def _line(row: dict[str, str]) -> Line:
    level = next(item for item in _levels() if item == row["level"])
    return Line(row["code"], row["name"], level, row["parent_code"], row["urban_rural"])


def _levels() -> Iterator[Level]:
    yield from get_args(Level)


def _not_a_list(why: str) -> Invalid:
    return Invalid(
        "registry.not_a_division_list",
        f"这不是区划表：{why}。",
        field="file",
        rule="csv，首行为 code,name,level,parent_code,urban_rural",
        right="code,name,level,parent_code,urban_rural",
    )


async def run(
    runtime: Runtime, content: bytes, file: str, edition: str, unit: Division, meta: Meta, progress: Progress
) -> dict[str, Any]:
    """The whole job: checked in a thread, taken in, waited for until it is published and can be asked."""
    known = await known_lines(runtime)
    checked = await asyncio.to_thread(lambda: read(lines_of(content), known, unit))
    await progress(0, checked.rows)
    receipts = await take(runtime, meta, edition or file, checked.lists)
    changed = [receipt.xid for receipt in receipts if receipt.event_ids]
    number = None
    if changed:
        await runtime.wait_projected(max(changed), divisions.NAME, WAIT)
        number = await runtime.wait_published(max(changed), WAIT)
    await progress(checked.rows, checked.rows)
    good = sum(len(lines) for lines in checked.lists.values())
    return {
        "file": file,
        "edition": edition or file,
        "totals": {
            "rows": checked.rows,
            "accepted": good if changed else 0,
            "changed": 0,
            "unchanged": 0 if changed else good,
            "refused": len(checked.refused),
            "warnings": 0,
        },
        "rows": [row.as_json() for row in checked.refused],
        "published": {"number": number} if number is not None else None,
    }
