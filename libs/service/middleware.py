"""The outermost layer of every app: ids, audit, log line, span, size limit, and 500 without internals.

Pure ASGI, because a request body must stream through it.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.audit.trail import NotAudited
from libs.events.act import acting
from libs.events.pool import is_lost
from libs.service.auditing import Auditing
from libs.service.context import RequestContext, attach, current, find_context, new_context
from libs.service.counting import count_unrouted
from libs.service.deadlines import AnswerTooSlow, Times, run_within
from libs.service.limits import drain, limited
from libs.service.logs import where
from libs.service.problems import answer, language_of, plain_problem, problem_of
from libs.service.telemetry import request_took, server_span
from libs.values.errors import TooMany

_log = structlog.get_logger("jinguo.http")

_SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Gate:
    """Wraps an app. Inside another app of ours (one process, one port) it takes over the outer request's context."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        name: str,
        ids: Callable[[], UUID],
        language: str,
        body_limit: int,
        times: Times | None = None,
    ) -> None:
        self._app = app
        self._name = name
        self._ids = ids
        self._language = language
        self._body_limit = body_limit
        self._times = times or Times()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request, or pass on what is no request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        context = find_context(scope)
        if context is None:
            context = new_context(headers, ids=self._ids, language=self._language, body_limit=self._body_limit)
            attach(scope, context)
        with server_span(self._name, scope["method"], headers) as traceparent, current(context):
            context.traceparent = traceparent or context.traceparent
            auditing = Auditing(scope, context)
            with acting(auditing.act):
                await self._run(context, scope, receive, _Answer(context, receive, send, auditing))

    async def _run(self, context: RequestContext, scope: Scope, receive: Receive, sent: "_Answer") -> None:
        started = time.perf_counter()
        headers = Headers(scope=scope)
        counted = limited(receive, context, headers)
        app = _refuse_packed if _packed(scope["method"], headers) else self._app
        with structlog.contextvars.bound_contextvars(trace_id=context.trace_id, request_id=context.request_id):
            try:
                await run_within(self._times, app, scope, counted, sent)
            except Exception as error:  # noqa: BLE001 - the last wall: logged without its values, answered without internals
                _log.error("request.failed", kind=type(error).__name__, where=where(error))
                if sent.status is None:
                    await sent.give_up(error, Request(scope), counted)
            self._log_line(scope, sent.status, started)

    def _log_line(self, scope: Scope, status: int | None, started: float) -> None:
        path = _template(scope)
        if path.startswith("/health/"):
            return
        seconds = time.perf_counter() - started
        request_took(self._name, scope["method"], path, status, seconds)
        principal = scope.get("state", {}).get("principal")
        _log.info(
            "request",
            service=self._name,
            method=scope["method"],
            route=path,
            status=status,
            ms=round(seconds * 1000, 1),
            actor=getattr(principal, "sub", None),
        )


class _Answer:
    """Audits before the answer begins, adds the ids and the safe headers to it, and remembers its status."""

    def __init__(self, context: RequestContext, receive: Receive, send: Send, auditing: Auditing) -> None:
        self._context = context
        self._receive = receive
        self._send = send
        self._auditing = auditing
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._auditing.before_answer(message["status"])
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-Id"] = self._context.request_id
            headers["traceparent"] = self._context.traceparent
            for name, value in _SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            for name, value in self._context.headers.items():
                headers[name] = value
            if self.status in (408, 413):
                headers["Connection"] = "close"
            if self.status == 413:
                await drain(self._receive)
        await self._send(message)

    async def give_up(self, error: Exception, request: Request, receive: Receive) -> None:
        """Answer an error that nobody handled; 503 when the audit trail cannot be written, of this error neither."""
        try:
            if not self._auditing.failed:
                await _unforeseen(error, request)(request.scope, receive, self)
        except NotAudited:
            pass
        if self._auditing.failed:
            problem = problem_of(NotAudited(), language_of(request))
            await answer(request, problem, {"Retry-After": "5"})(request.scope, receive, self)


def _packed(method: str, headers: Headers) -> bool:
    return method not in ("GET", "HEAD") and headers.get("content-encoding", "identity").lower() != "identity"


async def _refuse_packed(scope: Scope, receive: Receive, send: Send) -> None:
    """415 before anybody unpacks it: a small body may be a large one."""
    request = Request(scope)
    try:
        count_unrouted(request)
    except TooMany as many:
        await answer(request, problem_of(many, language_of(request)))(scope, receive, send)
        return
    problem = plain_problem("common.content_encoding", 415, language_of(request))
    await answer(request, problem)(scope, receive, send)


def _unforeseen(error: Exception, request: Request) -> Response:
    """503 when time was over or the database away: the caller asks again. Else 500 with nothing but the trace id."""
    if isinstance(error, AnswerTooSlow):
        return answer(request, plain_problem("common.too_slow", 503, language_of(request)), {"Retry-After": "5"})
    if is_lost(error):
        return answer(request, plain_problem("database.unavailable", 503, language_of(request)), {"Retry-After": "5"})
    return answer(request, plain_problem("common.internal", 500, language_of(request)))


def _template(scope: Scope) -> str:
    """The route's pattern, never the path: a path may hold what a caller should not have put there."""
    route: Any = scope.get("route")
    return str(getattr(route, "path_format", None) or getattr(route, "path", None) or "(no route)")
