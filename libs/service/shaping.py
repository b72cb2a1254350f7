"""The last form of a GET's JSON answer: of a list the fields asked for, of a single resource its ETag, or 304.

Done after the edge has cut the answer, so an ETag tells nothing of what was cut. A route gives the ETag of a version
itself; any other single resource has that of its content. A read that is noted is always answered in full.
"""

import hashlib
from typing import Any, Final

import orjson
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from libs.service.auditing import is_marked
from libs.service.traits import traits_of

FIELDS: Final = "jinguo.fields"


class Shape:
    """Shapes the answers of the app inside."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything but GET."""
        read = scope["type"] == "http" and scope["method"] == "GET"
        await self._app(scope, receive, _Shaping(scope, send) if read else send)


class _Shaping:
    """Holds an answer that has a form to be given until its body is there."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and self._concerned(message):
            self._start = message
        elif self._start is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._shaped(self._start)

    def _concerned(self, start: Message) -> bool:
        kind = Headers(raw=start["headers"]).get("content-type", "")
        if start["status"] != 200 or kind.partition(";")[0] != "application/json":
            return False
        single = traits_of(Request(self._scope)).single and not is_marked(self._scope)
        return single or self._fields() is not None

    def _fields(self) -> frozenset[str] | None:
        fields: frozenset[str] | None = self._scope.get("state", {}).get(FIELDS)
        return fields

    async def _shaped(self, start: Message) -> None:
        headers, body = MutableHeaders(scope=start), bytes(self._body)
        fields = self._fields()
        if fields is not None:
            body = orjson.dumps(chosen(orjson.loads(body), fields))
        else:
            headers.setdefault("ETag", f'W/"{hashlib.sha256(body).hexdigest()[:32]}"')
            if _weak(headers["ETag"]) in map(_weak, Headers(scope=self._scope).get("if-none-match", "").split(",")):
                start["status"], body = 304, b""
                del headers["Content-Type"]
        headers["Content-Length"] = str(len(body))
        if start["status"] == 304:
            del headers["Content-Length"]
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})


def chosen(page: Any, fields: frozenset[str]) -> Any:
    """The page with items of these fields only."""
    items = [{name: value for name, value in item.items() if name in fields} for item in page["items"]]
    return {**page, "items": items}


def _weak(tag: str) -> str:
    return tag.strip().removeprefix("W/")
