"""Clients of partners (RFC 6749 §2): programs that act for a partner in one division, under one agreement.

What a client may see stands in its agreement, whose version of that moment is written into each token.

A client has one secret, and two while it is being changed: the new one is good at once, the old one until its end, so
that the partner changes over without an hour's standstill. A secret holds 256 random bits, so its SHA-256 is kept
(a slow hash protects what people can remember, and nobody remembers this).
"""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from libs.access.agreements import Agreement, Agreements, agreements_by_id
from libs.access.joining import UNCHANGED, Unchanged, act_of, check_division, check_version, joined
from libs.access.policy import PARTNER, scopes_of
from libs.access.principal import Principal, not_found
from libs.audit.trail import Trail
from libs.events.keyset import Listing, before
from libs.events.types import Clock, Connection, Ids, Pool, Record
from libs.values.division import Division
from libs.values.errors import Conflict, Invalid, Refused

SECRETS_AT_ONCE: Final = 2
LONGEST_OVERLAP: Final = timedelta(days=30)
_PREFIX: Final = "jgs_"  # lets scanners of repositories and mails find a secret that went astray

_COLUMNS: Final = "id, name, division, agreement_id, scopes, expires_at, disabled_at, version"
_INSERT: Final = """
INSERT INTO clients (id, name, division, agreement_id, scopes, expires_at, created_at, created_by, changed_at,
                     changed_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $7, $8)
"""
_FIND: Final = f"SELECT {_COLUMNS} FROM clients WHERE id = $1 AND division BETWEEN $2 AND $3"  # noqa: S608
_LIST: Final = f"""
SELECT {_COLUMNS} FROM clients
WHERE division BETWEEN $1 AND $2 AND (division, id) > ($3, $4) ORDER BY division, id LIMIT $5
"""  # noqa: S608
_SECRETS: Final = """
SELECT id, client_id, created_at, expires_at FROM client_secrets
WHERE client_id = ANY($1) AND (expires_at IS NULL OR expires_at > $2) ORDER BY client_id, created_at, id
"""
_CHANGE: Final = """
UPDATE clients SET name = $3, agreement_id = $4, scopes = $5, expires_at = $6, disabled_at = $7, version = version + 1,
                   changed_at = $8, changed_by = $9
WHERE id = $1 AND version = $2
"""
_TOUCH: Final = "UPDATE clients SET version = version + 1, changed_at = $2, changed_by = $3 WHERE id = $1"
_ADD: Final = """
INSERT INTO client_secrets (id, client_id, secret_hash, created_at, created_by) VALUES ($1, $2, $3, $4, $5)
"""
_END_OLD: Final = "UPDATE client_secrets SET expires_at = $2 WHERE client_id = $1 AND expires_at IS NULL"
_FORGET_ENDED: Final = "DELETE FROM client_secrets WHERE client_id = $1 AND expires_at <= $2"
_END_ONE: Final = "DELETE FROM client_secrets WHERE client_id = $1 AND id = $2 RETURNING id"


@dataclass(frozen=True, slots=True)
class Secret:
    """That there is a secret, since when and until when; not the secret."""

    id: UUID
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Client:
    """A partner's program; `secrets` are those that are good now, `agreement` is the present version."""

    id: UUID
    name: str
    division: Division
    agreement: Agreement
    scopes: frozenset[str]
    expires_at: datetime | None
    disabled_at: datetime | None
    version: int
    secrets: tuple[Secret, ...] = ()

    def principal(self) -> Principal:
        """What a token of this client may do: its own scopes, and never more than its agreement's today."""
        return self.agreement.principal(str(self.id), self.name, self.division, self.scopes)


@dataclass(frozen=True, slots=True)
class ClientChange:
    """What the security administrator changes; None leaves it as it is. `expires_at` None: it has no end any more."""

    name: str | None = None
    agreement_id: UUID | None = None
    scopes: frozenset[str] | None = None
    expires_at: datetime | Unchanged | None = UNCHANGED
    disabled: bool | None = None


@dataclass(frozen=True, slots=True)
class NewClient:
    """What a client is made of."""

    name: str
    division: Division
    agreement_id: UUID
    scopes: frozenset[str]
    expires_at: datetime | None = None


