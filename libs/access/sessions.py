"""Sessions of the console: the cookie holds a random token, the database its hash; idle 30 min, at most 12 h."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from libs.access.accounts import COLUMNS, Account, account_of
from libs.access.sign_in_trail import Whose, sign_in_entry
from libs.audit.trail import Trail
from libs.events.types import Clock, Pool

IDLE: Final = timedelta(minutes=30)
LONGEST: Final = timedelta(hours=12)
_SEEN_EVERY: Final = timedelta(minutes=1)

_INSERT: Final = """
INSERT INTO sessions (token_hash, account_id, csrf, created_at, seen_at, expires_at) VALUES ($1, $2, $3, $4, $4, $5)
"""
_FIND: Final = f"""
SELECT s.csrf, s.seen_at, {", ".join("a." + name.strip() for name in COLUMNS.split(","))}
FROM sessions s JOIN accounts a ON a.id = s.account_id
WHERE s.token_hash = $1 AND s.seen_at > $2 AND s.expires_at > $3 AND a.disabled_at IS NULL AND NOT a.must_change
"""  # noqa: S608
_SEEN: Final = "UPDATE sessions SET seen_at = $2 WHERE token_hash = $1"
_END: Final = """
DELETE FROM sessions s USING accounts a WHERE s.token_hash = $1 AND a.id = s.account_id
RETURNING a.id, a.role, a.division
"""
_END_OTHERS: Final = "DELETE FROM sessions WHERE account_id = $1 AND token_hash <> $2"
_PURGE: Final = "DELETE FROM sessions WHERE seen_at <= $1 OR expires_at <= $2"


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser: whose, and the token its forms must carry. The account is read anew at every request."""

    account: Account
    csrf: str
    id: str
    """For the audit trail: it names the session and opens nothing."""


class Sessions:
    """Starts, finds and ends sessions."""

    def __init__(self, pool: Pool, *, clock: Clock, trail: Trail) -> None:
        self._pool = pool
        self._trail = trail
        self._clock = clock

    async def start(self, account: Account) -> tuple[str, Session]:
        """A new session and the token for its cookie; a new one at every sign-in, so none can be fixed beforehand."""
        now = self._clock()
        token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        await self._pool.execute(_PURGE, now - IDLE, now)
        await self._pool.execute(_INSERT, _hash(token), account.id, csrf, now, now + LONGEST)
        return token, Session(account, csrf, _id(token))

    async def find(self, token: str) -> Session | None:
        """The session, if it is neither idle nor over and its account is open."""
        now = self._clock()
        record = await self._pool.fetchrow(_FIND, _hash(token), now - IDLE, now)
        if record is None:
            return None
        if now - record["seen_at"] >= _SEEN_EVERY:
            await self._pool.execute(_SEEN, _hash(token), now)
        return Session(account_of(record), record["csrf"], _id(token))

    async def end(self, token: str, address: str) -> None:
        """Sign out; again changes nothing."""
        async with self._pool.acquire() as connection, connection.transaction():
            ended = await connection.fetchrow(_END, _hash(token))
            if ended is not None:
                whose = Whose(ended["id"], ended["role"], ended["division"])
                entry = replace(sign_in_entry("signed_out", whose, address), session=_id(token))
                await self._trail.note(entry, connection)

    async def end_others(self, account: Account, token: str) -> None:
        """End every session of the account but this one."""
        await self._pool.execute(_END_OTHERS, account.id, _hash(token))

    async def end_all(self, account: Account) -> None:
        """End every session of the account."""
        await self._pool.execute(_END_OTHERS, account.id, b"")


def _id(token: str) -> str:
    return _hash(token).hex()[:16]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
