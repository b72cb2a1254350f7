"""Signing in: the same answer, and the same work, for an unknown user, a wrong password, a wrong code and a lock.

Five wrong tries from one network lock the account for that network (`attempts.py`), so that nobody is locked out by who
knows her name. A hundred in a row from anywhere lock it for all, which is as many as NIST SP 800-63B 5.2.2 allows.
"""

from typing import Final
from uuid import UUID

from libs.access import attempts
from libs.access.accounts import COLUMNS, Account, account_of, folded_username
from libs.access.passwords import Hasher, check_rules
from libs.access.second_factor import SecondFactors
from libs.access.session_ends import Ending, end_sessions
from libs.access.sign_in_trail import Whose, sign_in_entry
from libs.audit.trail import Trail
from libs.events.types import Clock, Connection, Pool, Record
from libs.values.errors import Forbidden, Unauthenticated

MOST_FROM_ANYWHERE: Final = 100
LOCK: Final = attempts.LOCK

_KNOWN: Final = "SELECT id, role, division, disabled_at FROM accounts WHERE username = $1"
# The attempt is counted before the password is looked at, so that parallel guesses cannot pass a count they all read.
_ATTEMPT: Final = f"""
UPDATE accounts SET
    failed = CASE WHEN locked_until <= $2 THEN 1 ELSE failed + 1 END,
    locked_until = CASE WHEN locked_until IS NULL AND failed + 1 >= $4 THEN $3::timestamptz END
WHERE username = $1 AND disabled_at IS NULL AND (locked_until IS NULL OR locked_until <= $2)
RETURNING password_hash, {COLUMNS}
"""  # noqa: S608
_CLEAR: Final = "UPDATE accounts SET failed = 0, locked_until = NULL WHERE id = $1"
_REHASH: Final = "UPDATE accounts SET password_hash = $2 WHERE id = $1"
_RENEW: Final = """
UPDATE accounts SET password_hash = $2, must_change = false, failed = 0, locked_until = NULL, version = version + 1,
                    password_changed_at = $3, changed_at = $3, changed_by = id::text
WHERE id = $1 RETURNING """
_FORGET_PENDING: Final = "DELETE FROM second_factors WHERE account_id = $1 AND confirmed_at IS NULL"


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
        """The account; raises the one Unauthenticated, or after a right password what is still missing.

        PasswordChangeRequired: it was a one-time password. SecondFactorRequired: the role needs a second factor, and
        none is enrolled. `code` is looked at where the account has one.
        """
        account = await self._proven(username, password, address, code)
        if self._factors.missing(account):
            await self._record(account.whose, address, "factor_missing")
            raise SecondFactorRequired
        await self._record(account.whose, address, "signed_in")
        return account

    async def sign_in_to_enrol(
        self, username: str, password: str, address: str, code: str = "", *, noted: str = "signed_in"
    ) -> Account:
        """The same, and who must still enrol is let in: ask `SecondFactors.missing` before she may do anything else.

        `noted` is what the trail says of it.
        """
        account = await self._proven(username, password, address, code)
        await self._record(account.whose, address, noted)
        return account

    async def _proven(self, username: str, password: str, address: str, code: str) -> Account:
        account = await self._authenticated(username, password, address, code)
        if account.must_change:
            await self._record(account.whose, address, "must_change")
            raise PasswordChangeRequired
        return account

    async def change_password(self, username: str, old: str, new: str, address: str, code: str = "") -> Account:
        """Check the old password, the code and the rules, set the new one, end all sessions of the account."""
        account = await self._authenticated(username, old, address, code)
        check_rules(new, username=account.username, old=old)
        hashed = await self._hasher.hash(new)
        async with self._pool.acquire() as connection, connection.transaction():
            record = await connection.fetchrow(_RENEW + COLUMNS, account.id, hashed, self._clock())
            await connection.execute(_FORGET_PENDING, account.id)
            await self._record(account.whose, address, "password_changed", connection)
            ending = Ending("password_changed", self._clock(), address)
            await end_sessions(connection, self._trail, account.whose, ending)
        assert record is not None
        return account_of(record)

    async def check_password(self, account: Account, password: str, address: str) -> None:
        """A signed-in user proves by the password that it is she; wrong ones count towards the lock."""
        record = await self._attempt(account.username, account.id, address)
        right = await self._hasher.matches(record["password_hash"] if record else None, password)
        if record is None or not right:
            await self._record(account.whose, address, "locked" if record is None else "wrong_password")
            raise _refused()
        await self._clear(account.id, address)

    async def check_code(self, account: Account, code: str, address: str) -> None:
        """A signed-in user proves the telephone once more; wrong codes count towards the lock."""
        record = await self._attempt(account.username, account.id, address)
        verdict = await self._factors.verify(account.id, code, use=record is not None)
        if record is None or verdict in {"wrong", "none"}:
            await self._record(account.whose, address, "locked" if record is None else "wrong_code")
            raise _refused()
        await self._clear(account.id, address)

    async def _authenticated(self, username: str, password: str, address: str, code: str) -> Account:
        """The same statements for whatever is wrong, so that their time tells nothing."""
        folded = folded_username(username)[:100]
        known = await self._pool.fetchrow(_KNOWN, folded)
        record = await self._attempt(folded, known["id"] if known else None, address)
        right = await self._hasher.matches(record["password_hash"] if record else None, password)
        verdict = await self._factors.verify(record["id"] if record else None, code, use=right)
        if record is None or not right or verdict == "wrong":
            await self._record(_whose(known), address, _outcome(known, record, right=right))
            raise _refused()
        if verdict == "recovery":
            await self._record(_whose(record), address, "recovery_code")
        await self._clear(record["id"], address)
        if self._hasher.outdated(record["password_hash"]):
            await self._pool.execute(_REHASH, record["id"], await self._hasher.hash(password))
        return account_of(record)

    async def _attempt(self, folded: str, account_id: UUID | None, address: str) -> Record | None:
        """The account, if another try is allowed from there and at all; a try that is not is not counted for all."""
        now = self._clock()
        allowed = await attempts.count(self._pool, account_id, address, now)
        return await self._pool.fetchrow(_ATTEMPT, folded if allowed else None, now, now + LOCK, MOST_FROM_ANYWHERE)

    async def _clear(self, account_id: UUID, address: str) -> None:
        await self._pool.execute(_CLEAR, account_id)
        await attempts.clear(self._pool, account_id, address)

    async def _record(self, whose: Whose | None, address: str, outcome: str, tx: Connection | None = None) -> None:
        await self._trail.note(sign_in_entry(outcome, whose, address), tx)


def _whose(record: Record | None) -> Whose | None:
    return Whose(record["id"], record["role"], record["division"]) if record else None


def _outcome(known: Record | None, record: Record | None, *, right: bool) -> str:
    """What the trail says of a try that failed."""
    if known is None:
        return "unknown"
    if record is None:
        return "closed" if known["disabled_at"] else "locked"
    return "wrong_code" if right else "wrong_password"


def _refused() -> Unauthenticated:
    return Unauthenticated("access.sign_in_refused", "用户名、密码或动态码不正确；连续输错5次后锁定15分钟。")
