"""Accounts: who may sign in, in which role, for which division; kept in the database `access`."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from libs.access import attempts
from libs.access.joining import UNCHANGED, Unchanged, act_of, check_division, check_version, joined
from libs.access.passwords import Hasher, one_time_password
from libs.access.policy import ACCOUNT_ROLES, PARTNER, scopes_of
from libs.access.principal import Principal, not_found
from libs.access.rules import MEASURES
from libs.access.session_ends import Ending, Why, end_sessions
from libs.access.sign_in_trail import Whose
from libs.audit.entry import Entry
from libs.audit.trail import Trail
from libs.events.keyset import Listing, before
from libs.events.types import Clock, Connection, Ids, Pool, Record
from libs.values.division import NATION, Division
from libs.values.errors import Conflict, Invalid, Refused

FIRST_USERNAME: Final = "admin"
FIRST_ROLE: Final = "security-admin"
SYSTEM: Final = "system"

COLUMNS: Final = """id, username, name, role, division, must_change, failed, locked_until, disabled_at, version,
 created_at, changed_at, second_factor, measures"""
_INSERT: Final = """
INSERT INTO accounts (id, username, name, role, division, password_hash, must_change, created_at, created_by,
                      changed_at, changed_by, password_changed_at, measures)
VALUES ($1, $2, $3, $4, $5, $6, true, $7, $8, $7, $8, $7, $9)
"""
_FIRST: Final = _INSERT.replace(
    "VALUES ($1, $2, $3, $4, $5, $6, true, $7, $8, $7, $8, $7, $9)",
    "SELECT $1, $2, $3, $4, $5, $6, true, $7, $8, $7, $8, $7, $9::text[] WHERE NOT EXISTS (SELECT FROM accounts)",
)
_FIND: Final = f"SELECT {COLUMNS} FROM accounts WHERE id = $1 AND division BETWEEN $2 AND $3"  # noqa: S608
_NAMED: Final = f"SELECT {COLUMNS} FROM accounts WHERE username = $1 AND division BETWEEN $2 AND $3"  # noqa: S608
_LIST: Final = f"""
SELECT {COLUMNS} FROM accounts
WHERE division BETWEEN $1 AND $2 AND (division, id) > ($3, $4) ORDER BY division, id LIMIT $5
"""  # noqa: S608
_CHANGE: Final = """
UPDATE accounts SET name = $3, role = $4, division = $5, disabled_at = $6, version = version + 1,
                    changed_at = $7, changed_by = $8, measures = $9
WHERE id = $1 AND version = $2
"""
_RESET: Final = """
UPDATE accounts SET password_hash = $2, must_change = true, failed = 0, locked_until = NULL, version = version + 1,
                    changed_at = $3, changed_by = $4, password_changed_at = $3
WHERE id = $1
"""
_FORGET_PENDING: Final = "DELETE FROM second_factors WHERE account_id = $1 AND confirmed_at IS NULL"


@dataclass(frozen=True, slots=True)
class Account:
    """One account without its password."""

    id: UUID
    username: str
    name: str
    role: str
    division: Division
    must_change: bool
    locked_until: datetime | None
    disabled_at: datetime | None
    version: int
    second_factor: bool = False
    measures: frozenset[str] | None = None
    """The measures it is limited to; None: all."""

    @property
    def whose(self) -> Whose:
        """For entries of its signing in."""
        return Whose(self.id, self.role, self.division.code)

    def principal(self) -> Principal:
        """What this account may do now."""
        kind: Any = "client" if self.role == PARTNER else "user"
        scopes = scopes_of(self.role)
        return Principal(str(self.id), self.name, self.role, self.division, scopes, kind, measures=self.measures)


@dataclass(frozen=True, slots=True)
class Change:
    """What an administrator changes; None leaves it as it is. `measures` None: all, unless left out."""

    name: str | None = None
    role: str | None = None
    division: Division | None = None
    disabled: bool | None = None
    measures: frozenset[str] | Unchanged | None = UNCHANGED


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What an account is made of."""

    username: str
    name: str
    role: str
    division: Division
    measures: frozenset[str] | None = None


