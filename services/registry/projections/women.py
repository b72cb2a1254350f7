"""Women by division: states in clear, identity as ciphertext only. Merged records leave the list, erased go blank."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal, assert_never
from uuid import UUID

from libs.events.keyset import Listing, before
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool, Record
from services.registry.domain import woman_events as e
from services.registry.domain.words import Sealed, Status

NAME = "women"
Presence = Literal["here", "monitored", "left", "all"]
HANDLES = (
    e.WomanRegistered,
    e.WomanChanged,
    e.WomanRecoded,
    e.WomanCorrected,
    e.WomanExited,
    e.WomanReturned,
    e.WomanMissing,
    e.WomanKept,
    e.WomanLeft,
    e.WomanRejoined,
    e.WomanMergedInto,
    e.WomanSeparated,
    e.WomanAbsorbed,
    e.WomanReleased,
    e.WomanErased,
)

UPSERT = """
INSERT INTO women (woman_id, version, household_id, division, birth_year, labour, in_school, status, baseline_exit,
                   head, relation, as_of, sealed, monitoring, risk_removed)
SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::smallint[], $6::text[], $7::bool[], $8::text[],
                     $9::bool[], $10::bool[], $11::text[], $12::date[], $13::jsonb[], $14::text[], $15::bool[])
ON CONFLICT (woman_id) DO UPDATE SET version = excluded.version, household_id = excluded.household_id,
    division = excluded.division, birth_year = excluded.birth_year, labour = excluded.labour,
    in_school = excluded.in_school, status = excluded.status, baseline_exit = excluded.baseline_exit,
    head = excluded.head, relation = excluded.relation, as_of = excluded.as_of,
    sealed = women.sealed || excluded.sealed, monitoring = excluded.monitoring, risk_removed = excluded.risk_removed,
    missing = CASE WHEN excluded.as_of < women.missing THEN women.missing END
"""
PATCH = """
UPDATE women SET version = p.version, status = coalesce(p.status, women.status),
    merged_into = CASE WHEN p.alias_set THEN p.merged_into ELSE women.merged_into END,
    erased = women.erased OR p.erased, sealed = CASE WHEN p.erased THEN '{}'::jsonb ELSE women.sealed END,
    missing = CASE WHEN p.missing_set THEN p.missing ELSE women.missing END,
    gone = CASE WHEN p.gone_set THEN p.gone ELSE women.gone END,
    gone_valid = CASE WHEN p.gone_set THEN p.gone_valid ELSE women.gone_valid END
FROM unnest($1::uuid[], $2::int[], $3::text[], $4::bool[], $5::uuid[], $6::bool[], $7::bool[], $8::date[], $9::bool[],
            $10::text[], $11::text[])
    AS p(woman_id, version, status, alias_set, merged_into, erased, missing_set, missing, gone_set, gone, gone_valid)
WHERE women.woman_id = p.woman_id
"""
COLUMNS = """woman_id, household_id, division, birth_year, labour, in_school, status, baseline_exit, head, relation,
    as_of, sealed, version, merged_into, erased, monitoring, risk_removed, missing, gone, gone_valid"""
HERE = """CASE $3
      WHEN 'here' THEN gone IS NULL AND status <> 'monitored'
      WHEN 'monitored' THEN gone IS NULL AND status = 'monitored'
      WHEN 'left' THEN gone IS NOT NULL
      ELSE true
  END"""
LIST = f"""
SELECT {COLUMNS} FROM women
WHERE merged_into IS NULL AND division BETWEEN $1 AND $2
  AND {HERE}
  AND (division, woman_id) > ($4, $5)
