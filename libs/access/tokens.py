"""The built-in issuer and the verifier of bearer tokens (JWT, Ed25519, RFC 9068 claims).

The algorithm is pinned to `Ed25519` (RFC 9864; the older name `EdDSA` is deprecated), the key is found by `kid` among
our own keys only, and issuer, audience and expiry are checked without leeway. Whatever is wrong, the answer is one.
"""

import base64
import contextlib
import json
import os
import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from libs.access.policy import scopes_of
from libs.access.principal import Kind, Principal
from libs.values.division import Division
from libs.values.errors import DomainError, Unauthenticated

ALGORITHM: Final = "Ed25519"
TYPE: Final = "at+jwt"
AUDIENCE: Final = "jinguo"
ISSUER: Final = "jinguo"
CONSOLE_LIFE: Final = timedelta(minutes=5)
SERVICE_LIFE: Final = timedelta(minutes=5)
CLIENT_LIFE: Final = timedelta(minutes=10)
PASSWORD_LIFE: Final = timedelta(hours=1)
COMMAND_LINE_LIFE: Final = timedelta(days=7)
MAX_TOKEN: Final = 4096

_HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ"})
_KINDS: Final = frozenset({"user", "service", "client"})


class Verifier:
    """Turns a bearer token into a `Principal`, or raises the one `Unauthenticated`."""

    def __init__(
        self,
        keys: Iterable[OKPKey],
        *,
        clock: Callable[[], datetime],
        issuer: str = ISSUER,
        audience: str = AUDIENCE,
    ) -> None:
        self._keys: Mapping[str, OKPKey] = {key.thumbprint(): key for key in keys}
        self._clock = clock
        self._issuer = issuer
        self._audience = audience

    @classmethod
    def from_jwks(cls, text: str, *, clock: Callable[[], datetime], issuer: str = ISSUER) -> "Verifier":
        """A verifier from the public keys another process published (`GET /access/v1/keys`)."""
        return cls([OKPKey.import_key(key) for key in json.loads(text)["keys"]], clock=clock, issuer=issuer)

    def verify(self, token: str) -> Principal:
        """Check signature, algorithm, key, type, issuer, audience and times; any failure is the same 401."""
        try:
            return self._principal(self._claims(token))
        except (JoseError, DomainError, ValueError, KeyError, TypeError, RecursionError):
            raise Unauthenticated("access.unauthenticated", "sign in first, or send a good bearer token") from None

    def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN:
            raise ValueError("token too long")
        decoded = jwt.decode(token, self._key_of(token), algorithms=[ALGORITHM])
        if not _HEADER_MEMBERS.issuperset(decoded.header) or decoded.header.get("typ") != TYPE:
            raise ValueError("unknown header")
        claims = decoded.claims
        now = self._clock().timestamp()
        if claims["iss"] != self._issuer or claims["aud"] != self._audience:
            raise ValueError("another issuer or audience")
        if not claims["iat"] <= now < claims["exp"] or claims.get("nbf", now) > now:
            raise ValueError("outside its time")
        return claims

    def _key_of(self, token: str) -> OKPKey:
        header = json.loads(_from_base64url(token.partition(".")[0]))
        return self._keys[header["kid"]]

    @staticmethod
    def _principal(claims: Mapping[str, Any]) -> Principal:
        role, kind = str(claims["role"]), claims["kind"]
        if kind not in _KINDS:
            raise ValueError("unknown kind of caller")
        granted = frozenset(str(claims["scope"]).split())
        return Principal(
            sub=str(claims["sub"]),
            name=str(claims["name"]),
            role=role,
            division=Division(claims["division"]),
            scopes=granted & scopes_of(role),  # a role that lost a scope loses it in tokens already out
            kind=cast(Kind, kind),
            measures=_limit(claims, "measures"),
            agreement=str(claims.get("agreement", "")),
            fields=_limit(claims, "fields"),
            purpose=claims.get("purpose"),
            session=str(claims.get("sid") or claims.get("jti") or ""),
            address=str(claims.get("address") or ""),
        )


class Issuer:
    """Signs tokens; holds the private key, so only a composition root makes one."""

    def __init__(
        self,
        key: OKPKey,
        *,
        clock: Callable[[], datetime],
        ids: Callable[[], UUID],
        issuer: str = ISSUER,
    ) -> None:
        self._key = key
        self._kid = key.thumbprint()
        self._clock = clock
        self._ids = ids
        self._issuer = issuer

    @classmethod
    def from_file(
        cls, path: Path, *, clock: Callable[[], datetime], ids: Callable[[], UUID], issuer: str = ISSUER
    ) -> "Issuer":
        """Load the key kept in `path`, or make one there; the file may be read by its owner only (0600)."""
        return cls(_load_or_create(path), clock=clock, ids=ids, issuer=issuer)

    def verifier(self) -> Verifier:
        """A verifier of this issuer's own tokens."""
        return Verifier([OKPKey.import_key(self._public())], clock=self._clock, issuer=self._issuer)

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The public key, for verifiers in other processes."""
        return {"keys": [self._public()]}

    def user_token(self, principal: Principal, life: timedelta = PASSWORD_LIFE) -> str:
        """A token saying what `principal` says, good for `life`."""
        now = self._clock()
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": principal.sub,
            "name": principal.name,
            "role": principal.role,
            "division": principal.division.code,
            "scope": " ".join(sorted(principal.scopes)),
            "kind": principal.kind,
            **_limits(principal),
            "jti": str(self._ids()),
            **({"sid": principal.session} if principal.session else {}),
            **({"address": principal.address} if principal.address else {}),
            "iat": int(now.timestamp()),
            "exp": int((now + life).timestamp()),
        }
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": self._kid}
        return jwt.encode(header, claims, self._key, algorithms=[ALGORITHM])

    def service_token(self, service: str, division: Division, life: timedelta = SERVICE_LIFE) -> str:
        """A token with which `service` calls another for a user of `division`."""
        principal = Principal(f"service:{service}", service, "service", division, scopes_of("service"), "service")
        return self.user_token(principal, life)

    def _public(self) -> dict[str, Any]:
        return {**self._key.as_dict(private=False), "kid": self._kid, "alg": ALGORITHM, "use": "sig"}


def _limits(principal: Principal) -> dict[str, str]:
    """Claims of what narrows a principal; those it has not are left out."""
    limits: dict[str, str] = {}
    if principal.measures is not None:
        limits["measures"] = " ".join(sorted(principal.measures))
    if principal.fields is not None:
        limits["fields"] = " ".join(sorted(principal.fields))
    if principal.agreement:
        limits["agreement"] = principal.agreement
    if principal.purpose is not None:
        limits["purpose"] = principal.purpose
    return limits


def _limit(claims: Mapping[str, Any], name: str) -> frozenset[str] | None:
    return frozenset(str(claims[name]).split()) if name in claims else None


def _load_or_create(path: Path) -> OKPKey:
    if not path.exists():
        _create(path)
    if path.stat().st_mode & 0o077:
        raise PermissionError(f"{path} holds the signing key and can be read by others: chmod 600 {path}")
    return OKPKey.import_key(json.loads(path.read_text(encoding="utf-8")))


def _create(path: Path) -> None:
    """Write aside, then link into place: a start that is cut off leaves no half key, and of two starts one wins."""
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(OKPKey.generate_key("Ed25519", private=True).as_dict(private=True), file)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(aside, path)
    finally:
        aside.unlink()


def _from_base64url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
