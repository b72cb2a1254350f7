"""Agreements with partners: what a partner's programs may see, of which units, for what, and until when.

An agreement is a name in a division, and versions of its terms; every change is a version more and the older ones
stay as they were. A token carries what the version of its moment says, so a change works with the next token.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Final, Literal
from uuid import UUID

import asyncpg

from libs.access.joining import act_of, check_division, check_version, joined
from libs.access.policy import PARTNER, scopes_of
from libs.access.principal import Principal, not_found
from libs.access.rules import MEASURES, POLICY, STRUCTURE
from libs.audit.trail import Trail
from libs.events.keyset import Listing, before
from libs.events.types import Clock, Connection, Ids, Pool, Record
from libs.feeds.topics import all_types
from libs.values.division import Division
from libs.values.errors import Conflict, Invalid, Refused
from libs.values.valid_date import SHANGHAI, local_date

Standing = Literal["in_force", "not_yet", "over", "closed"]

FIELD_CLASSES: Final = frozenset(
    name
    for action in POLICY.actions.values()
    if PARTNER in action.roles
    for name in action.classes
    if POLICY.classes[name].scope is None or POLICY.classes[name].scope in scopes_of(PARTNER)
) - {STRUCTURE}
"""Classes that an agreement may name: those that an action of partners shows at all."""

_LAST: Final = 2**31 - 1
_INSERT: Final = "INSERT INTO agreements (id, name, division) VALUES ($1, $2, $3)"
_ADD: Final = """
INSERT INTO agreement_versions (agreement_id, version, partner, scopes, fields, event_types, measures, purpose,
                                valid_from, valid_to, reason, closed_at, made_at, made_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
"""  # $3 to $11 are the terms in the order of `Terms`
_FIND: Final = "SELECT * FROM agreements_now WHERE id = $1 AND division BETWEEN $2 AND $3"
_LOCK: Final = "SELECT FROM agreements WHERE id = $1 FOR UPDATE"
_LIST: Final = """
SELECT * FROM agreements_now
WHERE division BETWEEN $1 AND $2 AND (division, id) > ($3, $4) ORDER BY division, id LIMIT $5
"""
_VERSIONS: Final = "SELECT * FROM agreement_history WHERE id = $1 AND version < $2 ORDER BY version DESC LIMIT $3"
_BY_ID: Final = "SELECT * FROM agreements_now WHERE id = ANY($1)"
_NAMED: Final = "SELECT * FROM agreements_now WHERE name = $1 AND division = ANY($2)"


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed. `event_types`, `measures` None: all; `purpose` None: none is stated for the partner.

    Days are those of Asia/Shanghai, both inclusive; `reason` says in words why these terms are as they are.
    """

    partner: str
    scopes: frozenset[str]
    fields: frozenset[str]
    event_types: frozenset[str] | None
    measures: frozenset[str] | None
    purpose: str | None
    valid_from: date
    valid_to: date | None
    reason: str

    def as_lists(self) -> dict[str, Any]:
        """By name, in the order above; names of sets as sorted lists, as JSON and the database have them."""
        held = {name: getattr(self, name) for name in TERMS}
        return {name: _listed(value) if name in SETS else value for name, value in held.items()}


TERMS: Final = tuple(field.name for field in fields(Terms))
SETS: Final = frozenset({"scopes", "fields", "event_types", "measures"})


def as_terms(given: Mapping[str, Any]) -> dict[str, Any]:
    """Some terms, or all, as `Terms` holds them: what JSON and the database have as lists are sets."""
    return {name: _set(value) if name in SETS else value for name, value in given.items()}


@dataclass(frozen=True, slots=True)
class Agreement:
    """One version of an agreement: its terms, and who made it when."""

    id: UUID
    name: str
    division: Division
    terms: Terms
    version: int
    closed_at: datetime | None
    made_at: datetime
    made_by: str

    @property
    def label(self) -> str:
        """Name and version as tokens and the trail carry them: `2016-03@2`."""
        return f"{self.name}@{self.version}"

    def standing(self, now: datetime) -> Standing:
        """Whether it is in force; nobody gets a token under one that is not."""
        today = local_date(now)
        if self.closed_at is not None:
            return "closed"
        if today < self.terms.valid_from:
            return "not_yet"
        return "over" if self.terms.valid_to is not None and self.terms.valid_to < today else "in_force"

    def ends(self) -> datetime | None:
        """The first instant after it, if it has an end."""
        if self.terms.valid_to is None:
            return None
        return datetime.combine(self.terms.valid_to + timedelta(days=1), time(), SHANGHAI)

    def principal(self, sub: str, name: str, division: Division, scopes: frozenset[str]) -> Principal:
        """What a token under it may do: of `scopes` what it and the partner's role have today, and its limits."""
        terms = self.terms
        return Principal(
            sub,
            name,
            PARTNER,
            division,
            scopes & terms.scopes & scopes_of(PARTNER),
            "client",
            measures=terms.measures,
            agreement=self.label,
            fields=terms.fields,
            purpose=terms.purpose,
            event_types=terms.event_types,
        )


class Agreements:
    """Makes, changes and closes agreements; a security administrator reaches those of his own units only."""

    def __init__(self, pool: Pool, *, clock: Clock, ids: Ids, trail: Trail) -> None:
        self._pool = pool
        self._clock = clock
        self._ids = ids
        self._trail = trail

    async def create(
        self, principal: Principal, name: str, division: Division, terms: Terms, tx: Connection | None = None
    ) -> Agreement:
        """A new agreement, version 1. Conflict when the division has one of this name."""
        check_terms(terms)
        check_division(principal, division, "协议")
        agreement = Agreement(self._ids(), name, division, terms, 1, None, self._clock(), principal.sub)
        try:
            async with joined(self._pool, tx) as connection:
                await connection.execute(_INSERT, agreement.id, name, division.code)
                await self._write(connection, principal, agreement, "agreement.made", shown(agreement))
        except asyncpg.UniqueViolationError:
            raise Conflict(
                "access.agreement_taken", f"该单位已有名为“{name}”的协议，请换一个名称。", field="name", rule="唯一"
            ) from None
        return agreement

    async def get(self, principal: Principal, agreement_id: UUID, tx: Connection | None = None) -> Agreement:
        """The present version of an agreement of the caller's units."""
        record = await (tx or self._pool).fetchrow(_FIND, agreement_id, *principal.division.range())
        if record is None:
            raise not_found("agreement")
        return agreement_of(record)

    def listed(self, principal: Principal) -> Listing:
        """Present versions of the agreements of the caller's units, for `agreement_of`; by division and id."""
        scope = principal.division.range()
        return Listing(self._pool, _LIST, scope, (before(scope), UUID(int=0)))

    async def versions(self, principal: Principal, agreement_id: UUID) -> Listing:
        """All versions of an agreement of the caller's units, for `agreement_of`; the newest first, by number."""
        await self.get(principal, agreement_id)
        return Listing(self._pool, _VERSIONS, (agreement_id,), (_LAST,))

    async def change(
        self,
        principal: Principal,
        agreement_id: UUID,
        expected: int,
        changes: dict[str, Any],
        tx: Connection | None = None,
    ) -> Agreement:
        """A new version with these terms changed (fields of `Terms`); a closed agreement stays as it is."""
        async with joined(self._pool, tx) as connection:
            before = await self._open(connection, principal, agreement_id, expected)
            terms = replace(before.terms, **changes)
            check_terms(terms)
            after = self._next(principal, before, terms)
            await self._write(connection, principal, after, "agreement.changed", _difference(before, after))
        return after

    async def close(
        self, principal: Principal, agreement_id: UUID, expected: int, reason: str, tx: Connection | None = None
    ) -> Agreement:
        """The last version: nobody gets a token under it any more, and the last ones end within ten minutes."""
        async with joined(self._pool, tx) as connection:
            before = await self._open(connection, principal, agreement_id, expected)
            after = self._next(principal, before, replace(before.terms, reason=reason))
            after = replace(after, closed_at=after.made_at)
            await self._write(connection, principal, after, "agreement.closed", {"agreement": after.label})
        return after

    async def _open(self, connection: Connection, principal: Principal, agreement_id: UUID, expected: int) -> Agreement:
        await connection.execute(_LOCK, agreement_id)
        agreement = await self.get(principal, agreement_id, connection)
        check_version(agreement.version, expected, "协议")
        if agreement.closed_at is not None:
            raise Conflict("access.agreement_closed", "协议已终止，不能再改；请另立新协议。", field="closed_at")
        return agreement

    def _next(self, principal: Principal, before: Agreement, terms: Terms) -> Agreement:
        now = self._clock()
        return replace(before, terms=terms, version=before.version + 1, made_at=now, made_by=principal.sub)

    async def _write(
        self, connection: Connection, principal: Principal, made: Agreement, action: str, detail: dict[str, Any]
    ) -> None:
        terms = made.terms.as_lists().values()
        await connection.execute(_ADD, made.id, made.version, *terms, made.closed_at, made.made_at, made.made_by)
        await self._trail.note(act_of(principal, action, made.id, detail, made.terms.reason), connection)


async def agreements_by_id(connection: Connection | Pool, ids: Collection[UUID]) -> dict[UUID, Agreement]:
    """Present versions by id, whoever asks: for clients that have one."""
    return {record["id"]: agreement_of(record) for record in await connection.fetch(_BY_ID, ids)}


async def agreement_named(connection: Connection | Pool, name: str, division: Division) -> Agreement | None:
    """The one agreement of this name that covers the division; None where there is none, or more than one."""
    covering: list[str] = []
    unit: Division | None = division
    while unit is not None:
        covering.append(unit.code)
        unit = unit.parent
    found = await connection.fetch(_NAMED, name, covering)
    return agreement_of(found[0]) if len(found) == 1 else None


def agreement_of(record: Record) -> Agreement:
    """A version from its row of `agreement_history`."""
    return Agreement(
        id=record["id"],
        name=record["name"],
        division=Division(record["division"]),
        terms=Terms(**as_terms({name: record[name] for name in TERMS})),
        version=record["version"],
        closed_at=record["closed_at"],
        made_at=record["made_at"],
        made_by=record["made_by"],
    )


def check_terms(terms: Terms) -> None:
    """Every name in them is one of the policy's or of the contracts', and the days are in order; else Refused."""
    _check_names("scopes", terms.scopes, scopes_of(PARTNER))
    if not terms.scopes:
        raise Refused("access.agreement_terms", "协议至少要有一项权限。", field="scopes", rule="至少一项")
    _check_names("fields", terms.fields, FIELD_CLASSES)
    _check_names("event_types", terms.event_types or frozenset(), all_types())
    _check_names("measures", terms.measures or frozenset(), MEASURES)
    _check_names("purpose", frozenset({terms.purpose} if terms.purpose is not None else ()), frozenset(POLICY.purposes))
    if terms.valid_to is not None and terms.valid_to < terms.valid_from:
        raise Invalid(
            "access.agreement_days", "有效期止不能早于有效期起。", field="valid_to", value=terms.valid_to.isoformat(),
            rule="≥ valid_from", right=terms.valid_from.isoformat(),
        )  # fmt: skip


def _check_names(field: str, given: frozenset[str], known: frozenset[str]) -> None:
    if outside := sorted(given - known):
        raise Refused(
            "access.agreement_terms",
            "协议里有合作单位不能有、或系统不认识的内容，见 errors。",
            field=field,
            value=", ".join(outside)[:200],
            right=", ".join(sorted(known)),
        )


def shown(agreement: Agreement) -> dict[str, Any]:
    """The terms as the trail keeps them: codes, days and names of fields; the reason has a place of its own there."""
    kept = {name: value for name, value in agreement.terms.as_lists().items() if name not in {"partner", "reason"}}
    days = {name: value.isoformat() for name, value in kept.items() if isinstance(value, date)}
    return {"agreement": agreement.label, "division": agreement.division.code, **kept, **days}


def _difference(before: Agreement, after: Agreement) -> dict[str, Any]:
    old, new = shown(before), shown(after)
    changed = [name for name in new if old[name] != new[name] and name != "agreement"]
    return {
        "agreement": after.label,
        "changed": changed + (["partner"] if before.terms.partner != after.terms.partner else []),
        "before": {name: old[name] for name in changed},
        "after": {name: new[name] for name in changed},
    }


def _listed(names: frozenset[str] | None) -> list[str] | None:
    return None if names is None else sorted(names)


def _set(names: list[str] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)
