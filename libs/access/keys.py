"""The public keys a verifier trusts for one issuer: fixed ones, or ones that are followed while they rotate.

A key is found by its `kid` among the issuer's own, nowhere else. An unknown `kid` makes us ask the issuer again,
at most every half minute however many such tokens come. A key that is gone from the issuer's list stays
good for a while, for tokens it signed before; and while the issuer is away what is known stays known.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, OKPKey, RSAKey

from libs.events.types import Clock

Key = OKPKey | RSAKey | ECKey
Load = Callable[[], Awaitable[Mapping[str, Key]]]

ASK_AGAIN: Final = timedelta(seconds=30)
REFRESH: Final = timedelta(hours=1)
KEEP_GONE: Final = timedelta(minutes=10)
OWN_REFRESH: Final = timedelta(seconds=30)
"""How soon a process of ours learns that our issuer withdrew a key, which ends all tokens of that key there."""
_TIMEOUT: Final = httpx.Timeout(5.0)
_LARGEST: Final = 256 * 1024
_SHORTEST_RSA: Final = 2048
_LOCAL: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_log = structlog.get_logger("jinguo.access")


class Keys(Protocol):
    """Where a verifier finds a key."""

    def find(self, kid: str) -> Key:
        """The key of this id; KeyError when there is none."""

    async def follow(self, kid: str) -> None:
        """Learn it, where it is new; changes nothing where the issuer cannot be asked."""


class FixedKeys:
    """Keys that stay as they are."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._keys = {key.thumbprint(): key for key in keys}

    def find(self, kid: str) -> Key:
        """See `Keys.find`."""
        return self._keys[kid]

    async def follow(self, kid: str) -> None:
        """Nothing to learn."""


@dataclass(frozen=True, slots=True)
class _Known:
    key: Key
    gone_at: datetime | None = None


class FollowedKeys:
    """Keys of an issuer elsewhere: `load` gives its present list, or raises OSError, ValueError or httpx's errors."""

    def __init__(
        self,
        load: Load,
        *,
        clock: Clock,
        name: str,
        ask_again: timedelta = ASK_AGAIN,
        keep_gone: timedelta = KEEP_GONE,
        refresh: timedelta = REFRESH,
    ) -> None:
        """`name` stands in the log; `refresh` is how often keys that are good are asked for again."""
        self._load = load
        self._clock = clock
        self._name = name
        self._ask_again = ask_again
        self._keep_gone = keep_gone
        self._refresh = refresh
        self._known: dict[str, _Known] = {}
        self._asked_at: datetime | None = None
        self._asking = asyncio.Lock()

    def find(self, kid: str) -> Key:
        """See `Keys.find`."""
        if not self._is_good(kid):
            raise KeyError(kid)
        return self._known[kid].key

    async def follow(self, kid: str) -> None:
        """See `Keys.follow`."""
        if self._is_due(kid):
            async with self._asking:
                if self._is_due(kid):
                    await self._ask()

    @classmethod
    def own(cls, load: Load, *, clock: Clock, name: str) -> "FollowedKeys":
        """Of our own issuer, which lists an old key while its tokens live: a key that is gone was stolen."""
        return cls(load, clock=clock, name=name, keep_gone=timedelta(0), refresh=OWN_REFRESH)

    def _is_good(self, kid: str) -> bool:
        known = self._known.get(kid)
        return known is not None and (known.gone_at is None or self._clock() - known.gone_at < self._keep_gone)

    def _is_due(self, kid: str) -> bool:
        if self._asked_at is None:
            return True
        return self._clock() - self._asked_at >= (self._refresh if self._is_good(kid) else self._ask_again)

    async def _ask(self) -> None:
        self._asked_at = self._clock()
        try:
            fresh = await self._load()
        except (httpx.HTTPError, OSError, ValueError, KeyError, TypeError, JoseError) as error:
            _log.warning("access.keys_away", issuer=self._name, kind=type(error).__name__)
            return
        now = self._clock()
        gone = {kid: self._gone(known, now) for kid, known in self._known.items() if kid not in fresh}
        self._known = {
            **{kid: known for kid, known in gone.items() if known.gone_at and now - known.gone_at < self._keep_gone},
            **{kid: _Known(key) for kid, key in fresh.items()},
        }

    @staticmethod
    def _gone(known: _Known, now: datetime) -> _Known:
        return known if known.gone_at else replace(known, gone_at=now)


def public_keys(document: Mapping[str, Any]) -> dict[str, Key]:
    """The signature keys of a JWKS (RFC 7517) by `kid`; keys for other uses and of other kinds are left out."""
    found: dict[str, Key] = {}
    for each in document["keys"]:
        if each.get("use", "sig") != "sig" or each.get("kty") not in {"RSA", "EC", "OKP"} or "kid" not in each:
            continue
        try:
            key = JWKRegistry.import_key(each)
        except (JoseError, ValueError):
            continue  # a curve we do not know; tokens it signs stay unknown too
        if isinstance(key, RSAKey) and key.raw_value.key_size < _SHORTEST_RSA:
            continue
        assert isinstance(key, OKPKey | RSAKey | ECKey)
        found[str(each["kid"])] = key
    return found


def keys_of_file(path: Path) -> Load:
    """Loads a JWKS from a file, which may be replaced while we run."""

    async def load() -> Mapping[str, Key]:
        return public_keys(json.loads(await asyncio.to_thread(path.read_text, encoding="utf-8")))

    return load


def keys_of_url(url: str) -> Load:
    """Loads a JWKS from an address."""

    async def load() -> Mapping[str, Key]:
        return public_keys(await fetch_json(url))

    return load


async def fetch_json(url: str) -> dict[str, Any]:
    """A JSON object over HTTP: no proxy, no redirect, 5 s, 256 KiB at most; ValueError for anything else."""
    async with httpx.AsyncClient(trust_env=False, timeout=_TIMEOUT) as client, client.stream("GET", url) as answer:
        if answer.status_code != httpx.codes.OK:
            raise ValueError(f"status {answer.status_code}")
        body = b""
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > _LARGEST:
                raise ValueError("too large")
    found = json.loads(body)
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def is_safe(url: str) -> bool:
    """Whether keys may come from there: https, or http from this very machine."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL))
