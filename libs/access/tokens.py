"""The built-in issuer and the verifier of bearer tokens (JWT, RFC 9068 claims).

For our own tokens the algorithm is pinned to `Ed25519` (RFC 9864; the older name `EdDSA` is deprecated), the key is
found by `kid` among our own keys only, and issuer, audience and expiry are checked without leeway. Tokens of other
issuers are checked by `oidc.py`. Whatever is wrong, the answer is one.
"""

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from libs.access.keys import FixedKeys, Keys, public_keys
from libs.access.oidc import External
from libs.access.policy import scopes_of
from libs.access.principal import Kind, Principal
from libs.access.signing import LONGEST_LIFE, KeyFile, OneKey, Signers
from libs.values.division import Division
from libs.values.errors import DomainError, Forbidden, Unauthenticated

ALGORITHM: Final = "Ed25519"
TYPE: Final = "at+jwt"
AUDIENCE: Final = "jinguo"
ISSUER: Final = "jinguo"
CONSOLE_LIFE: Final = timedelta(minutes=5)
SERVICE_LIFE: Final = timedelta(minutes=5)
CLIENT_LIFE: Final = timedelta(minutes=10)
PASSWORD_LIFE: Final = timedelta(minutes=5)  # as long as an account's lost rights may go on
COMMAND_LINE_LIFE: Final = LONGEST_LIFE
MAX_TOKEN: Final = 4096

_HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ"})
_KINDS: Final = frozenset({"user", "service", "client"})


class Verifier:
    """Turns a bearer token into a `Principal`, or raises the one `Unauthenticated`."""

    def __init__(
        self,
        keys: Iterable[OKPKey] | Keys,
        *,
        clock: Callable[[], datetime],
        issuer: str = ISSUER,
        audience: str = AUDIENCE,
        others: Sequence[External] = (),
    ) -> None:
        """`keys` of the built-in issuer; `others` are trusted beside it, each chosen by its exact `iss`."""
        self._keys = FixedKeys(keys) if isinstance(keys, Iterable) else keys
        self._clock = clock
        self._issuer = issuer
        self._audience = audience
        self._others: Mapping[str, External] = {each.issuer: each for each in others}

    @classmethod
    def from_jwks(cls, text: str, *, clock: Callable[[], datetime], issuer: str = ISSUER) -> "Verifier":
        """A verifier from the public keys another process published (`GET /access/v1/keys`)."""
        return cls(cast("Iterable[OKPKey]", public_keys(json.loads(text)).values()), clock=clock, issuer=issuer)

    async def follow(self, token: str) -> None:
        """Learn the key this token names, where it is new; call it before `verify`. Says nothing about the token."""
        try:
            kid, issuer = _told(token)
        except (ValueError, KeyError, TypeError, RecursionError):
            return
        other = self._others.get(issuer)
        await (other.keys if other else self._keys).follow(kid)

    def verify(self, token: str) -> Principal:
        """Check signature, algorithm, key, type, issuer, audience and times; any failure is the same 401.

        Forbidden `access.claims_unknown` when another issuer's good token names no role or division of ours, and
        `access.agreement_missing` for its partners: what these may see stands in their agreement, not in that token.
        """
        principal, external = self._verified(token)
        if external and principal.kind == "client":
            raise Forbidden(
                "access.agreement_missing",
                "the token says nothing of an agreement: exchange it first",
                rule="agreement",
                right="POST /access/v1/token",
            )
        return principal

    def vouched(self, token: str) -> Principal:
        """The partner whom another issuer's token names, with the bare name of its agreement; else as `verify`."""
        principal, external = self._verified(token)
        if not external or principal.kind != "client":
            raise Unauthenticated("access.unauthenticated", "no token of a partner of another issuer")
        return principal

    def _verified(self, token: str) -> tuple[Principal, bool]:
        try:
            kid, issuer = _told(token)
            other = self._others.get(issuer)
            if other is not None:
                return other.principal(token, kid), True
            return self._principal(self._claims(token, kid)), False
        except Forbidden:
            raise
        except (JoseError, DomainError, ValueError, KeyError, TypeError, RecursionError):
            raise Unauthenticated("access.unauthenticated", "sign in first, or send a good bearer token") from None

    def _claims(self, token: str, kid: str) -> dict[str, Any]:
        decoded = jwt.decode(token, self._keys.find(kid), algorithms=[ALGORITHM])
        if not _HEADER_MEMBERS.issuperset(decoded.header) or decoded.header.get("typ") != TYPE:
            raise ValueError("unknown header")
        claims = decoded.claims
        now = self._clock().timestamp()
        if claims["iss"] != self._issuer or claims["aud"] != self._audience:
            raise ValueError("another issuer or audience")
        if not claims["iat"] <= now < claims["exp"] or claims.get("nbf", now) > now:
            raise ValueError("outside its time")
        return claims

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
            event_types=_limit(claims, "event_types"),
            session=str(claims.get("sid") or claims.get("jti") or ""),
            address=str(claims.get("address") or ""),
        )


