"""A list of changes (csv): read, checked row by row, decided in the order of their days, told once, followed by people.

The same list again changes nothing and finishes what a killed import left. One import of divisions at a time.
"""

import csv
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, get_args

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM, Append
from libs.events.types import Pool
from libs.rosters.findings import Finding, has_error
from libs.values.division import LEVELS, NATION, Division
from libs.values.errors import Conflict, Invalid, Unavailable
from libs.values.valid_date import ValidDate
from services.registry.domain import division_change as c
from services.registry.domain.division_checks import check
from services.registry.domain.division_list import Line, ListDivisions, Validity, division_list
from services.registry.domain.division_units import BEGIN, END, Units
from services.registry.domain.keys import change_key, division_key
from services.registry.handlers import following
from services.registry.handlers.answers import Outcome, RowAnswer, counted
from services.registry.handlers.texts import text_of
from services.registry.projections import divisions

HEADER: Final = ("change_id", "date", "kind", "old_code", "old_name", "new_code", "new_name")
SHEET: Final = "csv"
WAIT: Final = 60.0
_LOCK: Final = 0x6A696E64  # one import of divisions at a time in this database
Progress = Callable[[int, int], Awaitable[None]]


@dataclass
class Brought:
    """One change as its rows say it; `rows` are their numbers, in the order of the pairs."""

    change: c.DivisionChanged
    rows: list[int]
    findings: dict[int, list[Finding]] = field(default_factory=dict)
    outcome: Outcome = "accepted"
    bad_row: int | None = None

    def say(self, row: int, finding: Finding) -> None:
        """One more word on a row."""
        self.findings.setdefault(row, []).append(finding)

    @property
    def wrong(self) -> bool:
        """Whether a row of it is refused, and so the whole change."""
        return self.bad_row is not None or any(has_error(findings) for findings in self.findings.values())

    def answers(self) -> Iterator[RowAnswer]:
        """An answer a row; a good row of a refused change says which row keeps it out."""
        bad = next((row for row in self.rows if has_error(self.findings.get(row, ()))), self.bad_row)
        for row in self.rows:
            said = tuple(self.findings.get(row, ()))
            if bad is not None and not has_error(said):
                said = (*said, _kept_out(self.change.change_id, bad))
            yield RowAnswer(SHEET, row, "refused" if bad is not None else self.outcome, said)


def _kept_out(change_id: str, row: int) -> Finding:
    return Finding("change_id", "change_refused", "error", change_id, f"先改第 {row} 行")


@dataclass(frozen=True, slots=True)
class Order:
    """Who brings the list; `dry_run`: answer every row and write nothing."""

    file: str
    unit: Division
    meta: Meta
    dry_run: bool = False


@asynccontextmanager
async def alone(pool: Pool) -> AsyncIterator[None]:
    """While divisions are imported or decided; raises Conflict `registry.divisions_busy` for the second one."""
    async with pool.acquire() as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _LOCK):
            raise Conflict(
                "registry.divisions_busy",
                "另一个区划导入正在进行，请等它结束后再导入。",
                rule="同一时间只导入一份区划表或变更表",
            )
        try:
            yield
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK)


def read(content: bytes) -> tuple[list[Brought], list[RowAnswer]]:
    """The changes of a file by their id, and the rows that say none. Raises Invalid for what is no such list."""
    text = text_of(content)
    try:
        reader = csv.DictReader(text.splitlines(), strict=True)
        if not set(HEADER) <= set(reader.fieldnames or ()):
            raise _not_a_list()
        rows = [(reader.line_num, {name: (row.get(name) or "").strip() for name in HEADER}) for row in reader]
    except csv.Error:
        raise _not_a_list() from None
    brought: dict[str, Brought] = {}
    refused: dict[int, tuple[str, RowAnswer]] = {}
    for number, row in rows:
        known = brought.get(row["change_id"])
        findings = (*_faults(row), *(_other(row, known.change) if known else ()))
        if findings:
            refused[number] = row["change_id"], RowAnswer(SHEET, number, "refused", findings)
        elif known is None:
            change = c.DivisionChanged(row["change_id"], _kind(row["kind"]), row["date"], (_pair(row),))
            brought[row["change_id"]] = Brought(change, [number])
        else:
            known.change = replace(known.change, pairs=(*known.change.pairs, _pair(row)))
            known.rows.append(number)
    for number, (change_id, _) in refused.items():
        if (known := brought.get(change_id)) is not None:
            known.bad_row = known.bad_row or number
    return sorted(brought.values(), key=_turn), [answer for _, answer in refused.values()]


