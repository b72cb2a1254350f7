"""Tokens of other issuers (OpenID Connect providers, e.g. Keycloak): named in a file, checked, mapped to a Principal.

Each issuer has its own audience, keys and short list of asymmetric algorithms, and is chosen by the exact `iss`. Its
token proves who somebody is; what a role may do is said by our own policy. A good token whose role, division or scopes
we do not know is one 403, logged with the name of the claim and never with its value.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import structlog
from joserfc import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from libs.access.keys import FollowedKeys, Key, Keys, fetch_json, is_safe, public_keys
from libs.access.policy import EXTERNAL_ROLES, PARTNER, TWO_FACTOR_ROLES, scopes_of
from libs.access.principal import Principal
from libs.events.types import Clock
from libs.values.division import Division
from libs.values.errors import DomainError, Forbidden, Invalid

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519"]
Url = Annotated[str, Field(max_length=300)]
Claim = Annotated[str, Field(min_length=1, max_length=100)]

RESERVED_NAMES: Final = frozenset({"service"})
_LONGEST_AGREEMENT: Final = 60
_HEADER_MEMBERS: Final = frozenset({"alg", "kid", "typ"})
_log = structlog.get_logger("jinguo.access")


class ExternalIssuer(BaseModel):
    """One provider, as the issuers' file names it. A claim may be a path such as `realm_access.roles`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,29}$")
    """Stands before `sub`, so that no two issuers' users are taken for one another."""
    issuer: Url
    """Exactly what `iss` says."""
    audience: str = Field("jinguo", min_length=1, max_length=100)
    jwks_url: Url | None = None
    """Where its keys are; without it the discovery document is asked."""
    algorithms: tuple[Algorithm, ...] = Field(("RS256",), min_length=1)
    types: tuple[Literal["at+jwt", "JWT"], ...] = Field(("at+jwt",), min_length=1)
    """`typ` of access tokens. Add `JWT` only together with `must`, or id tokens pass."""
    must: Mapping[Claim, str] = Field(default_factory=dict)
    """Further claims a token must carry, e.g. Keycloak's `typ: Bearer`."""
    role_claim: Claim = "jinguo_role"
    roles: Mapping[str, str] = Field(default_factory=dict)
    """Their role → ours; empty: they use our names."""
    division_claim: Claim = "jinguo_division"
    scope_claim: Claim | None = "scope"
    """None: every scope of the role."""
    name_claim: Claim = "name"
    agreement_claim: Claim = "jinguo_agreement"
    """The name of a partner's agreement, which is looked up when the token is exchanged (`POST /access/v1/token`)."""
    acr_values: tuple[str, ...] = ()
    amr_values: tuple[str, ...] = ()
    """Values of `acr`, or members of `amr`, that mean a second factor; administrators need one of them."""
    ask_again_seconds: int = Field(30, ge=5, le=3600)
    """At most so often an unknown `kid` makes us ask for keys."""
    keep_gone_seconds: int = Field(600, ge=0, le=86_400)
    """How long a key stays good after the provider took it from its list: the life of its tokens."""
    clock_leeway_seconds: int = Field(5, ge=0, le=60)
    """How far its clock may be ahead of ours (`iat`, `nbf`); `exp` has no leeway."""
    plain_http: bool = False
    """Whether keys may come over http from another machine: inside a closed network only."""

    @model_validator(mode="after")
    def _check(self) -> "ExternalIssuer":
        for field, url in (("issuer", self.issuer), ("jwks_url", self.jwks_url)):
            if url and not (is_safe(url) or (self.plain_http and url.startswith("http://"))):
                raise ValueError(f"{field} {url} must begin with https:// (or name this machine, or set plain_http)")
        if self.name in RESERVED_NAMES:
            raise ValueError(f"name {self.name} stands before the `sub` of our own callers: choose another")
        unknown = set(self.roles.values()) - EXTERNAL_ROLES
        if unknown:
            raise ValueError(f"roles has no role of ours: {', '.join(sorted(unknown))}")
        if "JWT" in self.types and not self.must:
            raise ValueError('types with JWT needs `must`, e.g. {"typ": "Bearer"}, or id tokens would pass')
        return self


