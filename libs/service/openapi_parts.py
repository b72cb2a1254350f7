"""Parts of every OpenAPI document: the problem schema, headers of requests and answers, what each status means."""

from collections.abc import Mapping
from typing import Any, Final

from libs.service.problems import MEDIA_TYPE, plain_problem
from libs.service.wording import title_of

Part = dict[str, Any]
_ID: Final = "0190c2c0-7f00-7000-8000-000000000001"

SCHEMAS: Final[Mapping[str, Part]] = {
    "Problem": {
        "type": "object",
        "description": "RFC 9457; `code` is stable and never translated.",
        "required": ["type", "title", "status", "code"],
        "properties": {
            "type": {"type": "string", "examples": ["/problems/common/invalid"]},
            "title": {"type": "string", "examples": ["内容不符合要求"]},
            "status": {"type": "integer", "examples": [422]},
            "detail": {"type": "string"},
            "instance": {"type": "string"},
            "code": {"type": "string", "examples": ["common.invalid"]},
            "trace_id": {"type": ["string", "null"]},
            "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemItem"}},
        },
    },
    "ProblemItem": {
        "type": "object",
        "required": ["pointer", "code", "detail"],
        "properties": {
            "pointer": {"type": "string", "description": "JSON pointer (RFC 6901)"},
            "in": {"type": "string", "enum": ["body", "query", "path", "header", "cookie"]},
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "value": {"type": "string"},
            "rule": {"type": "string"},
            "right": {"type": "string"},
        },
    },
}


def _header(description: str, example: str) -> Part:
    return {"description": description, "schema": {"type": "string"}, "example": example}


HEADERS: Final[Mapping[str, Part]] = {
    "X-Request-Id": _header("The caller's, or one of ours; stands in the log.", _ID),
    "traceparent": _header("W3C trace context.", "00-0190c2c07f0070008000000000000001-8000000000000001-00"),
    "RateLimit-Policy": _header("The quota of the caller: requests in a window of seconds.", '"client";q=1200;w=60'),
    "RateLimit": _header("What is left of it, and in how many seconds it is whole.", '"client";r=1199;t=1'),
    "Retry-After": _header("Seconds to wait before asking again.", "1"),
    "ETag": _header(
        "The version, for If-Match and If-None-Match; weak where it is that of the content.",
        '"3"',
    ),
    "Link": _header("The next page (RFC 8288).", '</registry/v1/women?cursor=AAA&limit=50>; rel="next"'),
    "Location": _header("Where what was made, or the job, is read.", f"/registry/v1/jobs/{_ID}"),
    "Read-Token": _header("For reads of this service that shall show this write.", "AQAAAAAAAAMK"),
    "Event-Id": _header(
        "For reads of other services that shall show this write; absent when it says nothing to them.",
        f"registry:{_ID}",
    ),
    "Idempotency-Replayed": _header("`true` when this answer was given before.", "true"),
    "Preference-Applied": _header("The preferences that were followed (RFC 7240).", "wait=2"),
    "Freshness": _header("Per source: the number read so far, and its time.", "registry=412;at=@1480492800"),
    "Age": _header("Seconds since the last record read from the oldest source was made.", "3"),
    "WWW-Authenticate": _header("How to sign in.", 'Bearer realm="jinguo"'),
}


def _parameter(name: str, description: str, example: str, *, required: bool = False, **schema: Any) -> Part:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", **schema},
        "example": example,
    }


PARAMETERS: Final[Mapping[str, Part]] = {
    "IdempotencyKey": _parameter(
        "Idempotency-Key",
        "A fresh key a write, quoted or bare; repeating the request with it repeats the answer, not the write.",
        f'"{_ID}"',
        required=True,
        minLength=1,
        maxLength=130,
        pattern=r'^([!#-\[\]-~]{1,128}|"[!#-\[\]-~]{1,128}")$',
    ),
    "IfMatch": _parameter(
        "If-Match", "The ETag of the version that is changed.", '"3"', required=True, pattern=r'^(W/)?"[0-9]{1,18}"$'
    ),
    "IfMatchIfAny": _parameter(
        "If-Match", "The ETag of the version that was seen; 412 if it is another now.", '"3"',
        pattern=r'^(W/)?"[0-9]{1,18}"$',
    ),
    "IfNoneMatch": _parameter("If-None-Match", "The ETag of the version that is known; 304 if it is still so.", '"3"'),
    "ReadToken": _parameter("Read-Token", "Of a write of this service that shall be seen.", "AQAAAAAAAAMK"),
    "AfterEvent": _parameter(
        "After-Event", "The Event-Id of another service's write that shall be seen.",
        f"registry:{_ID}",
    ),
    "Prefer": _parameter(
        "Prefer", "`wait=2`: seconds to wait for it (at most 30); `handling=strict`: 503 when it is not reached.",
        "wait=2, handling=strict",
    ),
}  # fmt: skip

_CODES: Final[Mapping[int, str]] = {
    400: "common.unknown_parameter",
    401: "access.unauthenticated",
    403: "access.scope_missing",
    404: "common.not_found",
    408: "common.body_too_slow",
    409: "idempotency.in_progress",
    412: "events.stale",
    413: "common.too_large",
    415: "common.content_type",
    422: "common.invalid",
    428: "common.if_match_missing",
    429: "common.too_many",
    500: "common.internal",
    503: "database.unavailable",
}
_MORE: Final[Mapping[int, tuple[str, ...]]] = {
    401: ("WWW-Authenticate",),
    409: ("Retry-After",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}
EVERY_ANSWER: Final = ("X-Request-Id", "traceparent", "RateLimit-Policy", "RateLimit")


def headers(*names: str) -> Part:
    """These headers of an answer, by reference."""
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def parameter(name: str) -> Part:
    """This parameter, by reference."""
    return {"$ref": f"#/components/parameters/{name}"}


def problem(status: int, own: Part | None = None) -> Part:
    """A refusal of this status, by reference; beside the `own` content of a route that refuses in another form too."""
    if own is None:
        return {"$ref": f"#/components/responses/Problem{status}"}
    whole = _response(status, _CODES[status])
    return {**whole, "content": {**own, **whole["content"]}}


def responses() -> dict[str, Part]:
    """All refusals, with an example in Chinese and in English."""
    return {f"Problem{status}": _response(status, code) for status, code in _CODES.items()}


def _response(status: int, code: str) -> Part:
    shown = {
        language: {"value": plain_problem(code, status, language) | {"trace_id": "0190c2c07f0070008000000000000001"}}
        for language in ("zh", "en")
    }
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": shown}}
    names = (*EVERY_ANSWER, *_MORE.get(status, ()))
    return {"description": title_of(status, "en"), "headers": headers(*names), "content": content}
