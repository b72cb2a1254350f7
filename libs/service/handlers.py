"""Exceptions to problems: what the app factory installs; nothing inside a service answers an error by itself."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from libs.service.bodies import is_utf8, not_utf8
from libs.service.counting import count_unrouted
from libs.service.limits import BodyTooLarge
from libs.service.problems import answer, language_of, plain_problem, pointer, problem_of
from libs.service.wording import validation_of
from libs.values.errors import DomainError, TooMany

_BY_STATUS: Final[Mapping[int, str]] = {
    400: "common.malformed",
    404: "common.no_route",
    405: "common.method_not_allowed",
    408: "common.body_too_slow",
    413: "common.too_large",
}
_RETRY_AFTER: Final[Mapping[int, str]] = {429: "10", 503: "5"}


def install(app: FastAPI) -> None:
    """Register the handlers; unexpected errors are caught by the outermost middleware."""
    app.add_exception_handler(DomainError, on_domain_error)
    app.add_exception_handler(RequestValidationError, on_invalid_request)
    app.add_exception_handler(HTTPException, on_http_error)


async def on_domain_error(request: Request, error: Exception) -> Response:
    """An error of our tree: its code, its status, its words."""
    assert isinstance(error, DomainError)
    return answer(request, problem_of(error, language_of(request)), headers_of(error))


async def on_invalid_request(request: Request, error: Exception) -> Response:
    """FastAPI's validation: 400 when the body is no JSON, else 422 with one item a field."""
    assert isinstance(error, RequestValidationError)
    if many := too_many(request):
        return await on_domain_error(request, many)
    language = language_of(request)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        return answer(request, plain_problem("common.malformed", 400, language))
    return answer(request, plain_problem("common.invalid", 422, language, list(validation_items(found, language))))


async def on_http_error(request: Request, error: Exception) -> Response:
    """Routing's own errors (no route, wrong method) and what libraries raise."""
    assert isinstance(error, HTTPException)
    if many := too_many(request):
        return await on_domain_error(request, many)
    if isinstance(error, BodyTooLarge):
        return error.answer(request)
    if error.status_code == 400 and not is_utf8(request):
        return await on_domain_error(request, not_utf8())
    code = _BY_STATUS.get(error.status_code, "common.refused")
    problem = plain_problem(code, error.status_code, language_of(request))
    return answer(request, problem, error.headers)


def too_many(request: Request) -> TooMany | None:
    """What is refused before the conventions count it (no route, a body that cannot be read) is counted here."""
    try:
        count_unrouted(request)
    except TooMany as many:
        return many
    return None


def headers_of(error: DomainError) -> dict[str, str]:
    """Headers that belong to a status: how to sign in, when to try again."""
    headers = {}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="jinguo"'
    if error.status in _RETRY_AFTER:
        headers["Retry-After"] = _RETRY_AFTER[error.status]
    if error.code == "idempotency.in_progress":
        headers["Retry-After"] = "1"
    return headers


def validation_items(errors: Sequence[Mapping[str, Any]], language: str) -> Iterator[dict[str, str]]:
    """One item per wrong field: JSON pointer, where it was, pydantic's stable type as code, what is wrong."""
    for error in errors:
        place, *path = error["loc"] or ("body",)
        words = validation_of(error["type"], language, error["msg"].removeprefix("Value error, "))
        code = f"validation.{error['type']}"
        yield {"pointer": pointer(".".join(map(str, path))), "in": str(place), "code": code, "detail": words}
