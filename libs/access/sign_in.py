"""Signing in: the same answer, and the same work, for an unknown user, a wrong password, a wrong code and a lock."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from libs.access.accounts import COLUMNS, Account, account_of, folded_username
from libs.access.passwords import Hasher, check_rules
from libs.access.second_factor import SecondFactors
from libs.access.sign_in_trail import sign_in_entry
from libs.audit.trail import Trail
from libs.events.types import Clock, Connection, Pool, Record
from libs.values.errors import Forbidden, Unauthenticated

MOST_FAILURES: Final = 5
LOCK: Final = timedelta(minutes=15)

# The attempt is counted before the password is looked at, so that parallel guesses cannot pass a count they all read.
_ATTEMPT: Final = f"""
UPDATE accounts SET
    failed = CASE WHEN locked_until <= $2 THEN 1 ELSE failed + 1 END,
    locked_until = CASE WHEN locked_until IS NULL AND failed + 1 >= $4 THEN $3::timestamptz END
WHERE username = $1 AND disabled_at IS NULL AND (locked_until IS NULL OR locked_until <= $2)
RETURNING password_hash, {COLUMNS}
"""  # noqa: S608
_REFUSED: Final = "SELECT id, disabled_at FROM accounts WHERE username = $1"
_CLEAR: Final = "UPDATE accounts SET failed = 0, locked_until = NULL WHERE id = $1"
_REHASH: Final = "UPDATE accounts SET password_hash = $2 WHERE id = $1"
_RENEW: Final = """
UPDATE accounts SET password_hash = $2, must_change = false, failed = 0, locked_until = NULL, version = version + 1,
                    password_changed_at = $3, changed_at = $3, changed_by = id::text
WHERE id = $1 RETURNING """
_END_SESSIONS: Final = "DELETE FROM sessions WHERE account_id = $1"


class PasswordChangeRequired(Forbidden):
    """The password was right, but it is a one-time password."""

    def __init__(self) -> None:
        super().__init__("access.password_change_required", "这是一次性密码，请先修改密码。", field="password")


class SecondFactorRequired(Forbidden):
    """The password was right, but this role signs in with two factors and has not enrolled the second."""

    def __init__(self) -> None:
        super().__init__(
            "access.second_factor_required", "您的角色必须使用动态码，请先在控制台登录并绑定手机。", field="code"
        )


class SignIn:
    """Checks passwords and codes; the audit trail says who signed in, when, from where and how it ended."""

    def __init__(self, pool: Pool, hasher: Hasher, factors: SecondFactors, *, clock: Clock, trail: Trail) -> None:
        self._pool = pool
        self._trail = trail
        self._hasher = hasher
        self._factors = factors
        self._clock = clock

    async def sign_in(self, username: str, password: str, address: str, code: str = "") -> Account:
        """The account; raises the one Unauthenticated, or PasswordChangeRequired after a right one-time password.

        `code` is looked at where the account has a second factor. Who must have one and has none is let in here:
        ask `SecondFactors.missing` before anything but enrolling is allowed.
        """
        account = await self._authenticated(username, password, address, code)
        if account.must_change:
            await self._record(account.id, address, "must_change")
            raise PasswordChangeRequired
        await self._record(account.id, address, "signed_in")
        return account

    async def change_password(self, username: str, old: str, new: str, address: str, code: str = "") -> Account:
        """Check the old password, the code and the rules, set the new one, end all sessions of the account."""
        account = await self._authenticated(username, old, address, code)
        check_rules(new, username=account.username, old=old)
        hashed = await self._hasher.hash(new)
        async with self._pool.acquire() as connection, connection.transaction():
            record = await connection.fetchrow(_RENEW + COLUMNS, account.id, hashed, self._clock())
            await connection.execute(_END_SESSIONS, account.id)
            await self._record(account.id, address, "password_changed", connection)
        assert record is not None
        return account_of(record)

    async def check_code(self, account: Account, code: str, address: str) -> None:
        """A signed-in user proves the telephone once more; wrong codes count towards the lock."""
        record = await self._attempt(account.username)
        verdict = await self._factors.verify(account.id, code, use=record is not None)
        if record is None or verdict in {"wrong", "none"}:
            await self._record(account.id, address, "locked" if record is None else "wrong_code")
            raise _refused()
        await self._pool.execute(_CLEAR, account.id)

    async def _authenticated(self, username: str, password: str, address: str, code: str) -> Account:
        folded = folded_username(username)[:100]
        record = await self._attempt(folded)
        right = await self._hasher.matches(record["password_hash"] if record else None, password)
        verdict = await self._factors.verify(record["id"] if record else None, code, use=right)
        if record is None:
            await self._record_refusal(folded, address)
            raise _refused()
        if not right or verdict == "wrong":
            await self._record(record["id"], address, "wrong_code" if right else "wrong_password")
            raise _refused()
        if verdict == "recovery":
            await self._record(record["id"], address, "recovery_code")
        await self._clear(record, password)
        return account_of(record)

    async def _attempt(self, folded: str) -> Record | None:
        now = self._clock()
        return await self._pool.fetchrow(_ATTEMPT, folded, now, now + LOCK, MOST_FAILURES)

    async def _clear(self, record: Record, password: str) -> None:
        await self._pool.execute(_CLEAR, record["id"])
        if self._hasher.outdated(record["password_hash"]):
            await self._pool.execute(_REHASH, record["id"], await self._hasher.hash(password))

    async def _record_refusal(self, folded: str, address: str) -> None:
        found = await self._pool.fetchrow(_REFUSED, folded)
        outcome = "unknown" if found is None else "closed" if found["disabled_at"] else "locked"
        await self._record(found["id"] if found else None, address, outcome)

    async def _record(self, account_id: UUID | None, address: str, outcome: str, tx: Connection | None = None) -> None:
        await self._trail.note(sign_in_entry(outcome, account_id, address), tx)


def _refused() -> Unauthenticated:
    return Unauthenticated("access.sign_in_refused", "用户名、密码或动态码不正确；连续输错5次后锁定15分钟。")
