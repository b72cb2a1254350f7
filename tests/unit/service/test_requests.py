"""What a route does not know it refuses, and JSON means one thing only."""

from collections.abc import Callable

import httpx
import pytest

Bearer = Callable[..., dict[str, str]]
JSON = {"Content-Type": "application/json", "Idempotency-Key": "k"}


async def test_an_unknown_parameter_is_refused_by_name(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/open?tga=1")
    assert (answer.status_code, answer.json()["code"]) == (400, "common.unknown_parameter")
    assert answer.json()["errors"][0] | {"detail": ""} == {
        "pointer": "/tga",
        "code": "common.unknown_parameter",
        "detail": "",
        "right": "tag",
    }


async def test_a_parameter_of_another_route_is_unknown_too(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/refused?kind=x")).status_code == 400


async def test_a_list_may_be_repeated_and_a_single_value_may_not(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/open?tag=a&tag=b")).json() == {"tags": ["a", "b"]}
    answer = await client.get("/v1/items?kind=a&kind=b")
    assert (answer.status_code, answer.json()["code"]) == (400, "common.repeated_parameter")


@pytest.mark.parametrize(("query", "field"), [("tag=a%00b", "/tag"), ("t%00ag=1", "/tag"), ("tag=x&tag=%00", "/tag")])
async def test_a_nul_in_the_query_is_refused_before_any_database_sees_it(
    client: httpx.AsyncClient, query: str, field: str
) -> None:
    answer = await client.get(f"/v1/open?{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "common.nul")
    assert answer.json()["errors"][0]["pointer"] == field


async def test_parameters_of_a_model_are_known(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/model?kind=a&tags=x&tags=y")).json() == {"kind": "a", "tags": ["x", "y"]}
    assert (await client.get("/v1/model?kind=a&kind=b")).status_code == 400
    assert (await client.get("/v1/model?sort=name")).status_code == 400


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"name": "a", "name": "b"}', 400),
        (b'{"name": "a", "inner": {"x": 1, "x": 2}}', 400),
        (b'\xef\xbb\xbf{"name": "a"}', 400),
        (b'{"name": "a", "days": NaN}', 400),
        (b'{"name": "\\ud800"}', 400),
        (b'{"name": "\xff"}', 400),
        (b"{", 400),
        (b"[" * 800 + b"]" * 800, 422),
        (b"[" * 1030, 400),
        (b'{"name": "a\\u0000b"}', 422),
        (b"[]", 422),
        (b"", 422),
    ],
)
async def test_json_has_one_meaning(client: httpx.AsyncClient, bearer: Bearer, body: bytes, status: int) -> None:
    answer = await client.post("/v1/items", content=body, headers=bearer() | JSON)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


async def test_other_charsets_are_415(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = bearer() | JSON | {"Content-Type": "application/json; charset=gbk"}
    assert (await client.post("/v1/items", content='{"name": "杨"}'.encode("gbk"), headers=headers)).status_code == 415


async def test_the_idempotency_key_belongs_to_client_method_and_path(client: httpx.AsyncClient, bearer: Bearer) -> None:
    async def send(key: str, name: str = "a", sub: str = "1") -> dict[str, str]:
        headers = bearer(sub=sub) | {"Idempotency-Key": key}
        answer = await client.post("/v1/items", json={"name": name}, headers=headers)
        assert answer.status_code == 201, answer.text
        found: dict[str, str] = answer.json()
        return found

    bare, quoted = await send("0190c2c0"), await send('"0190c2c0"')
    assert (bare["key"], bare["fingerprint"]) == (quoted["key"], quoted["fingerprint"])
    assert (await send("0190c2c0", sub="2"))["key"] != bare["key"]
    other = await send("0190c2c0", name="b")
    assert other["key"] == bare["key"]
    assert other["fingerprint"] != bare["fingerprint"]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "idempotency.key_missing"),
        ({"Idempotency-Key": ""}, "idempotency.key_malformed"),
        ({"Idempotency-Key": "a b"}, "idempotency.key_malformed"),
        ({"Idempotency-Key": "x" * 129}, "idempotency.key_malformed"),
    ],
)
async def test_a_write_without_a_good_key_is_400(
    client: httpx.AsyncClient, bearer: Bearer, headers: dict[str, str], code: str
) -> None:
    answer = await client.post("/v1/items", json={"name": "a"}, headers=bearer() | headers)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


async def test_the_event_says_who_where_and_in_which_request(client: httpx.AsyncClient, bearer: Bearer) -> None:
    correlation = "0190c2c0-7f00-7000-8000-000000000001"
    headers = bearer() | {"Idempotency-Key": "k", "X-Correlation-Id": correlation}
    answer = await client.post("/v1/items", json={"name": "a"}, headers=headers)
    assert answer.json()["unit"] == "522634000000"
    assert answer.json()["correlation"] == correlation
    assert answer.json()["trace"] == answer.headers["traceparent"]


async def test_a_change_names_the_version_it_was_made_to(client: httpx.AsyncClient) -> None:
    assert (await client.put("/v1/items/1")).status_code == 428
    assert (await client.put("/v1/items/1", headers={"If-Match": "3"})).status_code == 422
    assert (await client.put("/v1/items/1", headers={"If-Match": '"3"'})).json()["version"] == 3


async def test_a_known_version_is_not_sent_again(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/items/1", headers={"If-None-Match": '"2", "3"'})).status_code == 304
    assert (await client.get("/v1/items/1", headers={"If-None-Match": '"2"'})).status_code == 200


async def test_a_body_of_another_kind_is_415(client: httpx.AsyncClient, bearer: Bearer) -> None:
    headers = bearer() | {"Idempotency-Key": "k"}
    for kind in ("text/plain", "application/x-www-form-urlencoded", "text/json", ""):
        answer = await client.post("/v1/items", content=b'{"name": "a"}', headers=headers | {"Content-Type": kind})
        assert (answer.status_code, answer.json()["code"]) == (415, "common.content_type")
    merge = headers | {"Content-Type": "application/merge-patch+json"}
    assert (await client.post("/v1/items", content=b'{"name": "a"}', headers=merge)).status_code == 201


async def test_a_packed_body_is_415(client: httpx.AsyncClient, bearer: Bearer) -> None:
    for path in ("/v1/items", "/v1/files"):
        headers = bearer() | JSON | {"Content-Encoding": "gzip"}
        answer = await client.post(path, content=b"\x1f\x8b", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "common.content_encoding")


async def test_a_caller_nobody_knows_learns_nothing_of_the_parameters(client: httpx.AsyncClient) -> None:
    assert (await client.get("/v1/women/522634000000?name=x")).status_code == 401
