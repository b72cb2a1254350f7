"""Sessions of the console: the cookie holds a random token, the database its hash; idle 30 min, at most 12 h."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from libs.access.accounts import COLUMNS, Account, account_of
from libs.access.session_ends import IDLE, Ending, Why, end_sessions
from libs.access.sign_in_trail import Whose
from libs.audit.trail import Trail
from libs.events.types import Clock, Pool

LONGEST: Final = timedelta(hours=12)
_SEEN_EVERY: Final = timedelta(minutes=1)
_ADDRESS: Final = 64

_INSERT: Final = """
INSERT INTO sessions (token_hash, account_id, csrf, created_at, seen_at, expires_at, begun_from, seen_from, browser)
VALUES ($1, $2, $3, $4, $4, $5, $6, $6, $7)
"""
_FIND: Final = f"""
SELECT s.csrf, s.seen_at, s.seen_from, {", ".join("a." + name.strip() for name in COLUMNS.split(","))}
FROM sessions s JOIN accounts a ON a.id = s.account_id
WHERE s.token_hash = $1 AND s.seen_at > $2 AND s.expires_at > $3 AND a.disabled_at IS NULL AND NOT a.must_change
"""  # noqa: S608
_SEEN: Final = "UPDATE sessions SET seen_at = $2, seen_from = $3 WHERE token_hash = $1"
_WHOSE: Final = """
SELECT a.id, a.role, a.division FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.token_hash = $1
"""
_OPEN: Final = """
SELECT id, created_at AS begun_at, begun_from, seen_at, seen_from, browser FROM sessions
WHERE account_id = $1 AND seen_at > $2 AND expires_at > $3 ORDER BY seen_at DESC, id
"""
_PURGE: Final = "DELETE FROM sessions WHERE seen_at <= $1 OR expires_at <= $2"


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser: whose, and the token its forms must carry. The account is read anew at every request."""

    account: Account
    csrf: str
    id: str
    """For the audit trail and its owner's page: it names the session and opens nothing."""


@dataclass(frozen=True, slots=True)
class OpenSession:
    """What its owner sees of a session; `browser` is what that says of itself, in a few words."""

    id: str
    begun_at: datetime
    begun_from: str
    seen_at: datetime
    seen_from: str
    browser: str


class Sessions:
    """Starts, finds and ends sessions."""

    def __init__(self, pool: Pool, *, clock: Clock, trail: Trail) -> None:
        self._pool = pool
        self._trail = trail
        self._clock = clock

    async def start(self, account: Account, address: str, browser: str) -> tuple[str, Session]:
        """A new session and the token for its cookie; a new one at every sign-in, so none can be fixed beforehand."""
        now = self._clock()
        token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        await self._pool.execute(_PURGE, now - IDLE, now)
        values = (_hash(token), account.id, csrf, now, now + LONGEST, address[:_ADDRESS], browser)
        await self._pool.execute(_INSERT, *values)
        return token, Session(account, csrf, _id(token))

    async def find(self, token: str, address: str) -> Session | None:
        """The session, if it is neither idle nor over and its account is open; it is used from `address` now."""
        now = self._clock()
        record = await self._pool.fetchrow(_FIND, _hash(token), now - IDLE, now)
        if record is None:
            return None
        address = address[:_ADDRESS]
        if now - record["seen_at"] >= _SEEN_EVERY or record["seen_from"] != address:
            await self._pool.execute(_SEEN, _hash(token), now, address)
        return Session(account_of(record), record["csrf"], _id(token))

    async def end(self, token: str, address: str) -> None:
        """Sign out; again changes nothing."""
        async with self._pool.acquire() as connection, connection.transaction():
            found = await connection.fetchrow(_WHOSE, _hash(token))
            if found is not None:
                whose = Whose(found["id"], found["role"], found["division"])
                ending = Ending("signed_out", self._clock(), address)
                await end_sessions(connection, self._trail, whose, ending, only=_id(token))

    async def open_of(self, account: Account) -> list[OpenSession]:
        """The sessions in which this account is signed in now, the one used last first."""
        now = self._clock()
        return [OpenSession(**row) for row in await self._pool.fetch(_OPEN, account.id, now - IDLE, now)]

    async def end_others(
        self, session: Session, address: str, *, why: Why = "ended_by_owner", only: str | None = None
    ) -> int:
        """End every session of the same account but this one, or `only` that one of them; how many were open."""
        ending = Ending(why, self._clock(), address, session.id)
        async with self._pool.acquire() as connection, connection.transaction():
            whose = session.account.whose
            return await end_sessions(connection, self._trail, whose, ending, only=only, but=session.id)

    async def end_all(self, account: Account, address: str, why: Why) -> int:
        """End every session of the account, by its owner; how many were open."""
        async with self._pool.acquire() as connection, connection.transaction():
            return await end_sessions(connection, self._trail, account.whose, Ending(why, self._clock(), address))


def _id(token: str) -> str:
    return _hash(token).hex()[:16]


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
