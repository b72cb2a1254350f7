"""Partners' programs get short tokens for their secret, as RFC 6749 says it, and never more than was agreed."""

import asyncio
import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus
from uuid import UUID

import httpx
import pytest

from libs.access.main import ROUTERS
from libs.service.app import create_app
from libs.service.settings import ServiceSettings
from tests.integration.access.conftest import World
from tests.support.agreements import agreed

Bearer = Callable[..., dict[str, str]]
NEW = {
    "name": "雷山农商行",
    "division": "522634000000",
    "scopes": ["registry:read", "registry:write"],
}
GRANT = {"grant_type": "client_credentials"}


async def made(client: httpx.AsyncClient, headers: dict[str, str], **change: Any) -> tuple[str, str]:
    """A new client's id and secret."""
    agreement = change.pop("agreement_id", None) or (await agreed(client, headers))["agreement_id"]
    answer = await client.post("/v1/clients", json=NEW | {"agreement_id": agreement} | change, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["client"]["client_id"], answer.json()["client_secret"]


def basic(client_id: str, secret: str) -> dict[str, str]:
    text = f"{quote_plus(client_id)}:{quote_plus(secret)}"
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


async def asked(client: httpx.AsyncClient, client_id: str, secret: str, **form: str) -> httpx.Response:
    return await client.post("/v1/token", data=GRANT | form, headers=basic(client_id, secret))


async def test_a_client_gets_a_token_of_ten_minutes_with_its_scopes(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    client_id, secret = await made(client, bearer(division="522600000000"))
    for answer in (
        await asked(client, client_id, secret),
        await client.post("/v1/token", data=GRANT | {"client_id": client_id, "client_secret": secret}),
    ):
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert (body["token_type"], body["expires_in"], body["scope"]) == (
            "Bearer",
            600,
            "registry:read registry:write",
        )
        assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
        principal = world.access.issuer.verifier().verify(body["access_token"])
        assert (principal.sub, principal.role, principal.kind) == (client_id, "partner", "client")
        assert (principal.division.code, principal.name) == (NEW["division"], NEW["name"])
    assert await world.outcomes() == ["token_given", "token_given"]


async def test_a_scope_may_be_fewer_but_never_more(world: World, client: httpx.AsyncClient, bearer: Bearer) -> None:
    client_id, secret = await made(client, bearer(), scopes=["registry:read"])
    fewer = await asked(client, client_id, secret, scope="registry:read")
    assert fewer.json()["scope"] == "registry:read"
    for scope in ("registry:write", "registry:read accounts:write", "", "root"):
        answer = await asked(client, client_id, secret, scope=scope)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope"), scope


BAD: dict[str, tuple[dict[str, Any], int, str]] = {
    "no grant": ({"data": {"scope": "registry:read"}}, 400, "invalid_request"),
    "password grant": (
        {"data": {"grant_type": "password", "username": "a", "password": "b"}},
        400,
        "unsupported_grant_type",
    ),
    "JSON": ({"json": GRANT}, 400, "invalid_request"),
    "no client": ({"data": GRANT}, 401, "invalid_client"),
    "no such client": (
        {"data": GRANT, "headers": basic("01a21155-0000-7000-8000-000000000000", "x")},
        401,
        "invalid_client",
    ),
    "an id with a NUL": ({"data": GRANT, "headers": basic("a\x00", "x")}, 401, "invalid_client"),
    "a broken header": ({"data": GRANT, "headers": {"Authorization": "Basic %%%"}}, 401, "invalid_client"),
    "a bearer": ({"data": GRANT, "headers": {"Authorization": "Bearer x"}}, 401, "invalid_client"),
    "two headers": (
        {"data": GRANT, "headers": [("Authorization", "Basic YTpi"), ("Authorization", "Basic YTpi")]},
        400,
        "invalid_request",
    ),
    "header and form": (
        {"data": GRANT | {"client_secret": "x"}, "headers": basic("a", "x")},
        400,
        "invalid_request",
    ),
    "another id in the form": (
        {"data": GRANT | {"client_id": "b"}, "headers": basic("a", "x")},
        400,
        "invalid_request",
    ),
    "a parameter twice": (
        {
            "content": "grant_type=client_credentials&grant_type=client_credentials",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        },
        400,
        "invalid_request",
    ),
    "no UTF-8": (
        {"content": b"grant_type=%ff", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        400,
        "invalid_request",
    ),
    "too long": ({"data": GRANT | {"x": "a" * 9000}}, 400, "invalid_request"),
}


@pytest.mark.parametrize("name", BAD)
async def test_errors_are_those_of_the_rfc(client: httpx.AsyncClient, name: str) -> None:
    request, status, code = BAD[name]
    answer = await client.post("/v1/token", **request)
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["error_description"].isascii()
    assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_unknown_wrong_closed_expired_and_locked_answer_alike(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    end = "2016-07-02T08:00:00+00:00"
    good_id, good_secret = await made(client, bearer())
    closed_id, closed_secret = await made(client, bearer())
    expiring_id, expiring_secret = await made(client, bearer(), expires_at=end)
    locked_id, locked_secret = await made(client, bearer())
    headers = bearer() | {"If-Match": '"1"'}
    assert (await client.patch(f"/v1/clients/{closed_id}", json={"disabled": True}, headers=headers)).status_code == 200
    assert (await asked(client, expiring_id, expiring_secret)).status_code == 200
    world.clock.move(days=1)
    for _ in range(5):
        await asked(client, locked_id, "wrong")
    answers = [
        await asked(client, client_id, secret)
        for client_id, secret in [
            ("01a21155-0000-7000-8000-000000000000", good_secret),
            (good_id, closed_secret),
            (closed_id, closed_secret),
            (expiring_id, expiring_secret),
            (locked_id, locked_secret),
        ]
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert (await world.outcomes())[-5:] == ["unknown", "wrong_secret", "closed", "expired", "locked"]
    assert (await asked(client, good_id, good_secret)).status_code == 200


async def test_five_wrong_secrets_lock_the_address_they_came_from_and_nobody_else(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    client_id, secret = await made(client, bearer())
    guesses = [world.access.client_sign_in.authenticate(client_id, f"guess {n}", "10.6.6.6") for n in range(12)]
    await asyncio.gather(*guesses, return_exceptions=True)
    found = await world.outcomes()
    assert (found.count("wrong_secret"), found.count("locked")) == (5, 7)
    with pytest.raises(Exception, match="客户端编号或密钥不正确"):
        await world.access.client_sign_in.authenticate(client_id, secret, "10.6.6.6")
    assert (await asked(client, client_id, secret)).status_code == 200, "the partner goes on from his own address"
    world.clock.move(minutes=15)
    assert (await world.access.client_sign_in.authenticate(client_id, secret, "10.6.6.6")).id == UUID(client_id)


async def test_a_secret_is_changed_without_a_standstill(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    client_id, first = await made(client, bearer())
    path = f"/v1/clients/{client_id}"
    new = await client.post(f"{path}/secrets", json={"keep_hours": 24}, headers=bearer() | {"If-Match": '"1"'})
    assert new.status_code == 201, new.text
    second = new.json()["client_secret"]
    for secret in (first, second):
        assert (await asked(client, client_id, secret)).status_code == 200
    third = await client.post(f"{path}/secrets", json={}, headers=bearer() | {"If-Match": '"2"'})
    assert (third.status_code, third.json()["code"]) == (409, "access.two_secrets")
    world.clock.move(hours=24)
    assert (await asked(client, client_id, first)).status_code == 401
    assert (await asked(client, client_id, second)).status_code == 200
    (left,) = (await client.get(path, headers=bearer())).json()["secrets"]
    assert left["expires_at"] is None
    ending = f"{path}/secrets/{left['id']}"
    assert (await client.delete(ending, headers=bearer())).status_code == 428
    assert (await client.delete(ending, headers=bearer() | {"If-Match": '"1"'})).status_code == 412
    gone = await client.delete(ending, headers=bearer() | {"If-Match": '"2"'})
    assert gone.status_code == 204
    assert (await asked(client, client_id, second)).status_code == 401
    assert (await client.delete(ending, headers=bearer() | {"If-Match": '"3"'})).status_code == 404


async def test_a_lost_secret_is_replaced_at_once(client: httpx.AsyncClient, bearer: Bearer) -> None:
    client_id, lost = await made(client, bearer())
    new = await client.post(
        f"/v1/clients/{client_id}/secrets", json={"keep_hours": 0}, headers=bearer() | {"If-Match": '"1"'}
    )
    assert (await asked(client, client_id, lost)).status_code == 401
    assert (await asked(client, client_id, new.json()["client_secret"])).status_code == 200


async def test_secrets_are_not_in_the_database_and_are_shown_once(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    client_id, secret = await made(client, bearer())
    rows = str(await world.pool.fetch("SELECT c::text, s::text FROM clients c, client_secrets s"))
    assert client_id in rows
    assert secret not in rows
    assert secret not in (await client.get(f"/v1/clients/{client_id}", headers=bearer())).text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"division": "522635000000"}, "access.division_outside"),
        ({"division": "522600000000"}, "access.division_outside"),
        ({"scopes": ["accounts:write"]}, "access.scope_above"),
        ({"scopes": ["registry:read", "personal:read"]}, "access.scope_above"),
        ({"scopes": []}, "common.invalid"),
        ({"agreement_id": ""}, "common.invalid"),
        ({"agreement_id": None}, "common.invalid"),
        ({"expires_at": "2016-06-30T00:00:00+08:00"}, "access.end_past"),
        ({"expires_at": "2016-08-30T00:00:00"}, "common.invalid"),
        ({"role": "admin"}, "common.invalid"),
    ],
)
async def test_what_no_client_may_be(
    client: httpx.AsyncClient, bearer: Bearer, change: dict[str, object], code: str
) -> None:
    headers = bearer(division="522634000000")
    under = {"agreement_id": (await agreed(client, headers))["agreement_id"]}
    answer = await client.post("/v1/clients", json=NEW | under | change, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_a_client_of_another_county_is_not_there(world: World, client: httpx.AsyncClient, bearer: Bearer) -> None:
    client_id, _ = await made(client, bearer())
    secret_id = await world.pool.fetchval("SELECT id FROM client_secrets")
    other = bearer(division="522635000000") | {"If-Match": '"1"'}
    missing = client_id[:-4] + "0000"
    same = {"trace_id": "", "instance": ""}
    for method, tail, body in [
        ("GET", "", None),
        ("PATCH", "", {"disabled": True}),
        ("POST", "/secrets", {}),
        ("DELETE", f"/secrets/{secret_id}", None),
    ]:
        found, absent = [
            await client.request(method, f"/v1/clients/{each}{tail}", headers=other, json=body)
            for each in (client_id, missing)
        ]
        assert (found.status_code, found.json() | same) == (absent.status_code, absent.json() | same)
        assert found.status_code == 404
    assert (await client.get("/v1/clients", headers=other)).json()["items"] == []
    listed = (await client.get("/v1/clients", headers=bearer())).json()["items"]
    assert [(item["client_id"], item["version"]) for item in listed] == [(client_id, 1)]


@pytest.mark.parametrize("role", ["federation", "cadre", "reader", "partner"])
async def test_only_the_security_administrator_reaches_clients(
    client: httpx.AsyncClient, bearer: Bearer, role: str
) -> None:
    assert (await client.get("/v1/clients", headers=bearer(role))).status_code == 403
    assert (await client.post("/v1/clients", json=NEW, headers=bearer(role))).status_code == 403


async def test_a_change_needs_the_version_it_was_made_to(client: httpx.AsyncClient, bearer: Bearer) -> None:
    client_id, _ = await made(client, bearer())
    path = f"/v1/clients/{client_id}"
    assert (await client.patch(path, json={"name": "x"}, headers=bearer())).status_code == 428
    assert (await client.patch(path, json={"name": "x"}, headers=bearer() | {"If-Match": '"9"'})).status_code == 412
    answer = await client.patch(path, json={"name": "x"}, headers=bearer() | {"If-Match": '"1"'})
    assert (answer.json()["name"], answer.json()["version"]) == ("x", 2)
    assert answer.headers["etag"] == '"2"'


async def test_scopes_taken_away_are_gone_from_the_next_token(client: httpx.AsyncClient, bearer: Bearer) -> None:
    client_id, secret = await made(client, bearer())
    headers = bearer() | {"If-Match": '"1"'}
    await client.patch(f"/v1/clients/{client_id}", json={"scopes": ["registry:read"]}, headers=headers)
    assert (await asked(client, client_id, secret)).json()["scope"] == "registry:read"


def test_the_token_endpoint_is_documented_with_its_form_and_its_errors() -> None:
    app = create_app("access", title="A", routers=ROUTERS, runtime=None, verifier=None, settings=ServiceSettings())
    operation = app.openapi()["paths"]["/v1/token"]["post"]
    assert set(operation["requestBody"]["content"]) == {"application/x-www-form-urlencoded"}
    assert {"200", "400", "401"} <= set(operation["responses"])
    codes = operation["responses"]["400"]["content"]["application/json"]["schema"]["properties"]["error"]["enum"]
    assert "invalid_scope" in codes