class Issuer:
    """Signs tokens; holds the private keys, so only a composition root makes one."""

    def __init__(
        self,
        keys: OKPKey | Signers,
        *,
        clock: Callable[[], datetime],
        ids: Callable[[], UUID],
        issuer: str = ISSUER,
    ) -> None:
        self._keys: Signers = OneKey(keys) if isinstance(keys, OKPKey) else keys
        self._clock = clock
        self._ids = ids
        self._issuer = issuer

    @classmethod
    def from_file(
        cls, path: Path, *, clock: Callable[[], datetime], ids: Callable[[], UUID], issuer: str = ISSUER
    ) -> "Issuer":
        """Load the keys kept in `path`, or make one there; the file may be read by its owner only (0600)."""
        return cls(KeyFile(path, clock=clock), clock=clock, ids=ids, issuer=issuer)

    @property
    def kid(self) -> str:
        """The id of the key that signs now."""
        return self._keys.good()[0].key.thumbprint()

    def verifier(self, others: Sequence[External] = ()) -> Verifier:
        """A verifier of this issuer's own tokens, which knows every new key at once, and of `others`."""
        return Verifier(_OwnKeys(self._keys), clock=self._clock, issuer=self._issuer, others=others)

    def jwks(self) -> dict[str, list[dict[str, Any]]]:
        """The public keys, for verifiers in other processes: the one that signs first."""
        return {"keys": [_public(each.key) for each in self._keys.good()]}

    def rotate(self, keep: timedelta = LONGEST_LIFE) -> str:
        """A new key signs from now on, its id is returned; the one before stays good for `keep`, 0 for a stolen one."""
        self._keys.rotate(keep)
        return self.kid

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
        key = self._keys.good()[0].key
        header = {"alg": ALGORITHM, "typ": TYPE, "kid": key.thumbprint()}
        return jwt.encode(header, claims, key, algorithms=[ALGORITHM])

    def service_token(self, service: str, division: Division, life: timedelta = SERVICE_LIFE) -> str:
        """A token with which `service` calls another for a user of `division`."""
        principal = Principal(f"service:{service}", service, "service", division, scopes_of("service"), "service")
        return self.user_token(principal, life)


class _OwnKeys:
    """The issuer's own keys as its verifier sees them, in the same process."""

    def __init__(self, keys: Signers) -> None:
        self._keys = keys

    def find(self, kid: str) -> OKPKey:
        """See `Keys.find`."""
        return {each.key.thumbprint(): each.key for each in self._keys.good()}[kid]

    async def follow(self, kid: str) -> None:
        """They are always the newest."""


def _limits(principal: Principal) -> dict[str, str]:
    """Claims of what narrows a principal; those it has not are left out."""
    sets = {"measures": principal.measures, "fields": principal.fields, "event_types": principal.event_types}
    limits = {name: " ".join(sorted(each)) for name, each in sets.items() if each is not None}
    if principal.agreement:
        limits["agreement"] = principal.agreement
    if principal.purpose is not None:
        limits["purpose"] = principal.purpose
    return limits


def _limit(claims: Mapping[str, Any], name: str) -> frozenset[str] | None:
    return frozenset(str(claims[name]).split()) if name in claims else None


def _public(key: OKPKey) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "alg": ALGORITHM, "use": "sig"}


def _told(token: str) -> tuple[str, str]:
    """Key and issuer that the token claims, before anything is proven."""
    if len(token) > MAX_TOKEN:
        raise ValueError("token too long")
    header, claims, *_ = token.split(".")
    kid, issuer = _json(header)["kid"], _json(claims).get("iss")
    if not isinstance(kid, str) or not isinstance(issuer, str):
        raise TypeError("kid and iss are texts")
    return kid, issuer


def _json(part: str) -> dict[str, Any]:
    found = json.loads(_from_base64url(part))
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found


def _from_base64url(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