class External:
    """Checks the tokens of one external issuer; `keys` are followed."""

    def __init__(self, issuer: ExternalIssuer, *, clock: Clock, keys: Keys | None = None) -> None:
        self.issuer = issuer.issuer
        self._rules = issuer
        self._clock = clock
        self.keys = keys or FollowedKeys(
            self._load,
            clock=clock,
            name=issuer.name,
            ask_again=timedelta(seconds=issuer.ask_again_seconds),
            keep_gone=timedelta(seconds=issuer.keep_gone_seconds),
        )

    def principal(self, token: str, kid: str) -> Principal:
        """The caller, a partner with the bare name of its agreement.

        Raises what `Verifier.verify` turns into the one 401, or Forbidden `access.claims_unknown` and
        `access.second_factor_unproven`.
        """
        decoded = jwt.decode(token, self.keys.find(kid), algorithms=list(self._rules.algorithms))
        if not _HEADER_MEMBERS.issuperset(decoded.header) or decoded.header.get("typ") not in self._rules.types:
            raise ValueError("unknown header")
        self._check(decoded.claims)
        return self._mapped(decoded.claims)

    def _check(self, claims: Mapping[str, Any]) -> None:
        now, leeway = self._clock().timestamp(), self._rules.clock_leeway_seconds
        audience = claims["aud"]
        audiences = [audience] if isinstance(audience, str) else audience
        if claims["iss"] != self.issuer or self._rules.audience not in audiences:
            raise ValueError("another issuer or audience")
        if not (claims["iat"] - leeway <= now < claims["exp"]) or claims.get("nbf", now) - leeway > now:
            raise ValueError("outside its time")
        if any(_at(claims, path) != wanted for path, wanted in self._rules.must.items()):
            raise ValueError("not an access token for us")
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise ValueError("no subject")

    def _mapped(self, claims: Mapping[str, Any]) -> Principal:
        role = self._role(_at(claims, self._rules.role_claim))
        if role in TWO_FACTOR_ROLES and not self._two_factors(claims):
            _log.warning("access.second_factor_unproven", issuer=self._rules.name, role=role)
            raise Forbidden(
                "access.second_factor_unproven",
                "管理员和审计员必须用双因子登录，登录提供方没有证明这一点。",
                rule="acr / amr",
            )
        division = self._division(_at(claims, self._rules.division_claim))
        name = _at(claims, self._rules.name_claim)
        return Principal(
            sub=f"{self._rules.name}:{claims['sub']}"[:200],
            name=str(name or "")[:60],
            role=role,
            division=division,
            scopes=self._scopes(claims, role),
            kind="client" if role == PARTNER else "user",
            agreement=self._agreement(_at(claims, self._rules.agreement_claim)) if role == PARTNER else "",
        )

    def _two_factors(self, claims: Mapping[str, Any]) -> bool:
        methods = claims.get("amr")
        used = {each for each in methods if isinstance(each, str)} if isinstance(methods, list) else set()
        return claims.get("acr") in self._rules.acr_values or not used.isdisjoint(self._rules.amr_values)

    def _agreement(self, told: Any) -> str:
        if not isinstance(told, str) or not told.isprintable() or not 0 < len(told) <= _LONGEST_AGREEMENT:
            raise self._unknown(self._rules.agreement_claim)
        return told

    def _role(self, told: Any) -> str:
        """Exactly one of the roles it names must be one of ours."""
        names = [told] if isinstance(told, str) else told if isinstance(told, list) else []
        ours = {self._rules.roles.get(each) if self._rules.roles else each for each in names if isinstance(each, str)}
        known = ours & EXTERNAL_ROLES
        if len(known) != 1:
            raise self._unknown(self._rules.role_claim)
        return str(known.pop())

    def _division(self, told: Any) -> Division:
        one = told[0] if isinstance(told, list) and len(told) == 1 else told
        if not isinstance(one, str):
            raise self._unknown(self._rules.division_claim)
        try:
            return Division(one)
        except DomainError:
            raise self._unknown(self._rules.division_claim) from None

    def _scopes(self, claims: Mapping[str, Any], role: str) -> frozenset[str]:
        """Never more than the role has today; scopes we do not know (`openid`, `profile`) are left out."""
        if self._rules.scope_claim is None:
            return scopes_of(role)
        told = _at(claims, self._rules.scope_claim)
        names = told.split() if isinstance(told, str) else told if isinstance(told, list) else []
        return scopes_of(role) & frozenset(str(each) for each in names)

    def _unknown(self, claim: str) -> Forbidden:
        _log.warning("access.claims_unknown", issuer=self._rules.name, claim=claim)
        return Forbidden("access.claims_unknown", "登录提供方没有给出本系统认识的角色或单位，请联系安全管理员。")

    async def _load(self) -> Mapping[str, Key]:
        rules = self._rules
        if rules.jwks_url is not None:
            return public_keys(await fetch_json(rules.jwks_url))
        found = await fetch_json(f"{rules.issuer.rstrip('/')}/.well-known/openid-configuration")
        url = str(found["jwks_uri"])
        if found["issuer"] != rules.issuer or not (is_safe(url) or rules.plain_http):
            raise ValueError("the discovery document speaks for another issuer, or of an unsafe address")
        return public_keys(await fetch_json(url))


def externals_of(path: Path | None, *, clock: Clock) -> list[External]:
    """The issuers named in a JSON file, none without one; Invalid names what is wrong in it."""
    if path is None:
        return []
    try:
        named = [ExternalIssuer.model_validate(each) for each in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValidationError, ValueError, TypeError) as error:
        raise Invalid(
            "access.issuers", f"{path} 不是登录提供方的列表：{error}", field="ISSUERS", right="a JSON list of issuers"
        ) from None
    _check_distinct(named)
    return [External(each, clock=clock) for each in named]


def _check_distinct(named: Sequence[ExternalIssuer]) -> None:
    for values in ([each.name for each in named], [each.issuer for each in named]):
        if len(set(values)) != len(values):
            raise Invalid("access.issuers", f"登录提供方写了两次（named twice）：{values}", field="ISSUERS")


def _at(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of that very name, else the value at the dotted path; None when there is none."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
