"""Headings that an office confirmed for our columns and keeps: each import of its kind by it reads its file by them.

Kept by unit and kind of list; the nearest unit that has one, from the importer's upwards, counts as a whole. Versions
are only added, so two who change at once never lose a word, and what an import of last year was read by stays known.

    chosen = await header_mapping(request, "register", principal.division, asked.mapping)
    … read the file by chosen.columns …
    return await chosen.telling(work)        # the result says by which mapping, a refusal asks which columns are what
"""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import Request

from libs.access.principal import Principal, covers_or_404, not_found
from libs.audit.entry import Entry
from libs.audit.trail import Trail
from libs.events.keyset import Listing
from libs.events.types import Clock, Pool, Record
from libs.rosters.columns import ColumnSet
from libs.rosters.mapping import checked, given
from libs.values.division import Division
from libs.values.errors import DomainError, Invalid, Stale

Kinds = Mapping[str, Sequence[ColumnSet]]
"""Kinds of list of a service → the forms of each."""

PRESENT: Final = """
SELECT unit, kind, version, columns, kept_at FROM header_mappings m
WHERE unit = $1 AND kind = $2 ORDER BY version DESC LIMIT 1
"""
NEAREST: Final = """
SELECT unit, kind, version, columns, kept_at FROM header_mappings m
WHERE unit = ANY ($1::bpchar[]) AND kind = $2 AND columns IS NOT NULL AND NOT EXISTS (
    SELECT FROM header_mappings l WHERE l.unit = m.unit AND l.kind = m.kind AND l.version > m.version)
ORDER BY array_position($1::bpchar[], unit) LIMIT 1
"""
LIST: Final = """
SELECT unit, kind, version, columns, kept_at FROM header_mappings m
WHERE (unit BETWEEN $1 AND $2 OR unit = ANY ($3::bpchar[])) AND kind = ANY ($4) AND columns IS NOT NULL
  AND NOT EXISTS (
    SELECT FROM header_mappings l WHERE l.unit = m.unit AND l.kind = m.kind AND l.version > m.version)
  AND (unit, kind) > ($5, $6) ORDER BY unit, kind LIMIT $7
"""
_ADD: Final = """
INSERT INTO header_mappings (unit, kind, version, columns, actor, kept_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING RETURNING version
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A mapping as a unit keeps it: their heading → our column."""

    unit: str
    kind: str
    version: int
    columns: Mapping[str, str]
    kept_at: datetime


@dataclass(frozen=True, slots=True)
class Chosen:
    """By which mapping a file is read: what was given with it goes before what is kept."""

    kind: str
    columns: Mapping[str, str] | None = None
    kept: Kept | None = None

    async def telling(self, work: Awaitable[Mapping[str, Any]]) -> dict[str, Any]:
        """The result of an import with the mapping it was read by; what a refusal asks says the same."""
        try:
            result = await work
        except DomainError as error:
            if error.asks is not None:
                error.asks = {**error.asks, "kind": self.kind, "mapping": self.told}
            raise
        return {**result, "mapping": self.told}

    @property
    def told(self) -> dict[str, Any] | None:
        """In the words of the API; None where the file is read by our own headings alone."""
        if self.columns is None:
            return None
        by = {"unit": self.kept.unit, "version": self.kept.version} if self.kept else {"unit": None, "version": None}
        return {**by, "columns": pairs_of(self.columns)}


