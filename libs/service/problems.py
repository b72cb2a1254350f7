"""Every error as `application/problem+json` (RFC 9457), in one place, in Chinese or English."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from starlette.requests import HTTPConnection
from starlette.responses import Response

from libs.service.context import find_context
from libs.service.wording import detail_of, title_of
from libs.values.errors import DomainError

MEDIA_TYPE: Final = "application/problem+json"
Problem = dict[str, Any]


def problem_of(error: DomainError, language: str) -> Problem:
    """The error as a problem without the request's part (`instance`, `trace_id`): for jobs and bulk items too."""
    detail = detail_of(error.code, language, error.message)
    problem: Problem = {**_head(error.code, error.status, language), "detail": detail}
    more = {"value": error.value, "rule": error.rule, "right": error.right}
    if error.field is not None or any(more.values()):
        item = {"pointer": pointer(error.field), "code": error.code, "detail": detail}
        problem["errors"] = [item | {name: text for name, text in more.items() if text is not None}]
    return problem


def plain_problem(code: str, status: int, language: str, errors: Sequence[Mapping[str, Any]] = ()) -> Problem:
    """A problem whose words stand in `libs.service.wording`."""
    problem = {**_head(code, status, language), "detail": detail_of(code, language, title_of(status, language))}
    if errors:
        problem["errors"] = list(errors)
    return problem


def answer(connection: HTTPConnection, problem: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as an answer to this request."""
    context = find_context(connection.scope)
    body = problem | {"instance": connection.scope["path"], "trace_id": context.trace_id if context else None}
    return Response(orjson.dumps(body), problem["status"], headers=headers, media_type=MEDIA_TYPE)


def language_of(connection: HTTPConnection) -> str:
    """The language of this request's answers."""
    context = find_context(connection.scope)
    return context.language if context else "zh"


def pointer(field: str | None) -> str:
    """A field's name as a JSON pointer; empty for the whole."""
    if not field:
        return ""
    return field if field.startswith("/") else "/" + field.replace("~", "~0").replace(".", "/")


def _head(code: str, status: int, language: str) -> Problem:
    path = code.replace(".", "/").replace("_", "-")
    return {"type": f"/problems/{path}", "title": title_of(status, language), "status": status, "code": code}
