"""Women by division: states in clear, identity as ciphertext only. Merged records leave the list, erased go blank."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, assert_never
from uuid import UUID

from libs.events.keyset import Listing
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool, Record
from services.registry.domain import woman_events as e
from services.registry.domain.words import Sealed, Status

NAME = "women"
HANDLES = (
    e.WomanRegistered,
    e.WomanChanged,
    e.WomanExited,
    e.WomanReturned,
    e.WomanMergedInto,
    e.WomanSeparated,
    e.WomanAbsorbed,
    e.WomanReleased,
    e.WomanErased,
)

UPSERT = """
INSERT INTO women (woman_id, version, household_id, division, birth_year, labour, in_school, status, baseline_exit,
                   head, relation, as_of, sealed)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::smallint[], $6::text[], $7::bool[], $8::text[],
                     $9::bool[], $10::bool[], $11::text[], $12::date[], $13::jsonb[])
ON CONFLICT (woman_id) DO UPDATE SET version = excluded.version, household_id = excluded.household_id,
    division = excluded.division, birth_year = excluded.birth_year, labour = excluded.labour,
    in_school = excluded.in_school, status = excluded.status, baseline_exit = excluded.baseline_exit,
    head = excluded.head, relation = excluded.relation, as_of = excluded.as_of, sealed = women.sealed || excluded.sealed
"""
PATCH = """
UPDATE women SET version = p.version, status = coalesce(p.status, women.status),
    merged_into = CASE WHEN p.alias_set THEN p.merged_into ELSE women.merged_into END,
    erased = women.erased OR p.erased, sealed = CASE WHEN p.erased THEN '{}'::jsonb ELSE women.sealed END
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bool[], $5::uuid[], $6::bool[])
    AS p(woman_id, version, status, alias_set, merged_into, erased)
WHERE women.woman_id = p.woman_id
"""
_COLUMNS = """woman_id, household_id, division, birth_year, labour, in_school, status, baseline_exit, head, relation,
    as_of, sealed, version, merged_into, erased"""
LIST = f"""
SELECT {_COLUMNS} FROM women
WHERE merged_into IS NULL AND division BETWEEN $1 AND $2 AND (division, woman_id) > ($3, $4)
ORDER BY division, woman_id LIMIT $5
"""  # noqa: S608
ONE = f"SELECT {_COLUMNS} FROM women WHERE woman_id = $1 AND division BETWEEN $2 AND $3"  # noqa: S608
MANY = f"SELECT {_COLUMNS} FROM women WHERE woman_id = ANY($1) AND division BETWEEN $2 AND $3"  # noqa: S608


@dataclass(frozen=True, slots=True)
class _Change:
    """What a page of events does to one woman's row."""

    version: int = 0
    facts: e.Facts | None = None
    baseline_exit: bool = False
    as_of: date | None = None
    sealed: dict[str, str] = field(default_factory=dict)
    status: Status | None = None
    alias_set: bool = False
    merged_into: UUID | None = None
    erased: bool = False


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """Fold the page per woman, then write rows and patches in two statements."""
    changes: dict[UUID, _Change] = {}
    for recorded in events:
        event: e.Event = recorded.event
        change = replace(changes.get(event.woman_id, _Change()), version=recorded.version)
        changes[event.woman_id] = _folded(change, event)
    rows = [_row(woman_id, change) for woman_id, change in changes.items() if change.facts is not None]
    if rows:
        await tx.execute(UPSERT, *(list(column) for column in zip(*rows, strict=True)))
    patches = [
        (woman_id, change.version, change.status, change.alias_set, change.merged_into, change.erased)
        for woman_id, change in changes.items()
        if change.facts is None or change.alias_set or change.erased
    ]
    if patches:
        await tx.execute(PATCH, *(list(column) for column in zip(*patches, strict=True)))


PROJECTION = Projection(NAME, HANDLES, apply, tables=("women",))


def _folded(change: _Change, event: e.Event) -> _Change:  # noqa: PLR0911 - one return a kind of event
    match event:
        case e.WomanRegistered() | e.WomanChanged():
            return replace(
                change,
                facts=event.facts,
                baseline_exit=event.baseline_exit,
                as_of=event.as_of,
                sealed={**change.sealed, **ciphertexts(event.personal)},
                status=None,
            )
        case e.WomanExited():
            return replace(change, status="exited")
        case e.WomanReturned():
            return replace(change, status="returned")
        case e.WomanMergedInto():
            return replace(change, alias_set=True, merged_into=event.survivor_id)
        case e.WomanSeparated():
            return replace(change, alias_set=True, merged_into=None)
        case e.WomanAbsorbed() | e.WomanReleased():
            return change
        case e.WomanErased():
            return replace(change, erased=True)
        case _:
            assert_never(event)


def ciphertexts(sealed: Sealed) -> dict[str, str]:
    """Personal values of a loaded event as the read model keeps them."""
    return {name: value.sealed for name, value in sealed.items() if value.sealed is not None}


def _row(woman_id: UUID, change: _Change) -> tuple[Any, ...]:
    facts = change.facts
    assert facts is not None
    return (
        woman_id,
        change.version,
        facts.household_id,
        facts.division,
        facts.birth_year,
        facts.labour,
        facts.in_school,
        change.status or facts.status,
        change.baseline_exit,
        facts.head,
        facts.relation,
        change.as_of,
        change.sealed,
    )


def listed(pool: Pool, scope: tuple[str, str]) -> Listing:
    """Women of a range of divisions, by division and id."""
    return Listing(pool, LIST, scope, ("", UUID(int=0)))


async def one(pool: Pool, woman_id: UUID, scope: tuple[str, str]) -> Record | None:
    """A woman, if she is registered inside the range."""
    return await pool.fetchrow(ONE, woman_id, *scope)


async def many(pool: Pool, ids: Sequence[UUID], scope: tuple[str, str]) -> list[Record]:
    """Those of these women who are registered inside the range."""
    return list(await pool.fetch(MANY, list(ids), *scope))