class HeaderMappings:
    """The table of one service."""

    def __init__(self, pool: Pool, kinds: Kinds, trail: Trail, clock: Clock) -> None:
        self._pool = pool
        self.kinds = kinds
        self._trail = trail
        self._clock = clock

    def forms(self, kind: str) -> Sequence[ColumnSet]:
        """The forms of a kind of list; raises Invalid `mapping.unknown_kind`."""
        if kind not in self.kinds:
            raise Invalid(
                "mapping.unknown_kind", "没有这一类名册。", field="kind", value=kind[:40], right="、".join(self.kinds)
            )
        return self.kinds[kind]

    async def nearest(self, unit: Division, kind: str, *, own: bool = False) -> Kept | None:
        """The one that counts for imports of this unit: its own, else of the nearest unit above that keeps one.

        `own`: only what the unit itself keeps.
        """
        record = await self._pool.fetchrow(NEAREST, [unit.code, *([] if own else above(unit))], kind)
        return None if record is None else kept_of(record)

    def listed(self, principal: Principal, kind: str | None) -> Listing:
        """Those of the caller's units, and of the units above, which count for them too; by unit and kind."""
        kinds = list(self.kinds) if kind is None else [kind]
        filters = (*principal.division.range(), above(principal.division), kinds)
        return Listing(self._pool, LIST, filters, ("", ""))

    async def keep(
        self, principal: Principal, unit: Division, kind: str, pairs: Sequence[tuple[str, str]], seen: int | None
    ) -> Kept:
        """Keep it for a unit of the caller's: a version more, or nothing where the same is kept.

        `seen` is the version it was changed from, None: none is kept yet. Raises NotFound, Invalid `mapping.*`, Stale.
        """
        covers_or_404(principal, unit, "unit")
        columns = checked(pairs, self.forms(kind))
        present = await self._present(unit, kind)
        self._check(present, seen)
        if present is not None and present["columns"] == pairs_of(columns):
            return kept_of(present)
        await self._add(principal, unit, kind, present, columns)
        return kept_of(await self._present(unit, kind) or _gone())

    async def forget(self, principal: Principal, unit: Division, kind: str, seen: int) -> None:
        """Take it back: imports are read by that of the units above, or by our own headings. Raises NotFound, Stale."""
        covers_or_404(principal, unit, "unit")
        self.forms(kind)
        present = await self._present(unit, kind)
        if present is None or present["columns"] is None:
            raise not_found("header mapping")
        self._check(present, seen)
        await self._add(principal, unit, kind, present, None)

    async def _present(self, unit: Division, kind: str) -> Record | None:
        return await self._pool.fetchrow(PRESENT, unit.code, kind)

    def _check(self, present: Record | None, seen: int | None) -> None:
        kept = present is not None and present["columns"] is not None
        if (present["version"] if present is not None and kept else None) != seen:
            raise _stale()

    async def _add(
        self, principal: Principal, unit: Division, kind: str, present: Record | None, columns: Mapping[str, str] | None
    ) -> None:
        """The next version with its entry in the trail, or neither."""
        version = 1 if present is None else present["version"] + 1
        pairs = None if columns is None else pairs_of(columns)
        action = "header-mapping.kept" if columns is not None else "header-mapping.forgotten"
        detail = {"unit": unit.code, "kind": kind, "version": version, "columns": sorted((columns or {}).values())}
        async with self._pool.acquire() as tx, tx.transaction():
            made = await tx.fetchval(_ADD, unit.code, kind, version, pairs, principal.sub, self._clock())
            if made is None:
                raise _stale()
            entry = Entry(
                action, object_kind="header-mapping", object_id=kind, detail=detail,
                actor=principal.sub, role=principal.role, unit=principal.division.code,
            )  # fmt: skip
            await self._trail.note(entry, tx)


async def header_mapping(request: Request, kind: str, unit: Division, text: str | None) -> Chosen:
    """By which mapping a file of a unit is read; `text` is that of the query. Raises Invalid `mapping.*`."""
    mappings: HeaderMappings = request.app.state.header_mappings
    columns = given(text, mappings.forms(kind))
    if columns is not None:
        return Chosen(kind, columns)
    kept = await mappings.nearest(unit, kind)
    return Chosen(kind) if kept is None else Chosen(kind, kept.columns, kept)


def above(unit: Division) -> list[str]:
    """Codes of all units above, the nearest first."""
    parent = unit.parent
    return [] if parent is None else [parent.code, *above(parent)]


def pairs_of(columns: Mapping[str, str]) -> list[dict[str, str]]:
    """As the API writes them, and the table."""
    return [{"heading": heading, "column": column} for heading, column in columns.items()]


def kept_of(record: Record) -> Kept:
    """A row of the table."""
    columns = {each["heading"]: each["column"] for each in record["columns"]}
    return Kept(record["unit"], record["kind"], record["version"], columns, record["kept_at"])


def _stale() -> Stale:
    return Stale(
        "mapping.stale",
        "列名对应刚被他人保存或修改，请重新读取后再改。",
        field="If-Match",
        right="读取时得到的 ETag；还没有保存过的不写",
    )


def _gone() -> Record:
    raise _stale()
