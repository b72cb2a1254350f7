"""A REST server of a few canned answers, to test the command line against."""

import json
from collections.abc import Callable
from typing import Any

import httpx

from jinguo.cli.client import Api, Place

Answer = Callable[[httpx.Request], httpx.Response]


def answering(routes: dict[str, Any], seen: list[httpx.Request] | None = None) -> Api:
    """A client whose server knows `METHOD /path`; values are answers, lists of answers, or functions."""

    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            request.read()
            seen.append(request)
        answer = routes[f"{request.method} {request.url.path}"]
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer):
            return answer(request)
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    return Api(lambda: Place("http://test", "secret", "jinguo up"), httpx.MockTransport(handle))


def problem(status: int, code: str, detail: str, **more: Any) -> httpx.Response:
    """An answer of kind problem+json."""
    body = {"status": status, "code": code, "detail": detail, **more}
    return httpx.Response(status, content=json.dumps(body), headers={"Content-Type": "application/problem+json"})
