"""What a partner may see is agreed in versions; every token says what the version of its moment gives."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import httpx
import pytest

from tests.integration.access.conftest import World
from tests.integration.access.test_clients import asked, made
from tests.support.agreements import TERMS, agreed

Bearer = Callable[..., dict[str, str]]
COUNTY = "522634000000"
WHY = {"reason": "补充协议第一条"}


def at(version: int, headers: dict[str, str]) -> dict[str, str]:
    return headers | {"If-Match": f'"{version}"'}


async def principal_of(world: World, client: httpx.AsyncClient, client_id: str, secret: str) -> Any:
    answer = await asked(client, client_id, secret)
    assert answer.status_code == 200, answer.text
    return world.access.issuer.verifier().verify(answer.json()["access_token"])


async def test_a_token_says_what_the_agreement_says_and_a_change_works_with_the_next(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    types = ["training.course-opened.v1", "training.attended.v1"]
    agreement = await agreed(client, bearer(), event_types=types, measures=["training"], purpose="aid", name="2016-03")
    path = f"/v1/agreements/{agreement['agreement_id']}"
    client_id, secret = await made(
        client, bearer(), agreement_id=agreement["agreement_id"], scopes=["feeds:read", "registry:read"]
    )
    first = await principal_of(world, client, client_id, secret)
    assert (first.agreement, first.purpose, first.measures) == ("2016-03@1", "aid", {"training"})
    assert (first.fields, first.event_types) == ({"place", "reference"}, set(types))
    change = WHY | {"fields": ["measure"], "event_types": [], "measures": None, "scopes": ["feeds:read"]}
    changed = await client.patch(path, json=change, headers=at(1, bearer()))
    assert changed.status_code == 200, changed.text
    assert (changed.headers["etag"], changed.json()["version"], changed.json()["purpose"]) == ('"2"', 2, "aid")
    second = await principal_of(world, client, client_id, secret)
    assert (second.agreement, second.measures, second.scopes) == ("2016-03@2", None, {"feeds:read"})
    assert (second.fields, second.event_types) == ({"measure"}, set())
    more = await asked(client, client_id, secret, scope="registry:read")
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")


async def test_every_version_stays_readable_and_none_can_be_rewritten(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    agreement = await agreed(client, bearer())
    path = f"/v1/agreements/{agreement['agreement_id']}"
    for version, field in ((1, "poverty"), (2, "figures")):
        answer = await client.patch(path, json=WHY | {"fields": [field]}, headers=at(version, bearer(sub="7")))
        assert answer.status_code == 200, answer.text
    listed = (await client.get(f"{path}/versions?limit=2", headers=bearer())).json()
    rest = (await client.get(listed["next"], headers=bearer())).json()
    found = [(each["version"], each["fields"], each["made_by"]) for each in listed["items"] + rest["items"]]
    assert found == [(3, ["figures"], "7"), (2, ["poverty"], "7"), (1, ["place", "reference"], "0")]
    assert rest["next"] is None
    assert rest["items"][0] == agreement
    for statement in (
        "UPDATE agreement_versions SET fields = '{identity}'",
        "DELETE FROM agreement_versions",
        "UPDATE agreements SET division = '000000000000'",
        "TRUNCATE agreement_versions",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await world.pool.execute(statement)


@pytest.mark.parametrize(
    ("moment", "standing", "code"),
    [
        ("2016-07-31T15:59:59", "not_yet", "agreement_not_yet"),
        ("2016-07-31T16:00:00", "in_force", "token_given"),
        ("2016-08-31T15:59:00", "in_force", "token_given"),
        ("2016-08-31T16:00:00", "over", "agreement_over"),
    ],
)
async def test_tokens_are_given_on_the_days_of_the_agreement_as_they_are_in_shanghai(
    world: World, client: httpx.AsyncClient, bearer: Bearer, moment: str, standing: str, code: str
) -> None:
    agreement = await agreed(client, bearer(), valid_from="2016-08-01", valid_to="2016-08-31")
    assert agreement["standing"] == "not_yet"
    client_id, secret = await made(client, bearer(), agreement_id=agreement["agreement_id"])
    world.clock.now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    answer = await asked(client, client_id, secret)
    assert answer.status_code == (200 if code == "token_given" else 401)
    assert (await world.outcomes())[-1] == code
    shown = await client.get(f"/v1/clients/{client_id}", headers=bearer())
    assert shown.json()["standing"] == standing


async def test_no_token_outlives_its_agreement(world: World, client: httpx.AsyncClient, bearer: Bearer) -> None:
    agreement = await agreed(client, bearer(), valid_to="2016-08-31")
    client_id, secret = await made(client, bearer(), agreement_id=agreement["agreement_id"])
    world.clock.now = datetime(2016, 8, 31, 15, 58, tzinfo=UTC)
    assert (await asked(client, client_id, secret)).json()["expires_in"] == 120


async def test_a_closed_agreement_gives_nothing_and_stays_closed(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    agreement = await agreed(client, bearer())
    path = f"/v1/agreements/{agreement['agreement_id']}"
    client_id, secret = await made(client, bearer(), agreement_id=agreement["agreement_id"])
    assert (await asked(client, client_id, secret)).status_code == 200
    assert (await client.post(f"{path}/closure", json={"reason": ""}, headers=at(1, bearer()))).status_code == 422
    closed = await client.post(f"{path}/closure", json={"reason": "合同已经结束"}, headers=at(1, bearer()))
    assert (closed.json()["standing"], closed.json()["version"]) == ("closed", 2)
    refused = await asked(client, client_id, secret)
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    again = await client.patch(path, json=WHY | {"fields": []}, headers=at(2, bearer()))
    assert (again.status_code, again.json()["code"]) == (409, "access.agreement_closed")
    body = {"name": "x", "division": COUNTY, "agreement_id": agreement["agreement_id"], "scopes": ["registry:read"]}
    late = await client.post("/v1/clients", json=body, headers=bearer())
    assert (late.status_code, late.json()["code"]) == (422, "access.agreement_not_in_force")
    assert (await client.patch(f"/v1/clients/{client_id}", json={"name": "y"}, headers=at(1, bearer()))).is_success


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"scopes": ["accounts:write"]}, "/scopes"),
        ({"fields": ["health"]}, "/fields"),
        ({"fields": ["structure"]}, "/fields"),
        ({"event_types": ["training.no-such.v1"]}, "/event_types"),
        ({"measures": ["cooking"]}, "/measures"),
        ({"purpose": "fun"}, "/purpose"),
        ({"valid_to": "2016-02-01"}, "/valid_to"),
        ({"division": "522635000000"}, "/division"),
        ({"division": "522600000000"}, "/division"),
    ],
)
async def test_what_no_agreement_may_say(
    client: httpx.AsyncClient, bearer: Bearer, terms: dict[str, object], field: str
) -> None:
    answer = await client.post("/v1/agreements", json=TERMS | {"name": "a"} | terms, headers=bearer(division=COUNTY))
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == field
    assert answer.json()["code"].startswith("access.")


@pytest.mark.parametrize("change", [{"fields": None}, {"partner": None}, {"valid_from": None}, {"reason": "x"}, {}])
async def test_a_change_says_why_and_leaves_nothing_empty(
    client: httpx.AsyncClient, bearer: Bearer, change: dict[str, object]
) -> None:
    agreement = await agreed(client, bearer())
    body = (WHY if "reason" not in change and change else {}) | change
    answer = await client.patch(f"/v1/agreements/{agreement['agreement_id']}", json=body, headers=at(1, bearer()))
    assert answer.status_code == 422


async def test_a_client_stays_inside_its_agreement(client: httpx.AsyncClient, bearer: Bearer) -> None:
    narrow = await agreed(client, bearer(), division="522634101000", scopes=["feeds:read"])
    body = {"name": "x", "agreement_id": narrow["agreement_id"], "division": COUNTY, "scopes": ["feeds:read"]}
    outside = await client.post("/v1/clients", json=body, headers=bearer())
    assert (outside.status_code, outside.json()["code"]) == (422, "access.agreement_division")
    above = {"division": "522634101000", "scopes": ["registry:read"]}
    more = await client.post("/v1/clients", json=body | above, headers=bearer())
    assert (more.status_code, more.json()["code"]) == (422, "access.scope_above")
    client_id, _ = await made(client, bearer())
    moved = await client.patch(
        f"/v1/clients/{client_id}", json={"agreement_id": narrow["agreement_id"]}, headers=at(1, bearer())
    )
    assert moved.status_code == 422
    foreign = await client.post("/v1/clients", json=body, headers=bearer(division="522635000000"))
    assert (foreign.status_code, foreign.json()["code"]) == (422, "access.division_outside")


async def test_an_agreement_of_another_county_is_not_there_and_its_name_is_free(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    agreement = await agreed(client, bearer(), name="2016-03")
    other, missing = bearer(division="522635000000"), agreement["agreement_id"][:-4] + "0000"
    same = {"trace_id": "", "instance": ""}
    for method, tail, body in [
        ("GET", "", None),
        ("GET", "/versions", None),
        ("PATCH", "", WHY),
        ("POST", "/closure", WHY),
    ]:
        found, absent = [
            await client.request(method, f"/v1/agreements/{each}{tail}", headers=at(1, other), json=body)
            for each in (agreement["agreement_id"], missing)
        ]
        assert (found.status_code, found.json() | same) == (absent.status_code, absent.json() | same)
        assert found.status_code == 404
    assert (await client.get("/v1/agreements", headers=other)).json()["items"] == []
    assert (await agreed(client, other, name="2016-03", division="522635000000"))["version"] == 1
    taken = await client.post("/v1/agreements", json=TERMS | {"name": "2016-03"}, headers=bearer())
    assert (taken.status_code, taken.json()["code"]) == (409, "access.agreement_taken")
    assert (await client.get("/v1/agreements", headers=bearer("federation"))).status_code == 403


async def test_of_two_changes_at_once_one_is_stale_and_a_repeated_request_is_one_version(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    agreement = await agreed(client, bearer())
    path = f"/v1/agreements/{agreement['agreement_id']}"
    assert (await client.patch(path, json=WHY, headers=bearer())).status_code == 428
    both = await asyncio.gather(
        *(client.patch(path, json=WHY | {"partner": name}, headers=at(1, bearer())) for name in "ab")
    )
    assert sorted(each.status_code for each in both) == [200, 412]
    keyed = at(2, bearer()) | {"Idempotency-Key": "once"}
    first, second = [await client.patch(path, json=WHY | {"fields": []}, headers=keyed) for _ in range(2)]
    assert (first.json(), second.headers["idempotency-replayed"]) == (second.json(), "true")
    assert (await client.get(path, headers=bearer())).json()["version"] == 3


async def test_who_changed_what_stands_in_the_trail_in_the_same_transaction(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    agreement = await agreed(client, bearer(division=COUNTY, sub="9"), name="2016-03")
    path = f"/v1/agreements/{agreement['agreement_id']}"
    await client.patch(path, json=WHY | {"fields": ["figures"]}, headers=at(1, bearer(sub="9")))
    client_id, _ = await made(client, bearer(sub="9"), agreement_id=agreement["agreement_id"])
    await client.patch(
        f"/v1/clients/{client_id}", json={"disabled": True, "scopes": ["registry:read"]}, headers=at(1, bearer(sub="9"))
    )
    await client.post(f"{path}/closure", json=WHY, headers=at(2, bearer(sub="9")))
    found = await world.pool.fetch("SELECT * FROM audit_trail WHERE actor = '9' ORDER BY id")
    assert [record["action"] for record in found] == [
        "agreement.made", "agreement.changed", "client.made", "client.changed", "agreement.closed",
    ]  # fmt: skip
    made_, changed, added, closed_client, closed = found
    assert (made_["unit"], made_["object_id"], made_["reason"]) == (COUNTY, agreement["agreement_id"], TERMS["reason"])
    assert made_["detail"]["fields"] == ["place", "reference"]
    assert changed["detail"]["before"] == {"fields": ["place", "reference"]}
    assert changed["detail"]["after"] == {"fields": ["figures"]}
    assert (added["object_id"], added["detail"]["agreement"]) == (client_id, "2016-03@2")
    assert closed_client["detail"]["changed"] == ["scopes", "disabled"]
    assert (closed["detail"]["agreement"], closed["reason"]) == ("2016-03@3", WHY["reason"])


async def test_the_end_of_a_client_can_be_taken_away(client: httpx.AsyncClient, bearer: Bearer) -> None:
    client_id, _ = await made(client, bearer(), expires_at="2016-08-30T00:00:00+08:00")
    path = f"/v1/clients/{client_id}"
    kept = await client.patch(path, json={"name": "x"}, headers=at(1, bearer()))
    assert kept.json()["expires_at"] is not None
    lifted = await client.patch(path, json={"expires_at": None}, headers=at(2, bearer()))
    assert lifted.json()["expires_at"] is None


async def test_a_repeated_request_makes_one_client_and_shows_its_secret_again(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    agreement = await agreed(client, bearer())
    body = {"name": "x", "agreement_id": agreement["agreement_id"], "division": COUNTY, "scopes": ["registry:read"]}
    headers = bearer() | {"Idempotency-Key": "one"}
    first, second = [await client.post("/v1/clients", json=body, headers=headers) for _ in range(2)]
    assert first.json()["client_secret"] == second.json()["client_secret"]
    assert await world.pool.fetchval("SELECT count(*) FROM clients") == 1
    path = f"/v1/clients/{first.json()['client']['client_id']}/secrets"
    made_twice = [await client.post(path, json={}, headers=at(1, headers)) for _ in range(2)]
    assert [each.status_code for each in made_twice] == [201, 201]
    assert await world.pool.fetchval("SELECT count(*) FROM client_secrets") == 2


async def test_a_client_is_explained_by_its_id(client: httpx.AsyncClient, bearer: Bearer) -> None:
    agreement = await agreed(client, bearer(), name="2016-03", measures=["training"], fields=["place"])
    client_id, _ = await made(client, bearer(), agreement_id=agreement["agreement_id"])
    query = {"user": client_id, "action": "registry:read", "division": COUNTY}
    said = (await client.get("/v1/explain", params=query, headers=bearer())).json()
    assert (said["allowed"], said["code"]) == (False, "access.measure_outside")
    assert "agreement 2016-03@1 gives place" in {line["said"] for line in said["rules"]}
    elsewhere = await client.get("/v1/explain", params=query, headers=bearer(division="522635000000"))
    assert elsewhere.status_code == 404
