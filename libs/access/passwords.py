"""Passwords: argon2id, rules, and one-time first passwords."""

import asyncio
import secrets
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from libs.values.errors import Invalid

SHORTEST: Final = 10
LONGEST: Final = 128
_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"  # without 0 o 1 i l, which are misread on paper
_GROUPS, _GROUP = 4, 4

_COMMON_WORDS: Final = """
0123456789 1234567890 12345678910 123456789a 1234567890a 0987654321 1111111111 0000000000 8888888888 6666666666
1q2w3e4r5t 1qaz2wsx3edc qwertyuiop qwertyuiop123 asdfghjkl123 qazwsxedcrfv zaq12wsxcde3 abcdefghij abcd123456
a123456789 aa123456789 abc123456789 password12 password123 password1234 passw0rd123 p@ssw0rd123 administrator
admin12345 admin123456 admin@12345 iloveyou1314 woaini1314 woaini1314520 woaini520520 5201314520 1314520520
jinguo12345 jinguo123456 fulian12345 fulian123456 guizhou123456 qiandongnan 123123123123 112233445566 147258369147
"""
COMMON: Final = frozenset(_COMMON_WORDS.split())

_REASONS: Final = {
    "length": f"密码应为{SHORTEST}至{LONGEST}个字符。",
    "username": "密码不能是用户名，也不能包含用户名。",
    "common": "这个密码太常见，容易被猜到。",
    "repeated": "密码不能只由一两个字符重复组成。",
    "same": "新密码不能与旧密码相同。",
}


class Hasher:
    """argon2id with OWASP's parameters (19 MiB, 2 passes), off the event loop, two at a time."""

    def __init__(self) -> None:
        self._argon2 = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
        self._slots = asyncio.Semaphore(2)
        self._nobody = self._argon2.hash(secrets.token_urlsafe(16))

    async def hash(self, password: str) -> str:
        """The hash to store."""
        async with self._slots:
            return await asyncio.to_thread(self._argon2.hash, normalised(password))

    async def matches(self, stored: str | None, password: str) -> bool:
        """Whether the password is right; without a stored hash it works as long and says no."""
        async with self._slots:
            right = await asyncio.to_thread(self._verify, stored or self._nobody, normalised(password))
        return right and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._argon2.check_needs_rehash(stored)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._argon2.verify(stored, password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False


def normalised(password: str) -> str:
    """One form of what different keyboards send (NFC, as RFC 8265 asks)."""
    return unicodedata.normalize("NFC", password)


def check_rules(password: str, *, username: str, old: str | None = None) -> None:
    """Raise Invalid `access.password_rules`, naming the rule and never the password."""
    text = normalised(password)
    folded = text.casefold()
    if not SHORTEST <= len(text) <= LONGEST:
        raise _refused("length")
    if username.casefold() in folded:
        raise _refused("username")
    if folded in COMMON or folded.rstrip("!@#.。！") in COMMON:
        raise _refused("common")
    if len(set(folded)) <= 2:
        raise _refused("repeated")
    if old is not None and normalised(old) == text:
        raise _refused("same")


def one_time_password() -> str:
    """Sixteen letters and digits in groups, about 79 bits: shown once, changed at the first sign-in."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


def _refused(rule: str) -> Invalid:
    return Invalid(
        "access.password_rules",
        _REASONS[rule],
        field="new_password",
        rule=rule,
        right=f"{SHORTEST}–{LONGEST} 个字符，不含用户名，不常见",
    )