ORDER BY division, woman_id LIMIT $6
"""  # noqa: S608
MISSING = f"""
SELECT {COLUMNS} FROM women
WHERE missing IS NOT NULL AND merged_into IS NULL AND division BETWEEN $1 AND $2 AND (division, woman_id) > ($3, $4)
ORDER BY division, woman_id LIMIT $5
"""  # noqa: S608
ONE = f"SELECT {COLUMNS} FROM women WHERE woman_id = $1 AND division BETWEEN $2 AND $3"  # noqa: S608
MANY = f"SELECT {COLUMNS} FROM women WHERE woman_id = ANY($1) AND division BETWEEN $2 AND $3"  # noqa: S608


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
    missing_set: bool = False
    missing: date | None = None
    gone_set: bool = False
    gone: str | None = None
    gone_valid: str | None = None

    @property
    def patch(self) -> tuple[Any, ...]:
        """The columns of PATCH after the id."""
        return (
            self.version, self.status, self.alias_set, self.merged_into, self.erased, self.missing_set, self.missing,
            self.gone_set, self.gone, self.gone_valid,
        )  # fmt: skip

    @property
    def patches(self) -> bool:
        """Whether it does more than replace the facts."""
        return self.facts is None or self.alias_set or self.erased or self.missing_set or self.gone_set


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
    patches = [(woman_id, *change.patch) for woman_id, change in changes.items() if change.patches]
    if patches:
        await tx.execute(PATCH, *(list(column) for column in zip(*patches, strict=True)))


PROJECTION = Projection(NAME, HANDLES, apply, tables=("women",))


def _folded(change: _Change, event: e.Event) -> _Change:  # noqa: PLR0911, C901 - one return a kind of event
    if isinstance(event, e.WomanMissing | e.WomanKept | e.WomanLeft | e.WomanRejoined):
        return _present(change, event)
    match event:
        case e.WomanRegistered() | e.WomanChanged():
            return replace(
                change,
                facts=event.facts,
                baseline_exit=event.baseline_exit,
                as_of=event.as_of,
                sealed={**change.sealed, **ciphertexts(event.personal)},
                status=None,
                missing=change.missing if change.missing and event.as_of < change.missing else None,
            )
        case e.WomanCorrected():
            sealed = {**change.sealed, **ciphertexts(event.personal)}
            facts, as_of = event.facts, event.as_of
            return replace(
                change, facts=facts, baseline_exit=event.baseline_exit, as_of=as_of, sealed=sealed, status=None
            )
        case e.WomanRecoded():
            return replace(change, facts=event.facts, baseline_exit=event.baseline_exit, as_of=event.as_of, status=None)
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


def _present(change: _Change, event: e.WomanMissing | e.WomanKept | e.WomanLeft | e.WomanRejoined) -> _Change:
    match event:
        case e.WomanMissing():
            return replace(change, missing_set=True, missing=event.as_of)
        case e.WomanKept():
            return replace(change, missing_set=True, missing=None)
        case e.WomanLeft():
            here = replace(change, missing_set=True, missing=None)
            return replace(here, gone_set=True, gone=event.why, gone_valid=event.valid)
        case e.WomanRejoined():
            return replace(change, gone_set=True, gone=None, gone_valid=None)
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
        facts.monitoring,
        facts.risk_removed,
    )


def listed(pool: Pool, scope: tuple[str, str], presence: Presence = "here") -> Listing:
    """Women of a range of divisions, by division and id."""
    return Listing(pool, LIST, (*scope, presence), (before(scope), UUID(int=0)))


def missing(pool: Pool, scope: tuple[str, str]) -> Listing:
    """Women whom the last full register of their unit did not name, by division and id."""
    return Listing(pool, MISSING, scope, (before(scope), UUID(int=0)))


async def one(pool: Pool, woman_id: UUID, scope: tuple[str, str]) -> Record | None:
    """A woman, if she is registered inside the range."""
    return await pool.fetchrow(ONE, woman_id, *scope)


async def many(pool: Pool, ids: Sequence[UUID], scope: tuple[str, str]) -> list[Record]:
    """Those of these women who are registered inside the range."""
    return list(await pool.fetch(MANY, list(ids), *scope))
