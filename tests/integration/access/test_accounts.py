"""A security administrator rules inside his own division, gives roles he has not, and never to himself."""

from collections.abc import Callable

import httpx
import pytest

from libs.access.policy import ACCOUNT_ROLES
from libs.access.rules import POLICY
from libs.service.once import Answers
from tests.integration.access.conftest import PASSWORD, World

Bearer = Callable[..., dict[str, str]]
NEW = {"username": "yongle", "name": "永乐镇妇联", "role": "cadre", "division": "522634101000"}


async def test_an_account_is_made_with_a_password_for_one_use(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    answer = await client.post("/v1/accounts", json=NEW, headers=bearer("security-admin", "522634000000"))
    assert answer.status_code == 201
    made = answer.json()
    assert made["account"]["must_change"] is True
    assert answer.headers["location"] == f"/v1/accounts/{made['account']['id']}"
    body = {"username": "yongle", "password": made["one_time_password"], "new_password": PASSWORD}
    assert (await client.post("/v1/password", json=body)).status_code == 204
    shown = await client.get(answer.headers["location"], headers=bearer("security-admin", "522634000000"))
    assert shown.json() | {"id": ""} == {
        "id": "",
        **NEW,
        "must_change": False,
        "locked_until": None,
        "disabled": False,
        "version": 2,
        "second_factor": False,
        "measures": None,
    }
    assert shown.headers["etag"] == '"2"'


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"division": "522635000000"}, "access.division_outside"),
        ({"division": "522600000000"}, "access.division_outside"),
        ({"division": "000000000000"}, "access.division_outside"),
        ({"division": "522034000000"}, "access.division_outside"),
        ({"division": "520034000000"}, "division.bad_code"),
        ({"role": "service"}, "access.role"),
        ({"role": "owner"}, "access.role"),
        ({"role": "admin"}, "access.role"),
        ({"role": "partner"}, "access.role"),
        ({"measures": ["cooking"]}, "access.measure"),
        ({"username": "a b"}, "access.username"),
        ({"username": "<script>"}, "access.username"),
        ({"scopes": ["registry:resolve"]}, "common.invalid"),
        ({"must_change": False}, "common.invalid"),
    ],
)
async def test_what_an_administrator_may_not_make(
    client: httpx.AsyncClient, bearer: Bearer, change: dict[str, object], code: str
) -> None:
    answer = await client.post("/v1/accounts", json=NEW | change, headers=bearer("security-admin", "522634000000"))
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize("role", sorted(ACCOUNT_ROLES))
async def test_a_security_administrator_gives_every_role_of_accounts(
    client: httpx.AsyncClient, bearer: Bearer, role: str
) -> None:
    answer = await client.post("/v1/accounts", json=NEW | {"role": role}, headers=bearer())
    assert (answer.status_code, answer.json()["account"]["role"]) == (201, role)


async def test_a_user_name_is_taken_in_any_writing(client: httpx.AsyncClient, bearer: Bearer) -> None:
    await client.post("/v1/accounts", json=NEW, headers=bearer())
    answer = await client.post("/v1/accounts", json=NEW | {"username": "ＹongLE"}, headers=bearer())
    assert (answer.status_code, answer.json()["code"]) == (409, "access.username_taken")


@pytest.mark.parametrize("role", sorted(ACCOUNT_ROLES - {"security-admin"}))
async def test_only_security_administrators_reach_accounts(
    client: httpx.AsyncClient, bearer: Bearer, role: str
) -> None:
    headers = bearer(role)
    assert (await client.get("/v1/accounts", headers=headers)).status_code == 403
    assert (await client.post("/v1/accounts", json=NEW, headers=headers)).status_code == 403


