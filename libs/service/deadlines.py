"""How long a request may take: its body must keep coming, its answer must begin in time.

A body has `body_seconds`, and a second more for every 16 KB of it: a slow line passes, a caller that drips does not.
The answer's time begins when the body is there, ends when the answer begins, and stands still while more is awaited.
"""

import asyncio
from dataclasses import dataclass
from typing import Final

from fastapi import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SLOWEST: Final = 16 * 1024  # bytes a second


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds for a body to come, and for an answer to begin."""

    body: float = 30.0
    answer: float = 90.0


class BodyTooSlow(HTTPException):
    """408; an HTTPException, because FastAPI lets only those pass while it reads a body."""

    def __init__(self) -> None:
        super().__init__(408)


class AnswerTooSlow(Exception):
    """The route did not begin to answer in time; what it was doing is cancelled, its transaction rolled back."""


async def run_within(times: Times, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Call the app under the limits; raises AnswerTooSlow when nothing was answered."""
    loop = asyncio.get_running_loop()
    until, arrived = loop.time() + times.body, False
    timer = asyncio.timeout(times.answer)

    async def receiving() -> Message:
        nonlocal until, arrived
        if arrived or timer.expired():
            return await receive()
        _until(timer, None)
        try:
            async with asyncio.timeout_at(until) as slow:
                message = await receive()
        except TimeoutError:
            if slow.expired():
                raise BodyTooSlow from None
            raise
        finally:
            _until(timer, loop.time() + times.answer)
        until += len(message.get("body", b"")) / _SLOWEST
        arrived = not message.get("more_body", False)
        return message

    async def sending(message: Message) -> None:
        _until(timer, None)
        await send(message)

    try:
        async with timer:
            await app(scope, receiving, sending)
    except TimeoutError:
        if timer.expired():
            raise AnswerTooSlow from None
        raise


def _until(timer: asyncio.Timeout, when: float | None) -> None:
    if not timer.expired():
        timer.reschedule(when)
