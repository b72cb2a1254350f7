"""Whatever is wrong with a token, the answer is one 401; nothing but our own signature counts."""

import base64
import hashlib
import hmac
import json
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.tokens import Issuer, Verifier
from libs.service.clock import system_ids
from libs.values.division import Division
from libs.values.errors import Unauthenticated

NOW = datetime(2016, 7, 1, 8, tzinfo=UTC)
COUNTY = Division("522634000000")
CADRE = Principal("0190", "龙老师", "cadre", COUNTY, scopes_of("cadre"))
CLAIMS: dict[str, Any] = {
    "iss": "jinguo",
    "aud": "jinguo",
    "sub": "0190",
    "name": "龙老师",
    "role": "cadre",
    "division": "522634000000",
    "scope": "registry:read",
    "kind": "user",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 60,
}
KEY = OKPKey.generate_key("Ed25519", private=True)
HEADER = {"alg": "Ed25519", "typ": "at+jwt", "kid": KEY.thumbprint()}


def verifier(now: datetime = NOW) -> Verifier:
    return Verifier([KEY], clock=lambda: now)


def signed(header: dict[str, Any] | None = None, key: OKPKey = KEY, **changes: Any) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    return jwt.encode(HEADER | (header or {}), claims, key, algorithms=["Ed25519"])


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def hs256_with_the_public_key() -> str:
    text = f"{part(HEADER | {'alg': 'HS256'})}.{part(CLAIMS)}"
    secret = base64.urlsafe_b64decode(str(KEY.as_dict(private=False)["x"]) + "=")
    tag = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(tag).decode().rstrip('=')}"


BAD: dict[str, Callable[[], str]] = {
    "no token": lambda: "",
    "garbage": lambda: "a.b.c",
    "not ASCII": lambda: "令牌.b.c",
    "too long": lambda: signed() + "A" * 5000,
    "alg none": lambda: f"{part(HEADER | {'alg': 'none'})}.{part(CLAIMS)}.",
    "HS256 with the public key": hs256_with_the_public_key,
    "another key under our kid": lambda: signed(key=OKPKey.generate_key("Ed25519", private=True)),
    "unknown kid": lambda: signed({"kid": "../../x"}),
    "kid of another type": lambda: f"{part(HEADER | {'kid': 7})}.{part(CLAIMS)}.AA",
    "a deep header": lambda: base64.urlsafe_b64encode(b"[" * 2900).decode().rstrip("=") + ".e30.AA",
    "a list for a header": lambda: base64.urlsafe_b64encode(b"[]").decode().rstrip("=") + ".e30.AA",
    "no kid": lambda: f"{part({'alg': 'Ed25519', 'typ': 'at+jwt'})}.{part(CLAIMS)}.AA",
    "jku": lambda: signed({"jku": "https://example.org/keys"}),
    "jwk": lambda: signed({"jwk": KEY.as_dict(private=False)}),
    "an id token": lambda: signed({"typ": "JWT"}),
    "wrong issuer": lambda: signed(iss="other"),
    "wrong audience": lambda: signed(aud="other"),
    "a list of audiences": lambda: signed(aud=["jinguo", "other"]),
    "no audience": lambda: signed(aud=None),
    "expired": lambda: signed(exp=int(NOW.timestamp())),
    "no expiry": lambda: signed(exp=None),
    "not yet": lambda: signed(nbf=int(NOW.timestamp()) + 600),
    "from the future": lambda: signed(iat=int(NOW.timestamp()) + 600),
    "no division": lambda: signed(division=None),
    "a bad division": lambda: signed(division="5226"),
    "an unknown kind": lambda: signed(kind="root"),
    "times as text": lambda: signed(exp="9999999999"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_is_the_same_401(name: str) -> None:
    with pytest.raises(Unauthenticated) as caught:
        verifier().verify(BAD[name]())
    assert (caught.value.code, caught.value.message) == (
        "access.unauthenticated",
        "sign in first, or send a good bearer token",
    )
    assert caught.value.__cause__ is None


def test_a_good_token_gives_its_principal() -> None:
    principal = verifier().verify(signed())
    assert principal == Principal("0190", "龙老师", "cadre", COUNTY, frozenset({"registry:read"}))


def test_a_token_grants_no_more_than_its_role_has_today() -> None:
    principal = verifier().verify(signed(scope="registry:read registry:write accounts:write", role="reader"))
    assert principal.scopes == {"registry:read"}
    assert verifier().verify(signed(role="nobody")).scopes == frozenset()


def test_a_changed_payload_is_refused() -> None:
    header, _, tag = signed().split(".")
    with pytest.raises(Unauthenticated):
        verifier().verify(f"{header}.{part(CLAIMS | {'division': '000000000000'})}.{tag}")


def issuer(folder: Path, now: datetime = NOW) -> Issuer:
    return Issuer.from_file(folder / "signing.json", clock=lambda: now, ids=system_ids)


def test_the_issuers_tokens_are_good_for_their_life_only(tmp_path: Path) -> None:
    token = issuer(tmp_path).user_token(CADRE, timedelta(minutes=5))
    assert issuer(tmp_path, NOW + timedelta(seconds=299)).verifier().verify(token) == CADRE
    with pytest.raises(Unauthenticated):
        issuer(tmp_path, NOW + timedelta(seconds=300)).verifier().verify(token)


def test_a_service_token_may_resolve_for_one_division_and_nothing_else(tmp_path: Path) -> None:
    made = issuer(tmp_path)
    principal = made.verifier().verify(made.service_token("training", COUNTY))
    assert (principal.sub, principal.kind, principal.division) == ("service:training", "service", COUNTY)
    assert principal.scopes == {"registry:resolve", "registry:read"}


def test_another_process_verifies_by_the_published_keys(tmp_path: Path) -> None:
    made = issuer(tmp_path)
    published = json.dumps(made.jwks())
    assert '"d"' not in published
    assert Verifier.from_jwks(published, clock=lambda: NOW).verify(made.user_token(CADRE)) == CADRE


def test_the_key_is_kept_for_its_owner_only(tmp_path: Path) -> None:
    issuer(tmp_path)
    path = tmp_path / "signing.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]
    path.chmod(0o640)
    with pytest.raises(PermissionError, match="chmod 600"):
        issuer(tmp_path)
