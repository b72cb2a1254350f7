"""How many bytes a request may have: counted while they come, whatever Content-Length says or does not say."""

import asyncio
from typing import Final

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import Message, Receive

from libs.service.context import RequestContext
from libs.service.problems import answer, language_of, problem_of
from libs.values.errors import TooLarge

MEGABYTE: Final = 1024 * 1024
_DRAIN_BYTES: Final = 256 * MEGABYTE
_DRAIN_SECONDS: Final = 10


class BodyTooLarge(HTTPException):
    """An HTTPException, because FastAPI lets only those pass while it reads a body."""

    def __init__(self, limit: int) -> None:
        super().__init__(413)
        self.limit = limit

    def answer(self, connection: HTTPConnection) -> Response:
        """413 saying how much is taken."""
        english = language_of(connection) == "en"
        size = _readable(self.limit)
        message = (
            f"The body is larger than {size}, the most this address takes."
            if english
            else f"内容超过 {size}，这是本地址一次能接收的上限；请拆分后再传。"
        )
        error = TooLarge("common.too_large", message, rule=f"≤ {size}", right=f"≤ {size}")
        return answer(connection, problem_of(error, language_of(connection)))


def limited(receive: Receive, context: RequestContext, headers: Headers) -> Receive:
    """`receive` that raises `BodyTooLarge` at the first byte over `context.body_limit`, which a route may raise."""
    declared = headers.get("content-length", "")
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        if declared.isdigit() and int(declared) > context.body_limit:
            raise BodyTooLarge(context.body_limit)
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > context.body_limit:
                raise BodyTooLarge(context.body_limit)
        return message

    return counted


async def drain(receive: Receive) -> None:
    """Read and drop the rest of a refused body before answering, within bounds.

    A caller cut off while he is still sending gets a reset connection and never sees why.
    """
    left = _DRAIN_BYTES
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if message["type"] != "http.request" or not message.get("more_body"):
                    return
    except TimeoutError:
        return


def _readable(size: int) -> str:
    return f"{size // MEGABYTE} MB" if size >= MEGABYTE else f"{size // 1024} KB" if size >= 1024 else f"{size} B"