class Clients:
    """Makes and changes clients; a security administrator reaches those of his own units only."""

    def __init__(self, pool: Pool, agreements: Agreements, *, clock: Clock, ids: Ids, trail: Trail) -> None:
        self._pool = pool
        self._agreements = agreements
        self._clock = clock
        self._ids = ids
        self._trail = trail

    async def create(self, principal: Principal, new: NewClient, tx: Connection | None = None) -> tuple[Client, str]:
        """A new client and its secret, which is shown this once and kept as a hash only."""
        now, client_id = self._clock(), self._ids()
        _check_end(new.expires_at, now)
        check_division(principal, new.division, "客户端")
        async with joined(self._pool, tx) as connection:
            agreement = await self._agreements.get(principal, new.agreement_id, connection)
            _check_inside(agreement, new.division, new.scopes, now)
            await connection.execute(
                _INSERT, client_id, new.name, new.division.code, agreement.id, sorted(new.scopes), new.expires_at, now,
                principal.sub,
            )  # fmt: skip
            secret = await self._add(connection, client_id, principal)
            client = await self._find(connection, principal, client_id)
            await self._note(connection, principal, "client.made", client_id, _shown(client))
        return client, secret

    async def get(self, principal: Principal, client_id: UUID) -> Client:
        """One client of the caller's units."""
        return await self._find(self._pool, principal, client_id)

    def listed(self, principal: Principal) -> Listing:
        """Rows of the clients of the caller's units, for `whole`; by division and id."""
        scope = principal.division.range()
        return Listing(self._pool, _LIST, scope, (before(scope), UUID(int=0)))

    async def whole(self, records: Sequence[Record]) -> list[Client]:
        """Clients from their rows, with their agreements and secrets."""
        secrets_of = await self._secrets(self._pool, [record["id"] for record in records])
        agreements = await agreements_by_id(self._pool, {record["agreement_id"] for record in records})
        return [
            client_of(record, agreements[record["agreement_id"]], secrets_of.get(record["id"], ()))
            for record in records
        ]

    async def change(
        self, principal: Principal, client_id: UUID, expected: int, change: ClientChange, tx: Connection | None = None
    ) -> Client:
        """Change a client; a closed one gets no more tokens, and the last one it got ends within minutes."""
        now = self._clock()
        async with joined(self._pool, tx) as connection:
            client = await self._find(connection, principal, client_id, lock=True)
            check_version(client.version, expected, "客户端")
            scopes = client.scopes if change.scopes is None else change.scopes
            agreement = await self._agreement(connection, principal, client, change.agreement_id)
            if change.scopes is not None or change.agreement_id is not None:
                _check_inside(agreement, client.division, scopes, now)
            expires_at = client.expires_at
            if not isinstance(change.expires_at, Unchanged):
                _check_end(expires_at := change.expires_at, now)
            disabled_at = client.disabled_at if change.disabled is None else now if change.disabled else None
            await connection.execute(
                _CHANGE, client_id, expected, change.name or client.name, agreement.id, sorted(scopes), expires_at,
                disabled_at, now, principal.sub,
            )  # fmt: skip
            changed = await self._find(connection, principal, client_id)
            await self._note(connection, principal, "client.changed", client_id, _difference(client, changed))
        return changed

    async def add_secret(
        self, principal: Principal, client_id: UUID, expected: int, keep: timedelta, tx: Connection | None = None
    ) -> tuple[Client, str]:
        """A second secret; the one before stays good for `keep`. Two at once are the most."""
        if not timedelta(0) <= keep <= LONGEST_OVERLAP:
            raise Invalid(
                "access.overlap", f"旧密钥最多再用{LONGEST_OVERLAP.days}天。", field="keep_hours",
                rule=f"0–{LONGEST_OVERLAP.days * 24}",
            )  # fmt: skip
        now = self._clock()
        async with joined(self._pool, tx) as connection:
            client = await self._find(connection, principal, client_id, lock=True)
            check_version(client.version, expected, "客户端")
            if keep and len(client.secrets) >= SECRETS_AT_ONCE:
                raise Conflict(
                    "access.two_secrets", "已有两个有效密钥，请先停用其中一个。", field="secrets", rule="最多两个"
                )
            await connection.execute(_END_OLD, client_id, now + keep)
            await connection.execute(_FORGET_ENDED, client_id, now)
            await connection.execute(_TOUCH, client_id, now, principal.sub)
            secret = await self._add(connection, client_id, principal)
            client = await self._find(connection, principal, client_id)
            detail = {"old_until": (now + keep).isoformat(), "secrets": [str(each.id) for each in client.secrets]}
            await self._note(connection, principal, "client.secret_added", client_id, detail)
        return client, secret

    async def end_secret(self, principal: Principal, client_id: UUID, secret_id: UUID, expected: int) -> None:
        """Make one secret worthless at once; NotFound when the client has no such secret."""
        async with joined(self._pool, None) as connection:
            client = await self._find(connection, principal, client_id, lock=True)
            if await connection.fetchval(_END_ONE, client_id, secret_id) is None:
                raise not_found("secret")
            check_version(client.version, expected, "客户端")
            await connection.execute(_TOUCH, client_id, self._clock(), principal.sub)
            await self._note(connection, principal, "client.secret_ended", client_id, {"secret": str(secret_id)})

    async def _agreement(
        self, connection: Connection, principal: Principal, client: Client, wanted: UUID | None
    ) -> Agreement:
        return client.agreement if wanted is None else await self._agreements.get(principal, wanted, connection)

    async def _note(
        self, connection: Connection, principal: Principal, action: str, client_id: UUID, detail: dict[str, Any]
    ) -> None:
        """Who did what to which client; names of partners are said to have changed, and not what they were."""
        await self._trail.note(act_of(principal, action, client_id, detail), connection)

    async def _add(self, connection: Connection, client_id: UUID, principal: Principal) -> str:
        secret = _PREFIX + secrets.token_urlsafe(32)
        await connection.execute(
            _ADD, self._ids(), client_id, hashed(secret), self._clock(), principal.sub
        )  # fmt: skip
        return secret

    async def _find(
        self, connection: Connection | Pool, principal: Principal, client_id: UUID, *, lock: bool = False
    ) -> Client:
        query = _FIND + (" FOR UPDATE" if lock else "")
        record = await connection.fetchrow(query, client_id, *principal.division.range())
        if record is None:
            raise not_found("client")
        good = (await self._secrets(connection, [client_id])).get(client_id, ())
        agreements = await agreements_by_id(connection, [record["agreement_id"]])
        return client_of(record, agreements[record["agreement_id"]], good)

    async def _secrets(
        self, connection: Connection | Pool, clients: Collection[UUID]
    ) -> dict[UUID, tuple[Secret, ...]]:
        found: dict[UUID, tuple[Secret, ...]] = {}
        for row in await connection.fetch(_SECRETS, clients, self._clock()):
            secret = Secret(row["id"], row["created_at"], row["expires_at"])
            found[row["client_id"]] = (*found.get(row["client_id"], ()), secret)
        return found