class Accounts:
    """Makes and changes accounts; a security administrator reaches those inside his own division only.

    He gives roles that he does not hold himself, for he sees no business data, and never changes his own account.
    """

    def __init__(self, pool: Pool, hasher: Hasher, *, clock: Clock, ids: Ids, trail: Trail) -> None:
        self._pool = pool
        self._trail = trail
        self._hasher = hasher
        self._clock = clock
        self._ids = ids

    async def ensure_first(self) -> str | None:
        """On an empty database make the security administrator `admin` for the whole country; its password, once."""
        if await self._pool.fetchval("SELECT EXISTS (SELECT FROM accounts)"):
            return None
        password = one_time_password()
        hashed = await self._hasher.hash(password)
        values = (FIRST_USERNAME, "安全管理员", FIRST_ROLE, NATION.code, hashed, self._clock(), SYSTEM, None)
        account_id = self._ids()
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                done = await connection.execute(_FIRST, account_id, *values)
                if done.endswith(" 0"):
                    return None
                entry = Entry("account.created", "success", "account", str(account_id), actor=SYSTEM)
                await self._trail.note(entry, connection)
        except asyncpg.UniqueViolationError:
            return None
        return password

    async def create(self, principal: Principal, new: NewAccount, tx: Connection | None = None) -> tuple[Account, str]:
        """A new account and its one-time password, which is shown this once and never stored."""
        folded = check_username(new.username)
        _check_reach(principal, new.role, new.division)
        _check_measures(new.measures)
        account_id, password = self._ids(), one_time_password()
        hashed = await self._hasher.hash(password)
        measures = None if new.measures is None else sorted(new.measures)
        values = (account_id, folded, new.name, new.role, new.division.code, hashed)
        try:
            async with joined(self._pool, tx) as connection:
                await connection.execute(_INSERT, *values, self._clock(), principal.sub, measures)
                after = {"role": new.role, "division": new.division.code, "measures": measures}
                await self._note(principal, "account.created", account_id, connection, after=after)
                account = await self._find(connection, principal, account_id)
        except asyncpg.UniqueViolationError:
            raise Conflict(
                "access.username_taken", f"用户名“{folded}”已被使用，请换一个。", field="username", rule="唯一"
            ) from None
        return account, password

    async def get(self, principal: Principal, account_id: UUID) -> Account:
        """One account of the caller's units."""
        return await self._find(self._pool, principal, account_id)

    async def named(self, principal: Principal, username: str) -> Account:
        """The account of a user name, if it lies in the caller's units; raises NotFound."""
        record = await self._pool.fetchrow(_NAMED, folded_username(username), *principal.division.range())
        if record is None:
            raise not_found("account")
        return account_of(record)

    def listed(self, principal: Principal) -> Listing:
        """Rows of the accounts of the caller's units, for `account_of`; by division and id."""
        scope = principal.division.range()
        return Listing(self._pool, _LIST, scope, (before(scope), UUID(int=0)))

    async def change(
        self, principal: Principal, account_id: UUID, expected: int, change: Change, tx: Connection | None = None
    ) -> Account:
        """Change an account; what it may not do any more it loses on its next page, and tokens within 5 minutes."""
        async with joined(self._pool, tx) as connection:
            account = await self._find(connection, principal, account_id, lock=True)
            role, division = change.role or account.role, change.division or account.division
            _check_reach(principal, account.role, account.division)
            _check_reach(principal, role, division)
            _check_not_self(principal, account, change)
            check_version(account.version, expected, "账号")
            measures = account.measures if isinstance(change.measures, Unchanged) else change.measures
            _check_measures(measures)
            now = self._clock()
            disabled_at = account.disabled_at if change.disabled is None else now if change.disabled else None
            name = change.name or account.name
            await connection.execute(
                _CHANGE, account_id, expected, name, role, division.code, disabled_at, now, principal.sub,
                None if measures is None else sorted(measures),
            )  # fmt: skip
            if disabled_at is not None:
                await self._end_sessions(connection, principal, account, "account_closed")
            changed = await self._find(connection, principal, account_id)
            await self._note(principal, "account.changed", account_id, connection, **_difference(account, changed))
            return changed

    async def reset_password(
        self, principal: Principal, account_id: UUID, expected: int, tx: Connection | None = None
    ) -> str:
        """A new one-time password; ends the account's sessions, its locks and a second factor that is not confirmed."""
        password = one_time_password()
        hashed = await self._hasher.hash(password)
        async with joined(self._pool, tx) as connection:
            account = await self._find(connection, principal, account_id, lock=True)
            _check_reach(principal, account.role, account.division)
            check_version(account.version, expected, "账号")
            await connection.execute(_RESET, account_id, hashed, self._clock(), principal.sub)
            await self._end_sessions(connection, principal, account, "password_reset")
            await connection.execute(_FORGET_PENDING, account_id)
            await attempts.clear_all(connection, account_id)
            await self._note(principal, "account.password_reset", account_id, connection)
        return password

    async def end_sessions(self, principal: Principal, account_id: UUID) -> int:
        """End every session of an account of one's units on the console; how many were open."""
        async with self._pool.acquire() as connection, connection.transaction():
            account = await self._find(connection, principal, account_id, lock=True)
            _check_reach(principal, account.role, account.division)
            return await self._end_sessions(connection, principal, account, "ended_by_administrator")

    async def for_factor_reset(self, principal: Principal, account_id: UUID, expected: int, tx: Connection) -> Account:
        """The account whose second factor this administrator may reset: one of his units, and not his own."""
        account = await self._find(tx, principal, account_id, lock=True)
        _check_reach(principal, account.role, account.division)
        check_version(account.version, expected, "账号")
        if principal.sub == str(account.id):
            raise Refused(
                "access.own_account", "不能重置自己的动态码，请由另一位管理员操作。", rule="由另一位管理员操作"
            )
        return account

    async def _end_sessions(self, tx: Connection, principal: Principal, account: Account, why: Why) -> int:
        return await end_sessions(tx, self._trail, account.whose, Ending(why, self._clock(), by=principal))

    async def _note(self, principal: Principal, action: str, account_id: UUID, tx: Connection, **detail: Any) -> None:
        """Who changed whose account, and to what; a name is said to have changed, and not what it was."""
        await self._trail.note(act_of(principal, action, account_id, detail), tx)

    @staticmethod
    async def _find(
        connection: Connection | Pool, principal: Principal, account_id: UUID, *, lock: bool = False
    ) -> Account:
        query = _FIND + (" FOR UPDATE" if lock else "")
        record = await connection.fetchrow(query, account_id, *principal.division.range())
        if record is None:
            raise not_found("account")
        return account_of(record)


