"""Clients prove who they are with their secret: one answer for unknown, wrong, closed, expired, locked, not agreed.

Five wrong secrets lock the client for 15 minutes, but only for the network they came from (`attempts.py`). A partner
whose own provider vouches for it (RFC 7523) has no secret here; its agreement is looked at in the same way.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from libs.access import attempts
from libs.access.agreements import Agreement, agreement_named, agreements_by_id
from libs.access.clients import Client, client_of, hashed
from libs.access.policy import PARTNER
from libs.access.principal import Principal
from libs.access.sign_in_trail import Whose, sign_in_entry
from libs.audit.trail import Trail
from libs.events.types import Clock, Pool, Record
from libs.values.errors import Unauthenticated

_FIND: Final = """
SELECT c.*, array(
    SELECT s.secret_hash FROM client_secrets s WHERE s.client_id = c.id AND (s.expires_at IS NULL OR s.expires_at > $2)
) AS hashes
FROM clients c WHERE c.id = $1
"""


@dataclass(frozen=True, slots=True)
class Granted:
    """What a token may say, and the instant at which it must have ended."""

    principal: Principal
    ends: datetime | None


class ClientSignIn:
    """Checks secrets, and keeps which client got a token or was refused, when and from where."""

    def __init__(self, pool: Pool, *, clock: Clock, trail: Trail) -> None:
        self._pool = pool
        self._trail = trail
        self._clock = clock

    async def authenticate(self, client_id: str, secret: str, address: str) -> Client:
        """The client; raises the one Unauthenticated."""
        now, known = self._clock(), _uuid(client_id)
        record = await self._pool.fetchrow(_FIND, known, now)
        counted = await attempts.count(self._pool, known if record else None, address, now)
        agreement_id = record["agreement_id"] if record else UUID(int=0)
        agreement = (await agreements_by_id(self._pool, [agreement_id])).get(agreement_id)
        right = _is_among(hashed(secret), record["hashes"] if record else [])
        outcome = "locked" if not counted else "token_given" if right else "wrong_secret"
        if record is None or agreement is None:
            outcome = "unknown"
        elif outcome == "token_given":
            outcome = _standing(record, agreement, now)
        whose = Whose(record["id"], PARTNER, record["division"]) if record else None
        named = {"agreement": agreement.label} if agreement else {}
        await self._trail.note(sign_in_entry(outcome, whose, address, kind="client", **named))
        if record is None or agreement is None or outcome != "token_given":
            raise _refused()
        await attempts.clear(self._pool, record["id"], address)
        return client_of(record, agreement)

    async def vouched(self, told: Principal, address: str) -> Granted:
        """What the partner gets whom another issuer's token names, by the agreement it names; else Unauthenticated."""
        agreement = await agreement_named(self._pool, told.agreement, told.division)
        standing = "no_agreement" if agreement is None else agreement.standing(self._clock())
        code = "token_given" if standing == "in_force" else f"agreement_{standing}"
        named = {"agreement": agreement.label} if agreement else {}
        entry = sign_in_entry(code, None, address, kind="client", **named)
        unit = told.division.code
        await self._trail.note(replace(entry, object_id=told.sub, actor=told.sub, role=told.role, unit=unit))
        if agreement is None or standing != "in_force":
            raise _refused()
        principal = agreement.principal(told.sub, told.name, told.division, told.scopes)
        return Granted(principal, agreement.ends())


def _standing(record: Record, agreement: Agreement, now: datetime) -> str:
    """What the trail says of a client whose secret was right."""
    if record["disabled_at"] is not None:
        return "closed"
    if record["expires_at"] is not None and record["expires_at"] <= now:
        return "expired"
    standing = agreement.standing(now)
    return "token_given" if standing == "in_force" else f"agreement_{standing}"


def _refused() -> Unauthenticated:
    return Unauthenticated("access.client_refused", "客户端编号或密钥不正确，或已停用，或协议未生效。")


def _is_among(wanted: bytes, kept: list[bytes]) -> bool:
    """Compares in constant time; which of two it was may be seen, what it is not."""
    return any(secrets.compare_digest(wanted, each) for each in kept or (bytes(32),))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