def client_of(record: Record, agreement: Agreement, secrets_now: tuple[Secret, ...] = ()) -> Client:
    """A client from its row and its agreement's present version."""
    return Client(
        id=record["id"],
        name=record["name"],
        division=Division(record["division"]),
        agreement=agreement,
        scopes=frozenset(record["scopes"]),
        expires_at=record["expires_at"],
        disabled_at=record["disabled_at"],
        version=record["version"],
        secrets=secrets_now,
    )


def hashed(secret: str) -> bytes:
    """What is kept of a secret: SHA-256, 32 bytes."""
    return hashlib.sha256(secret.encode()).digest()


def _check_inside(agreement: Agreement, division: Division, scopes: frozenset[str], now: datetime) -> None:
    """A client stays inside its agreement, and nobody joins one that is closed or over."""
    outside = scopes - (agreement.terms.scopes & scopes_of(PARTNER))
    if outside or not scopes:
        raise Refused(
            "access.scope_above",
            "客户端只能有其协议之内的权限，且至少一项。",
            field="scopes",
            value=", ".join(sorted(outside))[:200] or "[]",
            right=", ".join(sorted(agreement.terms.scopes)),
        )
    if not agreement.division.covers(division):
        raise Refused(
            "access.agreement_division", "客户端的辖区不在协议的辖区之内。", field="division", value=division.code,
            right=agreement.division.code,
        )  # fmt: skip
    if (standing := agreement.standing(now)) in {"closed", "over"}:
        raise Refused(
            "access.agreement_not_in_force", "协议已终止或已到期，不能再为它登记客户端。", field="agreement_id",
            value=standing, right="in_force",
        )  # fmt: skip


def _shown(client: Client) -> dict[str, Any]:
    return {
        "division": client.division.code,
        "agreement": client.agreement.label,
        "scopes": sorted(client.scopes),
        "expires_at": client.expires_at.isoformat() if client.expires_at else None,
        "disabled": client.disabled_at is not None,
    }


def _difference(before: Client, after: Client) -> dict[str, Any]:
    old, new = _shown(before), _shown(after)
    changed = [name for name in new if old[name] != new[name]]
    return {
        "changed": changed + (["name"] if before.name != after.name else []),
        "before": {name: old[name] for name in changed},
        "after": {name: new[name] for name in changed},
    }


def _check_end(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        raise Invalid(
            "access.end_past", "有效期止应晚于现在。", field="expires_at", rule="晚于现在", right=now.isoformat()
        )
