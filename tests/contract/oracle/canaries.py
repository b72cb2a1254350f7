"""Whose an id or a word is, read from the tables themselves, and which of them an answer holds.

Every row with a unit or a division says whose its ids are; rows without one belong to what they point at. So what is
looked for does not come from the answers that are judged, and a table that is added later is looked at too.
"""

import base64
import binascii
import io
import json
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import asyncpg
import httpx

from libs.values.division import NATION, Division
from tests.support.world import UNITS, World

ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CURSOR = re.compile(r"[A-Za-z0-9_-]{60,}")
BOOKKEEPING = re.compile(
    r"audit_.*|answers|cursors|.*_reads|sign_ins|leases|yoyo.*|_yoyo.*|pogo.*|_pogo.*|migrations.*"
)
"""Tables that say what was asked, not what there is."""

_TABLES = """
SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) AS names,
       array_agg(data_type::text ORDER BY ordinal_position) AS types
FROM information_schema.columns WHERE table_schema = 'public' GROUP BY table_name ORDER BY table_name
"""
_HASH = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" t"


@dataclass(frozen=True)
class Owned:
    """A row's ids by column, and the codes of its units."""

    table: str
    ids: Mapping[str, UUID]
    units: set[str]


@dataclass
class Canaries:
    """`units`: word or id → its units' codes; `ids`: kind of id → unit → ids; `homes`: id → services that hold it."""

    units: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    ids: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    homes: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    numbers: dict[str, dict[str, list[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    """Ids that are counted up, by service and unit: easy to guess."""

    def foreign(self, answer: httpx.Response, caller: Division, *, above: bool, asked: str = "") -> set[str]:
        """What the answer tells of units that the caller does not see, but for what he `asked` about himself."""
        text = whole(answer)
        found = {each for each in ID.findall(text) if each in self.units}
        found |= {word for word in self._words if word in text}
        return {each for each in found if each not in asked and not self._seen(self.units[each], caller, above)}

    def of(self, kind: str, unit: str, service: str) -> list[str]:
        """Ids of this kind that are this unit's or a unit's inside it; first those in the service's own tables."""
        inside = Division(unit)
        found = [each for code, ids in sorted(self.ids[kind].items()) if inside.covers(Division(code)) for each in ids]
        return sorted(found, key=lambda each: service not in self.homes[each])

    def numbers_of(self, service: str, unit: str) -> list[str]:
        """Counted ids of this unit or of one inside it."""
        inside = Division(unit)
        return [each for code, ids in self.numbers[service].items() if inside.covers(Division(code)) for each in ids]

    def kinds(self, name: str) -> list[str]:
        """The kinds a place of this name asks for: by name where one is known, else each of them."""
        known = [kind for kind in self.ids if kind == name or kind.endswith(f"_{name}")]
        return known or sorted(self.ids)

    @cached_property
    def _words(self) -> list[str]:
        return [word for word in self.units if not ID.fullmatch(word)]

    def _seen(self, units: Iterable[str], caller: Division, above: bool) -> bool:
        own = [Division(code) for code in units]
        return any(caller.covers(each) or (above and each.covers(caller)) or each == NATION for each in own)


async def canaries(world: World) -> Canaries:
    """All ids of all services' tables, and the words that were planted."""
    found = Canaries()
    for unit in UNITS:
        for word in unit.canaries:
            found.units[word].add(unit.code)
    for name, dsn in world.dsns.items():
        if name != "keys":
            connection = await asyncpg.connect(dsn)
            try:
                await _of_database(connection, found, name)
            finally:
                await connection.close()
    return found


async def _of_database(connection: "asyncpg.Connection[Any]", found: Canaries, service: str) -> None:
    owned: list[Owned] = []
    later: list[Owned] = []
    for table, names, kinds in await connection.fetch(_TABLES):
        columns = dict(zip(names, kinds, strict=True))
        if columns.get("id") == "bigint" and "unit" in columns:
            await _counted(connection, table, found.numbers[service])
        ids = [name for name, kind in columns.items() if kind == "uuid"]
        if ids and not BOOKKEEPING.fullmatch(table):
            for row in await connection.fetch(f'SELECT * FROM "{table}"'):
                each = Owned(table, {name: row[name] for name in ids if row[name] is not None}, _units(dict(row)))
                (owned if each.units else later).append(each)
    for each in owned:
        _keep(found, each, each.units, service)
    for each in later:
        known = (found.units[str(value)] for value in each.ids.values() if str(value) in found.units)
        if units := set().union(*known):
            _keep(found, each, units, service)


async def _counted(connection: "asyncpg.Connection[Any]", table: str, numbers: dict[str, list[str]]) -> None:
    for row in await connection.fetch(f'SELECT id, unit FROM "{table}" WHERE unit IS NOT NULL'):
        numbers[row["unit"]].append(str(row["id"]))


def _units(row: Mapping[str, Any]) -> set[str]:
    """Units that a row names in a column, or in what it says of an act or of a thing."""
    said = [row, *(row[name] for name in ("meta", "data", "body") if name in row)]
    parts = [json.loads(each) if isinstance(each, str) else each for each in said]
    named = [part.get(name) for part in parts if isinstance(part, Mapping) for name in ("division", "unit")]
    return {each for each in named if isinstance(each, str) and len(each) == 12 and each.isdigit()}


def _keep(found: Canaries, row: Owned, units: set[str], service: str) -> None:
    for name, value in row.ids.items():
        found.units[str(value)] |= units
        found.homes[str(value)].add(service)
        kind = f"{row.table.removesuffix('s')}_id" if name == "id" else name
        whose = [each for each in units if all(Division(each).covers(Division(other)) for other in units)]
        if whose and name in (next(iter(row.ids)), "event_id"):
            known = found.ids[kind][whose[0]]
            if str(value) not in known:
                known.append(str(value))


async def contents(world: World) -> dict[str, str]:
    """A hash of every table that says what there is: equal when nothing was changed."""
    found = {}
    for name, dsn in world.dsns.items():
        connection = await asyncpg.connect(dsn)
        try:
            for table, _, _ in await connection.fetch(_TABLES):
                if not BOOKKEEPING.fullmatch(table):
                    found[f"{name}.{table}"] = await connection.fetchval(_HASH.format(table=table))
        finally:
            await connection.close()
    return found


def whole(answer: httpx.Response) -> str:
    """Everything a caller gets: body, headers, what lies in files and in cursors, in plain characters."""
    head = unquote("\n".join(f"{name}: {value}" for name, value in answer.headers.multi_items()))
    body = answer.content
    if body[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(body)) as book:
            body = b"\n".join(book.read(name) for name in book.namelist())
    text = body.decode(errors="replace")
    if "\\u" in text:
        text += json.dumps(json.loads(text), ensure_ascii=False)
    return "\n".join([head, text, *map(_opened, CURSOR.findall(head + text))])


def _opened(cursor: str) -> str:
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_").decode(errors="replace")
    except binascii.Error:
        return ""
