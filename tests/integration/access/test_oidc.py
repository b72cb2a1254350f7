"""Tokens of a real provider on 127.0.0.1: keys over HTTP that rotate, a provider that goes away, and every attack."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from joserfc import jwt
from joserfc.jwk import RSAKey

from libs.access.fastapi import requires
from libs.access.main import build
from libs.access.oidc import External, ExternalIssuer, externals_of
from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.service.app import create_app
from libs.service.clock import system_ids
from libs.service.settings import ServiceSettings
from libs.values.division import Division
from libs.values.errors import Forbidden, Invalid
from tests.integration.access.conftest import Hands, World
from tests.support.agreements import agreed
from tests.support.keys import KEYED


class Provider:
    """A small OpenID Connect provider: discovery, JWKS and tokens, over real HTTP."""

    def __init__(self, clock: Hands) -> None:
        self.clock = clock
        self.keys = {"first": RSAKey.generate_key(2048)}
        self.asked = 0
        self.app = FastAPI(openapi_url=None)
        self.app.get("/realms/jinguo/.well-known/openid-configuration")(self.discovery)
        self.app.get("/certs")(self.certs)
        self._server = uvicorn.Server(uvicorn.Config(self.app, port=0, log_config=None, lifespan="off"))
        self.url = ""

    async def discovery(self) -> dict[str, str]:
        return {"issuer": f"{self.url}/realms/jinguo", "jwks_uri": f"{self.url}/certs"}

    async def certs(self) -> dict[str, Any]:
        self.asked += 1
        own = [key.as_dict(private=False) | {"kid": kid, "use": "sig"} for kid, key in self.keys.items()]
        enc = RSAKey.generate_key(2048).as_dict(private=False) | {"kid": "enc", "use": "enc", "alg": "RSA-OAEP"}
        odd = {"kty": "oct", "k": "AAAA", "kid": "oct"}, {"kty": "OKP", "crv": "X448", "x": "AA", "kid": "odd"}
        return {"keys": [*own, enc, *odd]}

    async def start(self) -> None:
        config = self._server.config
        config.load()
        self._server.lifespan = config.lifespan_class(config)
        await self._server.startup()
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        with suppress(AttributeError):
            await self._server.shutdown()

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.clock().timestamp())
        found = {
            "iss": f"{self.url}/realms/jinguo",
            "aud": ["jinguo", "account"],
            "sub": "8f14e45f",
            "name": "龙老师",
            "roles": ["offline_access", "jinguo-cadre"],
            "jinguo_division": "522634000000",
            "scope": "openid profile registry:read training:write accounts:write",
            "iat": now,
            "exp": now + 300,
        } | changes
        return {name: value for name, value in found.items() if value is not None}

    def token(self, kid: str = "first", header: dict[str, Any] | None = None, **changes: Any) -> str:
        head = {"alg": "RS256", "typ": "at+jwt", "kid": kid} | (header or {})
        return jwt.encode(head, self.claims(**changes), self.keys[kid], algorithms=[head["alg"]])

    def rules(self, **more: Any) -> ExternalIssuer:
        given = {
            "name": "keycloak",
            "issuer": f"{self.url}/realms/jinguo",
            "role_claim": "roles",
            "roles": {"jinguo-cadre": "cadre", "jinguo-partner": "partner", "jinguo-reader": "reader"},
        }
        return ExternalIssuer.model_validate(given | more)


@pytest.fixture
async def provider(clock: Hands) -> AsyncIterator[Provider]:
    made = Provider(clock)
    await made.start()
    yield made
    await made.stop()


Ask = Callable[..., Any]


@pytest.fixture
async def ask(provider: Provider, clock: Hands, tmp_path: Path) -> AsyncIterator[Ask]:
    """`await ask(token)` is the answer of a service that trusts its own issuer and the provider."""
    issuer = Issuer.from_file(tmp_path / "signing.json", clock=clock, ids=system_ids)
    router = APIRouter()

    @router.get("/v1/me")
    async def me(principal: Annotated[Principal, requires("registry:read")]) -> dict[str, Any]:
        return {
            "sub": principal.sub,
            "role": principal.role,
            "kind": principal.kind,
            "division": principal.division.code,
            "scopes": sorted(principal.scopes),
        }

    verifier = issuer.verifier([External(provider.rules(), clock=clock)])
    app = create_app("t", title="T", routers=[router], runtime=None, verifier=verifier, settings=ServiceSettings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as client:

        async def asked(token: str, *more: str) -> httpx.Response:
            headers = [("Authorization", f"Bearer {each}") for each in (token, *more)]
            return await client.get("/v1/me", headers=headers)

        asked.issuer = issuer  # type: ignore[attr-defined]
        yield asked


async def test_a_providers_user_is_mapped_to_our_role_division_and_scopes(provider: Provider, ask: Ask) -> None:
    answer = await ask(provider.token())
    assert answer.json() == {
        "sub": "keycloak:8f14e45f",
        "role": "cadre",
        "kind": "user",
        "division": "522634000000",
        "scopes": ["registry:read", "training:write"],
    }


async def test_administrators_of_a_provider_prove_two_factors(provider: Provider, clock: Hands, tmp_path: Path) -> None:
    issuer = Issuer.from_file(tmp_path / "signing.json", clock=clock, ids=system_ids)
    rules = provider.rules(roles={"a": "auditor", "c": "cadre"}, acr_values=["2"], amr_values=["otp"])
    verifier = issuer.verifier([External(rules, clock=clock)])
    token = provider.token(roles=["a"])
    await verifier.follow(token)
    for claims in ({}, {"acr": "1"}, {"amr": ["pwd"]}, {"amr": "otp"}):
        with pytest.raises(Forbidden) as refused:
            verifier.verify(provider.token(roles=["a"], **claims))
        assert refused.value.code == "access.second_factor_unproven"
    for proven in ({"acr": "2"}, {"amr": ["pwd", "otp"]}):
        assert verifier.verify(provider.token(roles=["a"], **proven)).role == "auditor"
    assert verifier.verify(provider.token(roles=["c"])).role == "cadre"
    plain = issuer.verifier([External(provider.rules(roles={"a": "auditor"}), clock=clock)])
    await plain.follow(token)
    with pytest.raises(Forbidden):
        plain.verify(provider.token(roles=["a"], acr="2"))


GRANT = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer"}
PARTNER = {"roles": ["jinguo-partner"], "scope": "registry:read feeds:read", "jinguo_agreement": "2016-03"}


async def test_a_providers_partner_exchanges_its_token_and_gets_what_its_agreement_gives(
    provider: Provider, ask: Ask, world: World, bearer: Callable[..., dict[str, str]]
) -> None:
    direct = await ask(provider.token(**PARTNER))
    assert (direct.status_code, direct.json()["code"]) == (403, "access.agreement_missing")
    issuer, settings = world.access.issuer, ServiceSettings()
    verifier = issuer.verifier([External(provider.rules(), clock=world.clock)])
    app = build(world.access, verifier=verifier, settings=settings, clock=world.clock, ids=system_ids)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://access", event_hooks=KEYED
    ) as client:

        async def exchanged(**claims: Any) -> httpx.Response:
            return await client.post("/v1/token", data=GRANT | {"assertion": provider.token(**(PARTNER | claims))})

        assert (await exchanged()).json()["error"] == "invalid_grant", "there is no such agreement yet"
        terms = {"scopes": ["feeds:read"], "event_types": ["training.course-opened.v1"], "purpose": "aid"}
        made = await agreed(client, bearer(), name="2016-03", **terms)
        answer = await exchanged()
        assert answer.status_code == 200, answer.text
        principal = verifier.verify(answer.json()["access_token"])
        assert (principal.sub, principal.kind, principal.agreement) == ("keycloak:8f14e45f", "client", "2016-03@1")
        assert (principal.scopes, principal.purpose) == ({"feeds:read"}, "aid")
        assert (principal.fields, principal.event_types) == ({"place", "reference"}, {"training.course-opened.v1"})
        for wrong in (
            {"jinguo_agreement": "2016-04"},
            {"jinguo_agreement": None},
            {"jinguo_division": "522635000000"},
            {"roles": ["jinguo-cadre"]},
            {"exp": int(world.clock().timestamp()) - 1},
        ):
            refused = await exchanged(**wrong)
            assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant"), wrong
        end = bearer() | {"If-Match": '"1"'}
        path = f"/v1/agreements/{made['agreement_id']}/closure"
        assert (await client.post(path, json={"reason": "合同已经结束"}, headers=end)).status_code == 200
        assert (await exchanged()).json()["error"] == "invalid_grant"
    found = await world.pool.fetch("SELECT actor, code FROM audit_trail WHERE object_kind = 'client' ORDER BY id")
    assert {record["actor"] for record in found} == {"keycloak:8f14e45f"}
    assert found[-1]["code"] == "agreement_closed"


async def test_both_issuers_stand_side_by_side_and_neither_speaks_for_the_other(provider: Provider, ask: Ask) -> None:
    cadre = Principal("0190", "", "cadre", Division("522634000000"), scopes_of("cadre"))
    assert (await ask(ask.issuer.user_token(cadre))).json()["sub"] == "0190"  # type: ignore[attr-defined]
    assert (await ask(provider.token())).status_code == 200
    assert (await ask(provider.token(iss="jinguo", aud="jinguo"))).status_code == 401
    assert (await ask(provider.token(iss=f"{provider.url}/realms/jinguo/"))).status_code == 401


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def hs256_with_the_public_key(provider: Provider) -> str:
    text = f"{part({'alg': 'HS256', 'typ': 'at+jwt', 'kid': 'first'})}.{part(provider.claims())}"
    tag = hmac.new(provider.keys["first"].as_pem(private=False), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(tag).decode().rstrip('=')}"


def foreign(provider: Provider, kid: str = "first") -> str:
    head = {"alg": "RS256", "typ": "at+jwt", "kid": kid}
    return jwt.encode(head, provider.claims(), RSAKey.generate_key(2048), algorithms=["RS256"])


BAD: dict[str, Callable[[Provider], str]] = {
    "alg none": lambda p: f"{part({'alg': 'none', 'typ': 'at+jwt', 'kid': 'first'})}.{part(p.claims())}.",
    "HS256 with the public key": hs256_with_the_public_key,
    "a key of another": foreign,
    "an algorithm not pinned": lambda p: p.token(header={"alg": "PS256"}),
    "jku": lambda p: p.token(header={"jku": "https://example.org/keys"}),
    "x5u": lambda p: p.token(header={"x5u": "https://example.org/chain"}),
    "crit": lambda p: (
        f"{part({'alg': 'RS256', 'typ': 'at+jwt', 'kid': 'first', 'crit': ['x'], 'x': 1})}."
        + p.token().split(".", 1)[1]
    ),
    "an id token": lambda p: p.token(header={"typ": "JWT"}),
    "wrong audience": lambda p: p.token(aud="account"),
    "no audience": lambda p: p.token(aud=None),
    "expired a second ago": lambda p: p.token(exp=int(p.clock().timestamp()) - 1),
    "not before ten minutes": lambda p: p.token(nbf=int(p.clock().timestamp()) + 600),
    "issued in the future": lambda p: p.token(iat=int(p.clock().timestamp()) + 600),
    "no expiry": lambda p: p.token(exp=None),
    "no subject": lambda p: p.token(sub=None),
    "kid is a path": lambda p: foreign(p, "../../x"),
    "kid is a query": lambda p: foreign(p, "first' OR '1'='1"),
    "kid of an encryption key": lambda p: foreign(p, "enc"),
    "oversized": lambda p: p.token(name="x" * 5000),
}


@pytest.mark.parametrize("name", BAD)
async def test_a_bad_token_is_the_same_401(provider: Provider, ask: Ask, name: str) -> None:
    assert (await ask(provider.token())).status_code == 200
    none = await ask("a.b.c")
    answer = await ask(BAD[name](provider))
    assert (answer.status_code, answer.json() | {"trace_id": ""}) == (401, none.json() | {"trace_id": ""})


async def test_two_authorization_headers_are_401(provider: Provider, ask: Ask) -> None:
    assert (await ask(provider.token(), provider.token())).status_code == 401


CLAIMS: dict[str, dict[str, Any]] = {
    "no role": {"roles": None},
    "a role we do not know": {"roles": ["boss"]},
    "two roles of ours": {"roles": ["jinguo-cadre", "jinguo-reader"]},
    "our inner role": {"roles": ["service"]},
    "a role that is no text": {"roles": [7, {"a": 1}]},
    "no division": {"jinguo_division": None},
    "a division that is none": {"jinguo_division": "5226"},
    "two divisions": {"jinguo_division": ["522634000000", "522635000000"]},
}


@pytest.mark.parametrize("name", CLAIMS)
async def test_claims_we_do_not_know_are_one_403_and_the_log_holds_no_token(
    provider: Provider, ask: Ask, name: str
) -> None:
    token = provider.token(**CLAIMS[name])
    with structlog.testing.capture_logs() as logs:
        answer = await ask(token)
    assert (answer.status_code, answer.json()["code"]) == (403, "access.claims_unknown")
    assert "errors" not in answer.json()
    assert answer.headers["ratelimit-policy"].startswith('"address"'), "whoever has such a token is counted"
    (told,) = [line for line in logs if line["event"] == "access.claims_unknown"]
    assert (told["issuer"], token in str(logs), "龙老师" in str(logs)) == ("keycloak", False, False)


async def test_keys_rotate_without_a_restart_and_the_old_one_ends_after_a_while(
    provider: Provider, ask: Ask, clock: Hands
) -> None:
    assert (await ask(provider.token())).status_code == 200
    provider.keys["second"] = RSAKey.generate_key(2048)
    old_key = provider.keys["first"]
    clock.move(seconds=30)
    assert (await ask(provider.token("second"))).status_code == 200
    old = provider.token("first", exp=int(clock().timestamp()) + 7200)
    del provider.keys["first"]
    provider.keys["third"] = RSAKey.generate_key(2048)
    clock.move(seconds=30)
    assert (await ask(provider.token("third"))).status_code == 200
    assert (await ask(old)).status_code == 200, "signed before the key left the list"
    clock.move(seconds=600)
    assert (await ask(old)).status_code == 401, "the key is gone for good"
    provider.keys["first"] = old_key
    clock.move(seconds=30)
    assert (await ask(old)).status_code == 200


async def test_unknown_keys_make_us_ask_at_most_every_half_minute(provider: Provider, ask: Ask, clock: Hands) -> None:
    await ask(provider.token())
    assert provider.asked == 1
    await asyncio.gather(*(ask(foreign(provider, f"made-up-{number}")) for number in range(20)))
    assert provider.asked == 1
    clock.move(seconds=30)
    await asyncio.gather(*(ask(foreign(provider, f"made-up-{number}")) for number in range(20)))
    assert provider.asked == 2
    assert (await ask(provider.token())).status_code == 200


async def test_while_the_provider_is_away_known_keys_go_on(provider: Provider, ask: Ask, clock: Hands) -> None:
    await ask(provider.token())
    await provider.stop()
    clock.move(hours=2)
    assert (await ask(provider.token())).status_code == 200
    assert (await ask(foreign(provider, "other"))).status_code == 401


async def test_a_provider_that_was_away_at_the_start_is_asked_again(provider: Provider, ask: Ask, clock: Hands) -> None:
    keys, provider.keys = provider.keys, {}
    token = jwt.encode({"alg": "RS256", "typ": "at+jwt", "kid": "first"}, provider.claims(), keys["first"])
    assert (await ask(token)).status_code == 401
    provider.keys = keys
    assert (await ask(token)).status_code == 401
    clock.move(seconds=30)
    assert (await ask(token)).status_code == 200


async def test_a_discovery_document_of_another_issuer_is_not_believed(provider: Provider, clock: Hands) -> None:
    rules = provider.rules(issuer=provider.url.replace("127.0.0.1", "localhost") + "/realms/jinguo")
    external = External(rules, clock=clock)
    await external.keys.follow("first")
    with pytest.raises(KeyError):
        external.keys.find("first")


@pytest.mark.parametrize(
    "change",
    [
        {"algorithms": ["HS256"]},
        {"algorithms": ["none"]},
        {"algorithms": []},
        {"types": ["JWT"]},
        {"issuer": "http://sso.example.org/realms/jinguo"},
        {"jwks_url": "http://sso.example.org/certs"},
        {"jwks_url": "file:///etc/passwd"},
        {"roles": {"x": "service"}},
        {"name": "Key cloak"},
        {"name": "service"},
        {"audiance": "jinguo"},
    ],
)
def test_a_wrong_setting_names_itself(tmp_path: Path, change: dict[str, Any]) -> None:
    good = {"name": "keycloak", "issuer": "https://sso.example.org/realms/jinguo"}
    file = tmp_path / "issuers.json"
    file.write_text(json.dumps([good]))
    assert [each.issuer for each in externals_of(file, clock=Hands())] == [good["issuer"]]
    file.write_text(json.dumps([good | change]))
    with pytest.raises(Invalid, match=str(next(iter(change)))):
        externals_of(file, clock=Hands())


def test_an_issuer_named_twice_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "issuers.json"
    good = {"name": "a", "issuer": "https://sso.example.org/realms/jinguo"}
    file.write_text(json.dumps([good, good | {"name": "b"}]))
    with pytest.raises(Invalid, match="twice"):
        externals_of(file, clock=Hands())