def _faults(row: dict[str, str]) -> Iterator[Finding]:
    if not row["change_id"]:
        yield Finding("change_id", "change_id_empty", "error", "", "如 2018-017；同一变更各行相同")
    if row["kind"] not in c.KINDS:
        yield Finding("kind", "kind_unknown", "error", row["kind"][:20], "、".join(c.KINDS))
    try:
        ValidDate.parse(row["date"])
    except Invalid:
        yield Finding("date", "date_bad_form", "error", row["date"][:20], "2018 或 2018-06-30")
    wanted = {"abolish": ("old",), "establish": ("new",)}.get(row["kind"], ("old", "new"))
    for side in ("old", "new"):
        code, name = row[f"{side}_code"], row[f"{side}_name"]
        if side not in wanted:
            if code or name:
                yield Finding(f"{side}_code", "side_not_empty", "error", code[:20], "留空")
            continue
        if not name:
            yield Finding(f"{side}_name", "name_empty", "error", "", "区划名称")
        try:
            Division.of(code)
        except Invalid as error:
            yield Finding(f"{side}_code", "division_bad_code", "error", code[:20], error.right or "")


def _other(row: dict[str, str], change: c.DivisionChanged) -> Iterator[Finding]:
    for column, value in (("kind", change.kind), ("date", change.valid)):
        if row[column] != value:
            yield Finding(column, "change_not_one", "error", row[column], f"同一 change_id 应为 {value}")


def _pair(row: dict[str, str]) -> c.Pair:
    old, new = (Division.of(row[f"{side}_code"]) if row[f"{side}_code"] else None for side in ("old", "new"))
    level = (old or new or Division("0" * 12)).level
    return c.Pair(old.code if old else "", row["old_name"], new.code if new else "", row["new_name"], level)


def _kind(text: str) -> c.Kind:
    return next(kind for kind in get_args(c.Kind) if kind == text)


def _turn(brought: Brought) -> tuple[Any, ...]:
    """Earlier days first, on one day the upper units first; what ends a unit for good comes after what leaves it."""
    change = brought.change
    return (change.day, change.kind == "abolish", min(LEVELS.index(pair.level) for pair in change.pairs), brought.rows)


async def decide(runtime: Runtime, brought: Sequence[Brought], order: Order) -> list[c.DivisionChanged]:
    """Judge each change by the units as they are after those before it; the good ones with what follows of them.

    Those brought before are among them, as they were decided then.
    """
    units = await _units(runtime.pool, brought)
    streams = await runtime.store.load_many([change_key(each.change.change_id) for each in brought])
    good: list[c.DivisionChanged] = []
    for each in brought:
        recorded = streams[change_key(each.change.change_id)]
        if recorded:
            _again(each, recorded[0].event)
            good += [recorded[0].event] if not each.wrong else []
            continue
        _inside(each, order.unit)
        for place, finding in check(units, each.change):
            each.say(each.rows[place], finding)
        if not each.wrong:
            event = c.changed(units, each.change, _named(brought, each))
            c.apply(units, event)
            good.append(event)
    return good


def _again(each: Brought, known: c.DivisionChanged) -> None:
    """A change brought twice changes nothing; another one under its id is refused."""
    each.outcome = "unchanged"
    if (known.kind, known.valid, set(known.pairs)) != (each.change.kind, each.change.valid, set(each.change.pairs)):
        finding = Finding("change_id", "change_id_taken", "error", known.change_id, "此编号已用于另一项变更，请换一个")
        each.say(each.rows[0], finding)


def _inside(each: Brought, unit: Division) -> None:
    for row, pair in zip(each.rows, each.change.pairs, strict=True):
        for column, code in (("old_code", pair.old_code), ("new_code", pair.new_code)):
            if code and not unit.covers(Division(code)):
                each.say(row, Finding(column, "outside_unit", "error", code, "由同时管辖两边的上级单位导入"))


def _named(brought: Iterable[Brought], this: Brought) -> set[str]:
    """Units below of which the list speaks itself, on the same day."""
    others = (each for each in brought if each is not this and each.change.day == this.change.day)
    return {pair.old_code for each in others for pair in each.change.pairs}


