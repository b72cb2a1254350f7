"""The second factor: six digits of a telephone (TOTP, RFC 6238), and recovery codes for when it is lost.

The secret lies sealed under the installation's access key and bound to its account. While it is being enrolled it
belongs to the sign-in in which it was shown, so that nobody who had the password before knows the one she binds. A
code is good once: the step it belongs to is written in the same statement that asks whether a later one was used.
Recovery codes hold 50 bits, too few for a bare hash, so a keyed one is kept.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import pyotp

from libs.access.accounts import Account
from libs.access.joining import joined
from libs.access.policy import TWO_FACTOR_ROLES
from libs.access.principal import Principal
from libs.access.session_ends import Ending, end_sessions
from libs.access.sign_in_trail import sign_in_entry
from libs.audit.trail import Trail
from libs.events import sealing
from libs.events.types import Clock, Connection, Pool
from libs.values.errors import Conflict, Invalid, Refused

RECOVERY_CODES: Final = 10
ISSUER: Final = "Jinguo"
_AROUND: Final = (0, -1, 1)  # telephones are seldom off by more than half a minute
_VERSION: Final = 1
_NOBODY: Final = pyotp.random_base32()
_NO_ACCOUNT: Final = UUID(int=0)

Verdict = Literal["none", "code", "recovery", "wrong"]

_PENDING: Final = """
INSERT INTO second_factors AS f (account_id, sealed, created_at, begun_in) VALUES ($1, $2, $3, $4)
ON CONFLICT (account_id) DO UPDATE SET
    sealed = CASE WHEN f.begun_in = $4 AND $4 <> '' THEN f.sealed ELSE $2 END, begun_in = $4, created_at = $3
WHERE f.confirmed_at IS NULL
RETURNING sealed
"""
_FIND: Final = "SELECT sealed FROM second_factors WHERE account_id = $1 AND confirmed_at IS NOT NULL"
_FIND_PENDING: Final = """
SELECT sealed FROM second_factors WHERE account_id = $1 AND confirmed_at IS NULL AND begun_in = $2 FOR UPDATE
"""
_CONFIRM: Final = """
UPDATE second_factors SET confirmed_at = $2, last_step = $3 WHERE account_id = $1 AND confirmed_at IS NULL
RETURNING account_id
"""
_MARK: Final = "UPDATE accounts SET second_factor = $2, version = version + 1 WHERE id = $1"
_TAKE_STEP: Final = """
UPDATE second_factors SET last_step = $2 WHERE account_id = $1 AND confirmed_at IS NOT NULL AND last_step < $2
RETURNING account_id
"""
_TAKE_CODE: Final = """
UPDATE recovery_codes SET used_at = $3 WHERE account_id = $1 AND code_hash = $2 AND used_at IS NULL RETURNING account_id
"""
_FORGET_CODES: Final = "DELETE FROM recovery_codes WHERE account_id = $1"
_KEEP_CODES: Final = "INSERT INTO recovery_codes (account_id, code_hash) SELECT $1, unnest($2::bytea[])"
_LEFT: Final = "SELECT count(*) FROM recovery_codes WHERE account_id = $1 AND used_at IS NULL"
_REMOVE: Final = "DELETE FROM second_factors WHERE account_id = $1"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a telephone needs: the secret in base32, and the same as the address that a QR code holds."""

    secret: str
    uri: str


