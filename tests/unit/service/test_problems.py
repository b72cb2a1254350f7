"""Every error is a problem with a stable code and without internals."""

from collections.abc import Callable

import httpx
from fastapi import APIRouter, FastAPI

from libs.access.fastapi import public
from libs.service.context import trace_headers

Bearer = Callable[..., dict[str, str]]


async def test_a_refusal_of_a_rule_names_field_value_rule_and_right_form(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/refused", headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem.pop("trace_id") == answer.headers["traceparent"][3:35]
    assert problem == {
        "type": "/problems/sample/rule",
        "title": "内容不符合要求",
        "status": 422,
        "code": "sample.rule",
        "detail": "课程已经结束",
        "instance": "/v1/refused",
        "errors": [
            {
                "pointer": "/days",
                "code": "sample.rule",
                "detail": "课程已经结束",
                "value": "3",
                "rule": "≤ 2",
                "right": "2",
            }
        ],
    }


async def test_wrong_fields_are_named_one_by_one(client: httpx.AsyncClient, bearer: Bearer) -> None:
    body = {"name": "", "days": "many", "unit": "000000000000"}
    answer = await client.post("/v1/items", json=body, headers=bearer() | {"Idempotency-Key": "one"})
    assert answer.status_code == 422
    items = {item["pointer"]: (item["in"], item["code"], item["detail"]) for item in answer.json()["errors"]}
    assert items["/unit"] == ("body", "validation.extra_forbidden", "不认识的字段")
    assert items["/days"] == ("body", "validation.int_parsing", "应为整数")
    assert items["/name"][1] == "validation.string_too_short"


async def test_the_language_follows_the_header_and_the_code_does_not(client: httpx.AsyncClient) -> None:
    english = await client.get("/nowhere", headers={"Accept-Language": "fr, en;q=0.8, zh;q=0.2"})
    chinese = await client.get("/nowhere")
    assert (english.json()["title"], chinese.json()["title"]) == ("Not found", "没有找到")
    assert english.json()["code"] == chinese.json()["code"] == "common.no_route"
    assert english.status_code == chinese.status_code == 404


async def test_a_method_that_is_not_there_is_405(client: httpx.AsyncClient) -> None:
    answer = await client.delete("/v1/refused")
    assert (answer.status_code, answer.json()["code"]) == (405, "common.method_not_allowed")
    assert answer.headers["allow"] == "GET"


async def test_an_unforeseen_error_shows_nothing_but_a_trace_id(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/broken", headers={"Accept-Language": "en"})
    assert answer.status_code == 500
    assert answer.json()["code"] == "common.internal"
    assert len(answer.json()["trace_id"]) == 32
    assert "522634" not in answer.text
    assert "RuntimeError" not in answer.text
    assert answer.headers["x-request-id"]


async def test_ids_of_the_caller_are_taken_over_when_well_formed(client: httpx.AsyncClient) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    kept = await client.get("/v1/open", headers={"X-Request-Id": "abc-1", "traceparent": trace})
    assert kept.headers["x-request-id"] == "abc-1"
    assert kept.headers["traceparent"][3:35] == "0af7651916cd43dd8448eb211c80319c"
    made = await client.get("/v1/open", headers={"X-Request-Id": "a\tb <script>", "traceparent": "garbage"})
    assert made.headers["x-request-id"] != "a\tb <script>"
    assert len(made.headers["traceparent"]) == 55


async def test_answers_carry_the_safe_headers(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/v1/open")).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


async def test_a_call_to_another_service_continues_the_request(app: FastAPI, client: httpx.AsyncClient) -> None:
    router = APIRouter(tags=["outer"])

    @router.get("/outer", dependencies=[public()])
    async def outer() -> dict[str, str]:
        inner = await client.get("/v1/open", headers=trace_headers())
        return {"request": inner.headers["x-request-id"], "trace": inner.headers["traceparent"][3:35]}

    app.include_router(router)
    answer = await client.get("/outer")
    assert answer.json() == {
        "request": answer.headers["x-request-id"],
        "trace": answer.headers["traceparent"][3:35],
    }
    assert trace_headers() == {}
