"""What is known of a request from its first byte: ids for answers and logs, the language, how much it may send."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID

from starlette.requests import Request
from starlette.types import Scope

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_STATE_KEY = "jinguo.context"
_current: ContextVar["RequestContext | None"] = ContextVar("jinguo_request", default=None)


@dataclass(slots=True)
class RequestContext:
    """`traceparent` names our span of the trace; `body_limit` is raised by routes that take files.

    `headers` go with the answer, whatever it will be.
    """

    request_id: str
    correlation_id: UUID
    traceparent: str
    language: str
    body_limit: int
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def trace_id(self) -> str:
        """The 32 hex digits shown on error pages and found in logs."""
        return self.traceparent[3:35]


def address_of(request: Request) -> str:
    """Where the caller is, by the connection; forwarded headers count only if the server trusts its proxy."""
    return request.client.host if request.client else "local"


def new_context(
    headers: Mapping[str, str], *, ids: Callable[[], UUID], language: str, body_limit: int
) -> RequestContext:
    """Take over the caller's ids where they are well-formed, else make them."""
    given = headers.get("x-request-id", "")
    fresh = ids()
    return RequestContext(
        request_id=given if _REQUEST_ID.fullmatch(given) else str(fresh),
        correlation_id=_uuid(headers.get("x-correlation-id")) or fresh,
        traceparent=_continued(headers.get("traceparent", ""), fresh),
        language=preferred(headers.get("accept-language", ""), language),
        body_limit=body_limit,
    )


def attach(scope: Scope, context: RequestContext) -> None:
    """Keep the context in the request's scope."""
    scope.setdefault("state", {})[_STATE_KEY] = context


@contextmanager
def current(context: RequestContext) -> Iterator[None]:
    """Make it the context of whatever runs because of this request, its jobs too."""
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


def trace_headers() -> dict[str, str]:
    """Headers with which a call to another service continues this request; empty outside a request or its job."""
    context = _current.get()
    if context is None:
        return {}
    return {
        "traceparent": context.traceparent,
        "X-Request-Id": context.request_id,
        "X-Correlation-Id": str(context.correlation_id),
    }


def context_of(scope: Scope) -> RequestContext:
    """The context of this request; every app of `create_app` has one."""
    context = scope["state"][_STATE_KEY]
    assert isinstance(context, RequestContext)
    return context


def find_context(scope: Scope) -> RequestContext | None:
    """The context if an outer app has made one."""
    found = scope.get("state", {}).get(_STATE_KEY)
    return found if isinstance(found, RequestContext) else None


def preferred(accept_language: str, default: str) -> str:
    """`zh` or `en`, whichever the header ranks first."""
    best, chosen = 0.0, default
    for part in accept_language[:200].split(","):
        tag, _, parameters = part.strip().partition(";")
        language = tag.lower().split("-")[0]
        quality = _quality(parameters)
        if language in ("zh", "en") and quality > best:
            best, chosen = quality, language
    return chosen


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0


def _continued(header: str, fresh: UUID) -> str:
    match = _TRACEPARENT.fullmatch(header)
    span = fresh.hex[16:]
    if match is None or set(match[1]) == {"0"} or set(match[2]) == {"0"}:
        return f"00-{fresh.hex}-{span}-00"
    return f"00-{match[1]}-{span}-{match[3]}"


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
