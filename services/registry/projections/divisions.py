"""Divisions in time by code: names for every page, children for every table, villages for every import.

One row a version; a unit that a list alone shows has lived since `-infinity`. The rules are the domain's own
(`division_list.apply`, `division_change.apply`): this only fetches the rows that an event touches and writes them back.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date
from operator import attrgetter
from typing import Any

from libs.events.keyset import Listing, before
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool, Record
from libs.values.division import Division
from services.registry.domain import division_change, division_list
from services.registry.domain.division_change import DivisionChanged
from services.registry.domain.division_list import DivisionsListed, Line
from services.registry.domain.division_units import Link, Undecided, Units, Version

NAME = "divisions"
TABLES = ("divisions", "division_changes", "division_links", "division_undecided", "division_unexplained")
COLUMNS = tuple(item.name for item in fields(Version))
_AT_ONCE = 5_000
_VERSION = ", ".join(COLUMNS)
_VERSION_ROW = attrgetter(*COLUMNS)
_UNDECIDED_ROW = attrgetter(*(item.name for item in fields(Undecided)))
_UNEXPLAINED = ("code", "finding", "listing", "edition", "name", "was")

VERSIONS = f"SELECT {_VERSION} FROM divisions WHERE code = ANY($1)"  # noqa: S608
BELOW = "SELECT DISTINCT code FROM divisions WHERE code BETWEEN $1 AND $2"
UPPER_CODES = "SELECT DISTINCT code FROM divisions WHERE level <> 'village'"
OF_PARENTS = "SELECT DISTINCT code FROM divisions WHERE parent = ANY($1)"
LINKS = "SELECT old_code, new_code, day, change_id FROM division_links WHERE old_code = ANY($1)"
CAME_FROM = "SELECT old_code, new_code, day, change_id FROM division_links WHERE new_code = $1 ORDER BY day, old_code"
UNDECIDED = "SELECT code, change_id, day, candidates, whole, kind FROM division_undecided WHERE code = ANY($1)"
FORGET = "DELETE FROM divisions WHERE code = ANY($1)"
DECIDED = "DELETE FROM division_undecided WHERE code = ANY($1)"
EXPLAINED = "DELETE FROM division_unexplained WHERE (code = ANY($1)) AND finding = $2"
NOT_ABSENT = "DELETE FROM division_unexplained WHERE listing = $1 AND finding = 'vanished'"
UNEXPLAIN = """
INSERT INTO division_unexplained (code, finding, listing, edition, name, was)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
ON CONFLICT (code, finding) DO UPDATE SET edition = excluded.edition, name = excluded.name
"""
CHANGED = "INSERT INTO division_changes (change_id, kind, valid, day, because, reason) VALUES ($1, $2, $3, $4, $5, $6)"

ON = "SELECT code, name, level, parent FROM divisions WHERE code = $1 AND since <= $2 AND until > $2"
ONE = f"SELECT {_VERSION} FROM divisions WHERE code = $1 ORDER BY since"  # noqa: S608
CHILDREN = f"""
SELECT {_VERSION} FROM divisions WHERE parent = $1 AND since <= $2 AND until > $2 ORDER BY code
"""  # noqa: S608
INSIDE = """
SELECT DISTINCT ON (code) code, name, level, parent, urban_rural FROM divisions WHERE code BETWEEN $1 AND $2
ORDER BY code, since DESC
"""
COUNTIES = """
SELECT DISTINCT ON (code) code, name, level, parent, urban_rural FROM divisions WHERE level = 'county'
ORDER BY code, since DESC
"""
ENDED = "SELECT DISTINCT code FROM divisions WHERE code BETWEEN $1 AND $2 AND until < 'infinity'"
VALID = "SELECT change_id, valid FROM division_changes WHERE change_id = ANY($1)"
NAMES = "SELECT DISTINCT ON (code) code, name FROM divisions WHERE code = ANY($1) ORDER BY code, since DESC"
SEARCH = f"""
SELECT {_VERSION} FROM divisions
WHERE (name ~>=~ $1 AND name ~<~ $2 OR code >= $1 AND code < $2) AND (code, since) > ($3, $4)
ORDER BY code, since LIMIT $5
"""  # noqa: S608
LIST_UNEXPLAINED = """
SELECT code, finding, listing, edition, name, was FROM division_unexplained
WHERE code BETWEEN $1 AND $2 AND (code, finding) > ($3, $4) ORDER BY code, finding LIMIT $5
"""


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """Event by event: a later one builds on the rows of the one before."""
    for recorded in events:
        match recorded.event:
            case DivisionsListed():
                await _listed(tx, recorded.event)
            case DivisionChanged():
                await _changed(tx, recorded.event)


PROJECTION = Projection(NAME, (DivisionsListed, DivisionChanged), apply, tables=TABLES)


async def _listed(tx: Connection, event: DivisionsListed) -> None:
    if event.of_change:
        return
    units = await around(tx, [line.code for line in event.lines])
    before = frozenset(units.versions)
    was = {code: versions[-1].name for code in event.renamed if (versions := units.versions.get(code))}
    division_list.apply(units, event)
    await _write(tx, units, before)
    if event.appeared or event.absent or event.renamed:
        await _unexplained(tx, units, event, was)


async def _unexplained(tx: Connection, units: Units, event: DivisionsListed, was: dict[str, str]) -> None:
    day = division_list.day_of(event.as_of)
    missing = [v for code in event.absent if (v := units.on(code, day)) and code not in units.undecided]
    fresh = [v for code in event.appeared if (v := units.last(code)) and not v.opened_by]
    named = [v for code in event.renamed if (v := units.last(code)) and v.known == "list"]
    rows = [
        *((v.code, "vanished", event.parent, event.edition, v.name, v.name) for v in missing),
        *((v.code, "appeared", event.parent, event.edition, v.name, "") for v in fresh),
        *((v.code, "renamed", event.parent, event.edition, v.name, was.get(v.code, "")) for v in named),
    ]
    await tx.execute(NOT_ABSENT, event.parent)
    if rows:
        await tx.execute(UNEXPLAIN, *(list(column) for column in zip(*rows, strict=True)))


async def _changed(tx: Connection, event: DivisionChanged) -> None:
    pairs = (*event.pairs, *event.followed)
    olds = [pair.old_code for pair in pairs if pair.old_code]
    news = [pair.new_code for pair in pairs if pair.new_code]
    units = await around(tx, [*olds, *news, *(left.code for left in event.left)])
    links, before = set(units.links), frozenset(units.versions)
    division_change.apply(units, event)
    await _write(tx, units, before)
    told = [(link.old, link.day, link.new, link.change_id) for link in sorted(units.links - links)]
    await tx.copy_records_to_table("division_links", columns=("old_code", "day", "new_code", "change_id"), records=told)
    named = {*olds, *(left.code for left in event.left)}
    await tx.execute(DECIDED, list(named))
    waiting = [_UNDECIDED_ROW(each) for code, each in sorted(units.undecided.items()) if code in named]
    columns = tuple(item.name for item in fields(Undecided))
    await tx.copy_records_to_table("division_undecided", columns=columns, records=waiting)
    await tx.execute(CHANGED, event.change_id, event.kind, event.valid, event.day, event.because, event.reason)
    for codes, finding in ((olds, "vanished"), (news, "appeared"), (news, "renamed")):
        await tx.execute(EXPLAINED, codes, finding)


async def _write(tx: Connection, units: Units, before: frozenset[str]) -> None:
    """All rows of the touched codes anew; `before` had rows already."""
    if known := list(units.touched & before):
        await tx.execute(FORGET, known)
    rows = [_VERSION_ROW(version) for code in sorted(units.touched) for version in units.versions[code]]
    if rows:
        await tx.copy_records_to_table("divisions", columns=COLUMNS, records=rows)


async def around(source: Pool | Connection, codes: Iterable[str]) -> Units:
    """Units of these codes with what they became directly."""
    wanted = list(set(codes))
    return Units.of(
        map(_version, await source.fetch(VERSIONS, wanted)),
        (Link(*row) for row in await source.fetch(LINKS, wanted)),
        map(_undecided, await source.fetch(UNDECIDED, wanted)),
    )


async def concerned(
    source: Pool | Connection, codes: Iterable[str], parents: Iterable[str], into: Iterable[str]
) -> Units:
    """What a change is judged by: `codes`, everything whose parent they ever were, and all inside `into`.

    `parents`: units that may lose their code; `into`: codes that units below may get.
    """
    found = set(codes)
    level = set(parents)
    while level:
        rows = await source.fetch(OF_PARENTS, list(level))
        level = {row["code"] for row in rows} - found
        found |= level
    for code in into:
        rows = await source.fetch(BELOW, *Division(code).range())
        found |= {row["code"] for row in rows}
    return await around(source, found)


async def onwards(source: Pool | Connection, codes: Iterable[str]) -> Units:
    """Units of these codes and all that they ever became, through every later change."""
    versions: list[Version] = []
    links: set[Link] = set()
    waiting: dict[str, Undecided] = {}
    seen: set[str] = set()
    asked = set(codes)
    while asked:
        step = await around(source, asked)
        versions += [version for each in step.versions.values() for version in each]
        links |= step.links
        waiting |= step.undecided
        seen |= asked
        asked = {link.new for link in step.links} - seen
    return Units.of(versions, links, waiting.values())


async def came_from(pool: Pool, code: str) -> list[Link]:
    """The changes by which units went on as this one, by day."""
    return [Link(*row) for row in await pool.fetch(CAME_FROM, code)]


async def one(pool: Pool, code: str) -> list[Version]:
    """Every version of a code, in order; none when no list and no change ever named it."""
    return [_version(row) for row in await pool.fetch(ONE, code)]


async def children(pool: Pool, code: str, on: date) -> list[Version]:
    """The units one level down on a day, by code."""
    return [_version(row) for row in await pool.fetch(CHILDREN, code, on)]


async def inside(pool: Pool, low: str, high: str) -> AsyncIterator[list[Line]]:
    """Every division of a range of codes, ended ones too, each as it was last, some thousands at once."""
    async with pool.acquire() as connection, connection.transaction():
        cursor = await connection.cursor(INSIDE, low, high)
        while rows := await cursor.fetch(_AT_ONCE):
            yield list(_lines(rows))


async def ended(pool: Pool, low: str, high: str) -> frozenset[str]:
    """Codes of a range under which a unit has ended, or gone on otherwise."""
    return frozenset(row["code"] for row in await pool.fetch(ENDED, low, high))


async def valid(pool: Pool, changes: Iterable[str]) -> dict[str, str]:
    """Since when changes count, as exactly as they were told."""
    return {row["change_id"]: row["valid"] for row in await pool.fetch(VALID, list(set(changes)))}


async def upper_codes(pool: Pool) -> set[str]:
    """Codes of every unit above the villages: the parents a list may build on."""
    return {row["code"] for row in await pool.fetch(UPPER_CODES)}


async def counties(pool: Pool) -> list[Line]:
    """Every listed county: a file may name a wrong one, which is to be told from one that does not exist."""
    return list(_lines(await pool.fetch(COUNTIES)))


async def names(pool: Pool, codes: Sequence[str]) -> dict[str, str]:
    """Names by code, the last that each bore."""
    return {row["code"]: row["name"] for row in await pool.fetch(NAMES, list(set(codes)))}


def searched(pool: Pool, begins: str) -> Listing:
    """Versions whose name or code begins so, by code and day."""
    return Listing(pool, SEARCH, (begins, f"{begins}{chr(0x10FFFF)}"), ("", date.min))


def unexplained(pool: Pool, scope: tuple[str, str]) -> Listing:
    """Differences between editions that no change explains, by code."""
    return Listing(pool, LIST_UNEXPLAINED, scope, (before(scope), ""))


def version_of(row: Record) -> Version:
    """A row of `searched`."""
    return _version(row)


def _version(row: Any) -> Version:
    return Version(*row)


def _undecided(row: Any) -> Undecided:
    return Undecided(row[0], row[1], row[2], tuple(row[3]), row[4], row[5])


def _lines(rows: Sequence[Any]) -> Iterator[Line]:
    for row in rows:
        yield Line(row["code"], row["name"], row["level"], row["parent"], row["urban_rural"])
