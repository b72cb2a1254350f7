"""Reading what was just written: a read may wait for a write of this service or of another, and tells how fresh it is.

    write  → Read-Token: …  Event-Id: registry:0190…
    read   ← Prefer: wait=2, handling=strict   Read-Token: …  or  After-Event: registry:0190…
           → Freshness: registry=412;at=@1480492800   Age: 3

One place for every read of every service; routes know nothing of it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any, Final
from uuid import UUID

from fastapi import Request

from libs.events.runtime import Runtime
from libs.service.context import context_of
from libs.service.writes import prefer_wait, prefers, xid_of
from libs.values.errors import Invalid, Unavailable

DEFAULT_WAIT: Final = 2.0  # seconds, for who names a write and says nothing of waiting
_STALE: Final = 0.5  # seconds that a look at the offsets serves: it only ever understates what was read
_KEPT: Final = "freshness"
Wait = Callable[[], Awaitable[bool]]  # begun only when all that was asked for is known to be good


async def caught_up(request: Request) -> None:
    """Wait for the writes that the request names, as long as it allows; tell how far others have been read.

    Not in time: the read goes on and its `Freshness` shows it, or 503 under `handling=strict`. 409 `event.parked` at
    once when the event was set aside, 422 for a header that is none of ours.
    """
    runtime = request.app.state.runtime
    if not isinstance(runtime, Runtime):
        return
    asked = [*_tokens(request, runtime), *_events(request, runtime)]
    headers = context_of(request.scope).headers
    strict = prefers(request, "handling") == "strict"
    if asked and (stated := prefers(request, "wait")) is not None:
        headers["Preference-Applied"] = f"wait={stated}" + (", handling=strict" if strict else "")
    if asked and not all(await asyncio.gather(*(wait() for wait in asked))) and strict:
        headers["Retry-After"] = "1"
        raise Unavailable("consistency.not_reached", "所等的写入尚未到达，请稍后再试。", right="Retry-After: 1")
    if runtime.service.consumers:
        _tell(request, await _freshness(request, runtime, fresh=bool(asked)))


def _tokens(request: Request, runtime: Runtime) -> list[Wait]:
    token = request.headers.get("read-token")
    if token is None:
        return []
    xid, seconds, service = xid_of(token), _seconds(request), runtime.service
    projected = [partial(runtime.wait_projected, xid, each.name, seconds) for each in service.projections]
    own = (each for each in service.processes if each.source is None)
    return [*projected, *(partial(runtime.wait_processed, xid, each.name, seconds) for each in own)]


def _events(request: Request, runtime: Runtime) -> list[Wait]:
    value = request.headers.get("after-event")
    if value is None:
        return []
    source, _, event = value.strip().partition(":")
    try:
        event_id = UUID(event)
    except ValueError:
        raise _no_event() from None
    if source not in runtime.hearing.sources:
        raise Invalid(
            "consistency.unknown_source",
            "本服务不读取该来源的事件。",
            field="After-Event",
            value=source[:40],
            right=", ".join(sorted(runtime.hearing.sources)) or "Read-Token",
        )
    return [partial(runtime.hearing.wait, source, event_id, _seconds(request))]


def _seconds(request: Request) -> float:
    return DEFAULT_WAIT if prefers(request, "wait") is None else prefer_wait(request)


async def _freshness(request: Request, runtime: Runtime, *, fresh: bool) -> dict[str, Any]:
    now = asyncio.get_running_loop().time()
    looked, found = getattr(request.app.state, _KEPT, (now - 2 * _STALE, {}))
    if fresh or now - looked > _STALE:
        found = await runtime.freshness()
        setattr(request.app.state, _KEPT, (now, found))
    kept: dict[str, Any] = found
    return kept


def _tell(request: Request, freshness: dict[str, Any]) -> None:
    headers, times = context_of(request.scope).headers, [each["at"] for each in freshness.values() if each["at"]]
    members = (f"{source}={each['number']}{_at(each['at'])}" for source, each in sorted(freshness.items()))
    headers["Freshness"] = ", ".join(members)
    if times:
        oldest = request.app.state.clock() - min(times)
        headers["Age"] = str(max(0, int(oldest.total_seconds())))


def _at(at: datetime | None) -> str:
    return f";at=@{int(at.timestamp())}" if at else ""


def _no_event() -> Invalid:
    return Invalid(
        "consistency.after_event",
        "After-Event 应为写操作回答里的 Event-Id。",
        field="After-Event",
        right="registry:0190c2c0-7f00-7000-8000-000000000001",
    )
