"""The edge of every answer: cut to the fields its caller may see, and masked when it is to be shown to everybody.

A client sees the classes of its agreement; health facts need their scope; for the purpose `notice` (公示) whatever is
of a class of persons is masked once more, or left out where no mask is known. A name that stands in no class is left
out, so an answer never widens by itself. A file that cannot be cut is refused. Whatever is not cut passes without being
looked at.
"""

from typing import Any, Final

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.access.deciding import NOTICE, Decision
from libs.access.masking import NOTICE as MASKS
from libs.access.rules import POLICY
from libs.service.problems import answer, language_of, plain_problem

_MASKED: Final = frozenset({"identity", "contact"})


class Edge:
    """Cuts the answers of the app inside, by the decision its route made."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything but the answers that must be cut."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        await self._app(scope, receive, _Cutting(scope, receive, send))


class _Cutting:
    """Holds the beginning of an answer until its whole body is there, if it must be cut."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()
        self._refused = False

    async def __call__(self, message: Message) -> None:
        if self._refused:
            return
        if message["type"] == "http.response.start" and (decision := self._decision(message)) is not None:
            if not _is_json(message):
                await self._without_file(decision, message)
                return
            self._start = message
            return
        if self._start is None:
            await self._send(message)
            return
        self._body += message.get("body", b"")
        if not message.get("more_body", False):
            await self._send_cut(self._start)

    def _decision(self, message: Message) -> Decision | None:
        decision = self._scope.get("state", {}).get("decision")
        if not isinstance(decision, Decision) or message["status"] >= 400 or message["status"] in (204, 304):
            return None
        return decision if decision.cut else None

    async def _without_file(self, decision: Decision, start: Message) -> None:
        """A file holds all that its action shows; who may not see all of it gets none."""
        masked = decision.purpose == NOTICE and decision.action.classes & _MASKED
        if decision.fields == decision.action.classes and not masked:
            await self._send(start)
            return
        self._refused = True
        request = Request(self._scope)
        problem = plain_problem("access.file_not_agreed", 403, language_of(request))
        await answer(request, problem)(self._scope, self._receive, self._send)

    async def _send_cut(self, start: Message) -> None:
        decision: Decision = self._scope["state"]["decision"]
        body = orjson.dumps(cut(orjson.loads(self._body), decision)) if self._body else b""
        headers = MutableHeaders(scope=start)
        headers["Content-Length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def cut(value: Any, decision: Decision) -> Any:
    """The value with nothing but the fields of the decision, at every depth."""
    if isinstance(value, list):
        return [cut(each, decision) for each in value]
    if not isinstance(value, dict):
        return value
    class_of, seen, notice = decision.action.class_of, decision.fields, decision.purpose == NOTICE
    shown: dict[str, Any] = {}
    for name, each in value.items():
        if class_of.get(name) not in seen:
            continue
        if notice and class_of[name] in _MASKED and not isinstance(each, (list, dict)):
            if name in MASKS:
                shown[name] = MASKS[name](each) if isinstance(each, str) else None
        else:
            shown[name] = each if name in POLICY.whole else cut(each, decision)
    return shown


def _is_json(start: Message) -> bool:
    kind = Headers(raw=start["headers"]).get("content-type", "").partition(";")[0]
    return kind == "application/json" or kind.endswith("+json")