async def _units(pool: Pool, brought: Iterable[Brought]) -> Units:
    codes: set[str] = set()
    ended: set[str] = set()
    begun: set[str] = set()
    for each in brought:
        codes |= set(c.codes_of(each.change))
        olds = {pair.old_code for pair in each.change.pairs if pair.old_code}
        news = {pair.new_code for pair in each.change.pairs if pair.new_code}
        ended |= olds - news
        begun |= news - olds
    return await divisions.concerned(pool, codes, ended, begun if ended else ())


async def tell(runtime: Runtime, events: Sequence[c.DivisionChanged], meta: Meta) -> int | None:
    """Write what is new, wait until it can be read, and list the units as they are now; the last transaction."""
    keys = {change_key(event.change_id): event for event in events}
    known = await runtime.store.load_many(list(keys))
    appends = [
        Append(key, NO_STREAM, [event], replace(meta, valid=event.valid))
        for key, event in keys.items()
        if not known[key]
    ]
    xid = None
    for start in range(0, len(appends), 200):
        done = await runtime.store.append_many(appends[start : start + 200])
        xid = done[-1].xid
    await settled(runtime, xid)
    return await _relist(runtime, events, meta) or xid


async def settled(runtime: Runtime, xid: int | None) -> None:
    """The divisions show what was written; raises Unavailable when they do not in time."""
    if xid is not None and not await runtime.wait_projected(xid, divisions.NAME, WAIT):
        raise late()


def late() -> Unavailable:
    """It is written, and cannot be read yet: the same file again goes on from here."""
    return Unavailable("registry.divisions_late", "区划已记下，但还没有生效，请稍后重新导入同一份表。")


async def _relist(runtime: Runtime, events: Iterable[c.DivisionChanged], meta: Meta) -> int | None:
    """What the changes made of the lists, for those who keep names by them; again it says nothing."""
    codes = {
        code
        for event in events
        for pair in (*event.pairs, *event.followed)
        for code in (pair.old_code, pair.new_code)
        if code
    } | {left.code for event in events for left in event.left}
    units = await divisions.around(runtime.pool, codes)
    by_list: dict[str, list[str]] = {}
    for code in sorted(codes):
        by_list.setdefault(list_of(code), []).append(code)
    edition = max((event.change_id for event in events), default="")
    xids = []
    for parent, members in by_list.items():
        command = ListDivisions(
            parent, edition, tuple(_line(units, code) for code in members), "", True,
            tuple(_validity(units, code) for code in members),
        )  # fmt: skip
        receipt = await runtime.commands.handle(division_list, division_key(parent), command, meta)
        xids += [receipt.xid] if receipt.event_ids else []
    return max(xids, default=None)


def _line(units: Units, code: str) -> Line:
    last = units.versions[code][-1]
    return Line(code, last.name, last.level, last.parent, last.urban_rural)


def _validity(units: Units, code: str) -> Validity:
    first, last = units.versions[code][0], units.versions[code][-1]
    since = first.since if first.until == last.since or first is last else last.since
    return Validity(code, "" if since == BEGIN else str(since), "" if last.until == END else str(last.until))


def list_of(code: str) -> str:
    """The list a division stands in: its county's, or the nation's for counties and above (a county in both)."""
    return f"{code[:6]}000000" if code[6:] != "000000" else NATION.code


async def run(runtime: Runtime, content: bytes, order: Order, progress: Progress) -> dict[str, Any]:
    """The whole job: every row answered; what is good is told, and the women of the units follow."""
    brought, refused = read(content)
    rows = sum(len(each.rows) for each in brought) + len(refused)
    await progress(0, rows)
    async with alone(runtime.pool):
        events = await decide(runtime, brought, order)
        followed, number = following.Followed(), None
        if not order.dry_run and events:
            xid = await tell(runtime, events, order.meta)
            for event in sorted(events, key=lambda each: each.day):
                followed += await following.follow(runtime, event, order.meta)
            last = max([each for each in (xid, followed.xid) if each is not None], default=None)
            number = await following.published(runtime, last)
    answers = sorted([*refused, *(row for each in brought for row in each.answers())], key=lambda each: each.row)
    totals = {"rows": rows, **counted(answers), "women": followed.women, "households": followed.households}
    await progress(rows, rows)
    return {
        "file": order.file,
        "dry_run": order.dry_run,
        "totals": totals,
        "rows": [answer.as_json() for answer in answers],
        "published": {"number": number} if number is not None else None,
    }


def _not_a_list() -> Invalid:
    return Invalid(
        "registry.not_a_change_list",
        "这不是区划变更表。",
        field="file",
        rule=f"csv，首行为 {','.join(HEADER)}",
        right=",".join(HEADER),
    )