class SecondFactors:
    """Enrols, checks and removes second factors. `key` seals them (32 bytes); `for_all` demands one of everybody."""

    def __init__(self, pool: Pool, key: bytes, *, clock: Clock, trail: Trail, for_all: bool = False) -> None:
        self._pool = pool
        self._trail = trail
        self._key = sealing.check_master(key)
        self._clock = clock
        self._for_all = for_all

    def required(self, role: str) -> bool:
        """Whether people of this role sign in with two factors only."""
        return self._for_all or role in TWO_FACTOR_ROLES

    def missing(self, account: Account) -> bool:
        """Whether this account must enrol before it may do anything else."""
        return self.required(account.role) and not account.second_factor

    async def begin(self, account: Account, session: str = "") -> Enrolment:
        """A new secret to be confirmed, the same for one session of the console; Conflict when one is confirmed.

        Without a session it is new at every call; the one before is worth nothing then.
        """
        fresh = base64.b32decode(pyotp.random_base32())
        sealed = sealing.wrap(self._key, account.id, _VERSION, fresh)
        pending = await self._pool.fetchval(_PENDING, account.id, sealed, self._clock(), session)
        if pending is None:
            raise _exists()
        secret = self._opened(account.id, pending)
        uri = pyotp.TOTP(secret).provisioning_uri(name=account.username, issuer_name=ISSUER)
        return Enrolment(secret, uri)

    async def confirm(self, account: Account, code: str, address: str, session: str = "") -> list[str]:
        """The telephone shows the right digits: from now on they are asked for. The recovery codes, this once.

        Only a secret that was begun in this session (or without one) can be confirmed.
        """
        async with self._pool.acquire() as connection, connection.transaction():
            sealed = await connection.fetchval(_FIND_PENDING, account.id, session)
            if sealed is None:
                raise _exists() if await connection.fetchval(_FIND, account.id) else wrong_code()
            step = _step(self._opened(account.id, sealed), code, self._clock())
            if step is None:
                raise wrong_code()
            if await connection.fetchval(_CONFIRM, account.id, self._clock(), step) is None:
                raise _exists()
            await connection.execute(_MARK, account.id, True)
            await self._trail.note(sign_in_entry("factor_confirmed", account.whose, address), connection)
            return await self._new_codes(connection, account.id)

    async def verify(self, account_id: UUID | None, code: str, *, use: bool) -> Verdict:
        """Whether the code is good; it is used up only if `use`, that is, if the password was right too.

        The same three statements whatever comes of it: how long it takes tells nothing of the password.
        """
        owner = account_id or _NO_ACCOUNT
        sealed = await self._pool.fetchval(_FIND, owner)
        step = _step(self._opened(owner, sealed) if sealed else _NOBODY, code, self._clock())
        mine = owner if use and sealed else _NO_ACCOUNT
        by_step = await self._pool.fetchval(_TAKE_STEP, _NO_ACCOUNT if step is None else mine, step or 0)
        spare = _NO_ACCOUNT if step is not None else mine
        by_code = await self._pool.fetchval(_TAKE_CODE, spare, self._hashed(owner, code), self._clock())
        if sealed is None:
            return "none"
        return "code" if by_step else "recovery" if by_code else "wrong"

    async def renew_codes(self, account: Account, address: str) -> list[str]:
        """New recovery codes in place of the old ones, shown this once."""
        async with self._pool.acquire() as connection, connection.transaction():
            await self._trail.note(sign_in_entry("codes_renewed", account.whose, address), connection)
            return await self._new_codes(connection, account.id)

    async def codes_left(self, account: Account) -> int:
        """How many recovery codes are still good."""
        return int(await self._pool.fetchval(_LEFT, account.id))

    async def remove(self, account: Account, address: str) -> None:
        """Do without, where the role allows it."""
        if self.required(account.role):
            raise Refused("access.factor_required", "您的角色必须使用动态码，不能停用。", rule="双因子")
        async with self._pool.acquire() as connection, connection.transaction():
            await self._drop(connection, account, address, "factor_removed")

    async def reset(self, principal: Principal, account: Account, address: str, tx: Connection | None = None) -> None:
        """An administrator's help for a lost telephone: the factor and all sessions end, the next sign-in enrols."""
        async with joined(self._pool, tx) as connection:
            await self._drop(connection, account, address, "factor_reset")
            ending = Ending("factor_reset", self._clock(), address, by=principal)
            await end_sessions(connection, self._trail, account.whose, ending)

    async def _drop(self, connection: Connection, account: Account, address: str, outcome: str) -> None:
        await connection.execute(_REMOVE, account.id)
        await connection.execute(_MARK, account.id, False)
        await self._trail.note(sign_in_entry(outcome, account.whose, address), connection)

    async def _new_codes(self, connection: Connection, account_id: UUID) -> list[str]:
        codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
        await connection.execute(_FORGET_CODES, account_id)
        await connection.execute(_KEEP_CODES, account_id, [self._hashed(account_id, code) for code in codes])
        return codes

    def _opened(self, account_id: UUID, sealed: bytes) -> str:
        return base64.b32encode(sealing.unwrap(self._key, account_id, _VERSION, sealed)).decode()

    def _hashed(self, account_id: UUID, code: str) -> bytes:
        key = hmac.digest(self._key, b"recovery", hashlib.sha256)
        return hmac.digest(key, account_id.bytes + _plain(code).lower().encode(), hashlib.sha256)


def wrong_code() -> Invalid:
    """The digits did not fit the telephone that is being enrolled."""
    return Invalid(
        "access.wrong_code", "动态码不正确，请看手机上此刻的6位数字。", field="code", rule="6 位数字", right="123456"
    )


def _exists() -> Conflict:
    return Conflict("access.factor_exists", "已启用动态码；要换手机，请先停用或请管理员重置。", field="code")


def _step(secret: str, code: str, now: datetime) -> int | None:
    """The step (30 s) whose digits these are; every step around is looked at, whatever was found."""
    totp, digits = pyotp.TOTP(secret), _plain(code).encode()
    found = list(_fitting(totp, digits, totp.timecode(now)))
    return found[0] if found else None


def _fitting(totp: pyotp.TOTP, digits: bytes, step: int) -> Iterator[int]:
    for offset in _AROUND:
        if secrets.compare_digest(totp.generate_otp(step + offset).encode(), digits):
            yield step + offset


def _plain(code: str) -> str:
    """Without the blanks and dashes that people copy along."""
    return "".join(code.replace("-", "").split())


def _recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(7))[:10].decode().lower()
    return f"{text[:5]}-{text[5:]}"
