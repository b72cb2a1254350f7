"""How a personal value becomes ciphertext: AES-256-GCM under the person's own key.

Person, key version and data class are authenticated with it, so a ciphertext may be copied, but it
opens neither as another person's nor as another class of data.
"""

import base64
import hashlib
import hmac
import os
from typing import Any
from uuid import UUID

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.events.personal import Personal

SUITE = "1"  # AES-256-GCM, 96-bit random nonce
KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16


def new_key() -> bytes:
    """A fresh key of one person."""
    return AESGCM.generate_key(bit_length=256)


def wrap(master: bytes, subject: UUID, version: int, key: bytes) -> bytes:
    """The person's key as the keys database keeps it."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(master).encrypt(nonce, key, _key_aad(subject, version))


def unwrap(master: bytes, subject: UUID, version: int, wrapped: bytes) -> bytes:
    """The reverse of `wrap`; fails when the row was moved to another person."""
    return AESGCM(master).decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], _key_aad(subject, version))


def seal(key: bytes, version: int, personal: Personal[Any]) -> str:
    """Ciphertext of a value as the log keeps it: suite.version.class.base64."""
    nonce = os.urandom(_NONCE_BYTES)
    aad = _aad(personal.subject, version, personal.data_class)
    body = nonce + AESGCM(key).encrypt(nonce, orjson.dumps(personal.value), aad)
    return f"{SUITE}.{version}.{personal.data_class}.{base64.urlsafe_b64encode(body).decode()}"


def key_version(sealed: str) -> int:
    """Which of the person's keys a ciphertext needs."""
    return int(sealed.split(".", 2)[1])


def is_sealed(text: object, data_class: str) -> int | None:
    """The key version of a well-formed ciphertext of this class of data; None for anything else. Opens nothing."""
    parts = text.split(".", 3) if isinstance(text, str) else []
    if len(parts) != 4 or parts[0] != SUITE or not parts[1].isdecimal() or parts[2] != data_class:
        return None
    try:
        raw = base64.b64decode(parts[3], altchars=b"-_", validate=True)
    except ValueError:
        return None
    return int(parts[1]) if len(raw) > _NONCE_BYTES + _TAG_BYTES else None


def unseal(key: bytes, subject: UUID, sealed: str) -> str:
    """The value: text as it is, anything else as JSON text."""
    suite, version, data_class, body = sealed.split(".", 3)
    if suite != SUITE:
        raise ValueError(f"unknown suite of ciphers {suite!r}: this version of jinguo is older than the data")
    raw = base64.urlsafe_b64decode(body)
    plain = AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _aad(subject, int(version), data_class))
    value = orjson.loads(plain)
    return value if isinstance(value, str) else plain.decode()


def blind_index(master: bytes, kind: str, value: str) -> bytes:
    """A keyed token by which equal values are found without being read; own key per kind."""
    key = hmac.digest(master, f"token:{kind}".encode(), hashlib.sha256)
    return hmac.digest(key, value.encode(), hashlib.sha256)


def check_master(master: bytes) -> bytes:
    """The master key itself, if it is one."""
    if len(master) != KEY_BYTES:
        raise ValueError(f"the master key has {len(master)} bytes; it needs {KEY_BYTES}")
    return master


def _aad(subject: UUID, version: int, data_class: str) -> bytes:
    return b"|".join((SUITE.encode(), subject.bytes, str(version).encode(), data_class.encode()))


def _key_aad(subject: UUID, version: int) -> bytes:
    return b"|".join((b"key", subject.bytes, str(version).encode()))