async def test_an_account_of_another_county_is_not_there(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    account = await world.open_account("yongle", division="522634101000")
    other = bearer("security-admin", "522635000000")
    path = f"/v1/accounts/{account.id}"
    missing = f"/v1/accounts/{account.id}"[:-4] + "0000"
    for method, tail in (("GET", ""), ("PATCH", ""), ("POST", "/password-reset")):
        body = {"json": {"disabled": True}} if method == "PATCH" else {}
        headers = other | {"If-Match": '"2"'}
        found = await client.request(method, path + tail, headers=headers, **body)  # type: ignore[arg-type]
        absent = await client.request(method, missing + tail, headers=headers, **body)  # type: ignore[arg-type]
        same = {"trace_id": "", "instance": ""}
        assert (found.status_code, found.json() | same) == (absent.status_code, absent.json() | same)
        assert found.status_code == 404
    assert (await client.get("/v1/accounts", headers=other)).json()["items"] == []


async def test_a_list_goes_on_over_pages_inside_the_division(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    for number in range(5):
        await world.open_account(f"user{number}", division=f"52263410{number + 1}000")
    await world.open_account("elsewhere", division="522635000000")
    seen, url = [], "/v1/accounts?limit=2"
    while url:
        page = (await client.get(url, headers=bearer("security-admin", "522634000000"))).json()
        seen += [item["username"] for item in page["items"]]
        url = page["next"]
    assert seen == [f"user{number}" for number in range(5)]


async def test_a_change_needs_the_version_it_was_made_to(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    account = await world.open_account("yongle")
    path, headers = f"/v1/accounts/{account.id}", bearer()
    assert (await client.patch(path, json={"name": "x"}, headers=headers)).status_code == 428
    assert (await client.patch(path, json={"name": "x"}, headers=headers | {"If-Match": '"1"'})).status_code == 412
    answer = await client.patch(path, json={"name": "x"}, headers=headers | {"If-Match": f'"{account.version}"'})
    assert (answer.json()["name"], answer.json()["role"]) == ("x", "cadre")


async def test_nobody_changes_his_own_rights(world: World, client: httpx.AsyncClient, bearer: Bearer) -> None:
    account = await world.open_account("boss", role="security-admin", division="000000000000")
    headers = bearer(sub=str(account.id)) | {"If-Match": f'"{account.version}"'}
    for change in ({"disabled": True}, {"role": "reader"}, {"division": "522634000000"}):
        answer = await client.patch(f"/v1/accounts/{account.id}", json=change, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (422, "access.own_account")


async def test_a_reset_ends_lock_and_sessions_and_gives_a_new_first_password(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    account = await world.open_account("yongle")
    token, _ = await world.access.sessions.start(account, "10.0.0.1", "")
    path = f"/v1/accounts/{account.id}/password-reset"
    assert (await client.post(path, headers=bearer())).status_code == 428
    assert (await client.post(path, headers=bearer() | {"If-Match": '"1"'})).status_code == 412
    answer = await client.post(path, headers=bearer() | {"If-Match": '"2"'})
    assert await world.access.sessions.find(token, "10.0.0.1") is None
    body = {"username": "yongle", "password": answer.json()["one_time_password"]}
    assert (await client.post("/v1/sign-in", json=body)).json()["code"] == "access.password_change_required"
    assert (await client.post("/v1/sign-in", json=body | {"password": PASSWORD})).status_code == 401


async def test_the_public_key_is_published_and_the_private_one_is_not(client: httpx.AsyncClient) -> None:
    (key,) = (await client.get("/v1/keys")).json()["keys"]
    assert set(key) == {"kty", "crv", "x", "kid", "alg", "use"}


async def test_a_decision_is_explained_rule_by_rule_inside_the_own_units(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    await world.open_account("xijiang", role="cadre", division="522634101000")
    query = {"user": "XIJIANG", "action": "registry:read", "division": "522634101000"}
    own = (await client.get("/v1/explain", params=query, headers=bearer())).json()
    assert (own["allowed"], own["code"], own["version"]) == (True, None, POLICY.version)
    other = await client.get("/v1/explain", params=query | {"division": "522634102000"}, headers=bearer())
    failed = [line["rule"] for line in other.json()["rules"] if not line["holds"]]
    assert (other.json()["allowed"], other.json()["code"], failed) == (False, "common.not_found", ["unit"])
    elsewhere = await client.get("/v1/explain", params=query, headers=bearer(division="522635000000"))
    assert elsewhere.status_code == 404
    unknown = await client.get("/v1/explain", params=query | {"action": "registry:dance"}, headers=bearer())
    assert unknown.json()["code"] == "access.action"
    assert (await client.get("/v1/explain", params=query, headers=bearer("auditor"))).status_code == 403


async def test_an_account_limited_to_measures_has_tokens_that_are(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    made = await client.post("/v1/accounts", json=NEW | {"measures": ["training"]}, headers=bearer())
    assert made.json()["account"]["measures"] == ["training"]
    first = {"username": "yongle", "password": made.json()["one_time_password"], "new_password": PASSWORD}
    await client.post("/v1/password", json=first)
    token = (await client.post("/v1/sign-in", json={"username": "yongle", "password": PASSWORD})).json()
    assert world.access.issuer.verifier().verify(token["access_token"]).measures == {"training"}
    query = {"user": "yongle", "action": "registry:read", "division": "522634101000"}
    assert (await client.get("/v1/explain", params=query, headers=bearer())).json()["code"] == "access.measure_outside"
    path = f"/v1/accounts/{made.json()['account']['id']}"
    named = await client.patch(path, json={"name": "x"}, headers=bearer() | {"If-Match": '"2"'})
    assert named.json()["measures"] == ["training"], "left out, it stays"
    lifted = await client.patch(path, json={"measures": None}, headers=bearer() | {"If-Match": '"3"'})
    assert lifted.json()["measures"] is None
    detail = await world.pool.fetchval(
        "SELECT detail FROM audit_trail WHERE action = 'account.changed' ORDER BY id DESC"
    )
    assert (detail["changed"], detail["before"]) == (["measures"], {"measures": ["training"]})


async def test_an_answer_that_was_lost_is_given_again_with_its_password(
    world: World, client: httpx.AsyncClient, bearer: Bearer, monkeypatch: pytest.MonkeyPatch
) -> None:
    headers = bearer() | {"Idempotency-Key": "one"}

    async def lost(*_args: object, **_more: object) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(Answers, "keep", lost)
        assert (await client.post("/v1/accounts", json=NEW, headers=headers)).status_code == 500
    assert await world.pool.fetchval("SELECT count(*) FROM accounts") == 0, "neither done nor answered"
    first = await client.post("/v1/accounts", json=NEW, headers=headers)
    again = await client.post("/v1/accounts", json=NEW, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert await world.pool.fetchval("SELECT count(*) FROM accounts") == 1