def _difference(before: Account, after: Account) -> dict[str, Any]:
    """Names of the changed fields, with what they were and are but for the name."""
    fields = ("name", "role", "division", "measures", "disabled_at")
    changed = [field for field in fields if getattr(before, field) != getattr(after, field)]

    def shown(account: Account) -> dict[str, Any]:
        values = {
            "role": account.role,
            "division": account.division.code,
            "measures": None if account.measures is None else sorted(account.measures),
            "disabled_at": account.disabled_at.isoformat() if account.disabled_at else None,
        }
        return {field: values[field] for field in changed if field in values}

    return {"changed": changed, "before": shown(before), "after": shown(after)}


def account_of(record: Record) -> Account:
    """An account from its row."""
    return Account(
        id=record["id"],
        username=record["username"],
        name=record["name"],
        role=record["role"],
        division=Division(record["division"]),
        must_change=record["must_change"],
        locked_until=record["locked_until"],
        disabled_at=record["disabled_at"],
        version=record["version"],
        second_factor=record["second_factor"],
        measures=None if record["measures"] is None else frozenset(record["measures"]),
    )


def folded_username(username: str) -> str:
    """One form of a user name: compatible characters, no case, no outer spaces."""
    return unicodedata.normalize("NFKC", username).strip().casefold()


def check_username(username: str) -> str:
    """The folded user name, or Invalid naming the rule."""
    folded = folded_username(username)
    if not 2 <= len(folded) <= 40 or not all(sign.isalnum() or sign in "._-" for sign in folded):
        raise Invalid(
            "access.username",
            "用户名应为2至40个字母、汉字、数字或 . _ -",
            field="username",
            rule="2–40 个字母、汉字、数字或 . _ -",
            right="leishan.fulian",
        )
    return folded


def _check_reach(principal: Principal, role: str, division: Division) -> None:
    if role not in ACCOUNT_ROLES:
        raise Invalid("access.role", "没有这种角色。", field="role", right=", ".join(sorted(ACCOUNT_ROLES)))
    check_division(principal, division, "账号")


def _check_measures(measures: frozenset[str] | None) -> None:
    if outside := sorted((measures or frozenset()) - MEASURES):
        raise Invalid(
            "access.measure",
            "没有这种措施。",
            field="measures",
            value=", ".join(outside)[:200],
            right=", ".join(sorted(MEASURES)),
        )


def _check_not_self(principal: Principal, account: Account, change: Change) -> None:
    if principal.sub == str(account.id) and (
        change.disabled or change.role or change.division or not isinstance(change.measures, Unchanged)
    ):
        raise Refused("access.own_account", "不能停用自己的账号，也不能改自己的角色和单位。", rule="由另一位管理员操作")
