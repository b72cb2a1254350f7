"""Clients prove who they are with their secret: one answer for unknown, wrong, closed, expired and locked.

Five wrong secrets lock the client for 15 minutes, but only for the address they came from: a stranger who learns a
client's id must not be able to cut the partner off. The attempt is counted before the secret is looked at, as in
`sign_in.py`.
"""

import secrets
from typing import Final
from uuid import UUID

from libs.access.clients import Client, client_of, hashed
from libs.access.sign_in import LOCK, MOST_FAILURES
from libs.access.sign_in_trail import sign_in_entry
from libs.audit.trail import Trail
from libs.events.types import Clock, Pool
from libs.values.errors import Unauthenticated

_ATTEMPT: Final = """
INSERT INTO client_attempts AS a (client_id, address, failed)
SELECT id, $2, 1 FROM clients WHERE id = $1
ON CONFLICT (client_id, address) DO UPDATE SET
    failed = CASE WHEN a.locked_until <= $3 THEN 1 ELSE a.failed + 1 END,
    locked_until = CASE WHEN a.locked_until IS NULL AND a.failed + 1 >= $5 THEN $4::timestamptz END
WHERE a.locked_until IS NULL OR a.locked_until <= $3
RETURNING failed
"""
_CLEAR: Final = "DELETE FROM client_attempts WHERE client_id = $1 AND (address = $2 OR locked_until <= $3)"
_FIND: Final = """
SELECT c.*, array(
    SELECT s.secret_hash FROM client_secrets s WHERE s.client_id = c.id AND (s.expires_at IS NULL OR s.expires_at > $2)
) AS hashes
FROM clients c WHERE c.id = $1
"""


class ClientSignIn:
    """Checks secrets, and keeps which client got a token or was refused, when and from where."""

    def __init__(self, pool: Pool, *, clock: Clock, trail: Trail) -> None:
        self._pool = pool
        self._trail = trail
        self._clock = clock

    async def authenticate(self, client_id: str, secret: str, address: str) -> Client:
        """The client; raises the one Unauthenticated."""
        now, where = self._clock(), address[:64]
        known = _uuid(client_id)
        counted = await self._pool.fetchval(_ATTEMPT, known, where, now, now + LOCK, MOST_FAILURES)
        record = await self._pool.fetchrow(_FIND, known, now)
        right = _is_among(hashed(secret), record["hashes"] if record else [])
        if record is None:
            outcome = "unknown"
        elif counted is None:
            outcome = "locked"
        elif not right:
            outcome = "wrong_secret"
        elif record["disabled_at"] is not None:
            outcome = "closed"
        elif record["expires_at"] is not None and record["expires_at"] <= now:
            outcome = "expired"
        else:
            outcome = "token_given"
        await self._trail.note(sign_in_entry(outcome, known if record else None, where, kind="client"))
        if record is None or outcome != "token_given":
            raise Unauthenticated("access.client_refused", "客户端编号或密钥不正确，或已停用。")
        await self._pool.execute(_CLEAR, known, where, now)
        return client_of(record)


def _is_among(wanted: bytes, kept: list[bytes]) -> bool:
    """Compares in constant time; which of two it was may be seen, what it is not."""
    return any(secrets.compare_digest(wanted, each) for each in kept or (bytes(32),))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
