"""`GET /feeds/{name}`: what the service publishes, as CloudEvents, for who follows it without Kafka (http-feeds).

A follower asks with the id of the last event that it has; an empty answer is the end, and `timeout` waits there. Which
records it sees is decided in the query: its units, the types of its agreement, what it asks for.
"""

import importlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404, not_found
from libs.events.contract import Contract
from libs.events.envelope import SCHEMA_TAIL, SCHEMAS, SPECVERSION
from libs.events.runtime import Runtime
from libs.events.types import Record
from libs.events.wake import until
from libs.feeds.reading import Following, after, id_of, place
from libs.service.auditing import mark
from libs.service.dependencies import Now, TheRuntime
from libs.values.division import Division
from libs.values.errors import Invalid

MEDIA_TYPE: Final = "application/cloudevents-batch+json"
LONGEST_WAIT: Final = 60_000  # milliseconds
MAX_LIMIT: Final = 1_000
NOTED_EVERY: Final = timedelta(hours=1)
_MOST_FOLLOWERS: Final = 10_000

router = APIRouter(prefix="/feeds", tags=["feeds"])


class Asked:
    """What a follower asks for."""

    def __init__(
        self,
        last_event_id: Annotated[
            str | None, Query(alias="lastEventId", max_length=64, description="id of the last event one has")
        ] = None,
        timeout: Annotated[int, Query(ge=0, le=LONGEST_WAIT, description="milliseconds to wait for an event")] = 0,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="events of a batch")] = 100,
        types: Annotated[list[str] | None, Query(alias="type", max_length=50, description="only these types")] = None,
        unit: Annotated[str | None, Query(pattern=r"^\d{12}$", description="one's unit or one inside it")] = None,
    ) -> None:
        self.last_event_id = last_event_id
        self.timeout = timeout
        self.limit = limit
        self.types = types
        self.unit = unit


@router.get("/{name}", response_class=Response, responses={200: {"content": {MEDIA_TYPE: {}}}})
async def read_feed(
    request: Request,
    name: str,
    principal: Annotated[Principal, requires("feeds:read")],
    runtime: TheRuntime,
    now: Now,
    asked: Annotated[Asked, Depends(Asked)],
) -> Response:
    """Events after `lastEventId`, in order; `[]` is the end. Each once for whoever asks with the last id it stored.

    409 for an id of another log, 404 for a unit outside the caller's.
    """
    following = _following(principal, runtime, name, asked)
    _note(request, principal, name, following, now())
    tick = await place(runtime.pool, asked.last_event_id)
    rows: Sequence[Record] = []

    async def found() -> bool:
        nonlocal rows
        rows = await after(runtime.pool, following, tick, asked.limit)
        return bool(rows)

    await until(found, runtime.published, asked.timeout / 1000)
    kept = "private, immutable, max-age=31536000" if len(rows) == asked.limit else "no-store"
    body = orjson.dumps([event_of(name, row) for row in rows])
    return Response(body, media_type=MEDIA_TYPE, headers={"Cache-Control": kept, "Vary": "Authorization"})


def event_of(source: str, row: Record) -> dict[str, Any]:
    """A record as a CloudEvent; who wrote it stays with us."""
    meta = row["meta"]
    event = {
        "specversion": SPECVERSION,
        "id": id_of(row["tick"], row["event_id"]),
        "type": row["type"],
        "source": f"/{source}",
        "time": row["at"].astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "subject": str(row["key"]),
        "datacontenttype": "application/json",
        "dataschema": f"{SCHEMAS}{row['type']}{SCHEMA_TAIL}",
        "sequence": f"{row['tick']:016}",
        "traceparent": meta.get("traceparent"),
        "valid": meta.get("valid"),
        "replayof": id_of(row["original"], meta["replayid"]) if row["original"] is not None else None,
        "data": row["data"],
    }
    return {attribute: value for attribute, value in event.items() if value is not None}


def types_of(topic: str) -> frozenset[str]:
    """All types that a topic may hold, by its contracts."""
    module = importlib.import_module(f"libs.events.contracts.{topic}")
    contracts = (each for each in vars(module).values() if isinstance(each, type) and issubclass(each, Contract))
    return frozenset(each.type for each in contracts if each is not Contract)


def _following(principal: Principal, runtime: Runtime, name: str, asked: Asked) -> Following:
    if name != runtime.service.name:
        raise not_found("feed")
    known = types_of(name)
    if unknown := sorted(set(asked.types or ()) - known):
        raise Invalid(
            "feeds.type_unknown",
            "没有这种事件类型。",
            field="type",
            value=unknown[0][:64],
            right=", ".join(sorted(known)),
        )
    division = Division(asked.unit) if asked.unit else principal.division
    covers_or_404(principal, division, "unit")
    return Following(division, tuple(sorted(set(asked.types))) if asked.types else None)


def _note(request: Request, principal: Principal, name: str, following: Following, now: datetime) -> None:
    """A follower is noted when it begins and once an hour, not at each of its polls."""
    followers: dict[tuple[Any, ...], datetime] = request.app.state.feed_followers
    who = (principal.sub, principal.session, following)
    last = followers.get(who)
    if last is not None and now - last < NOTED_EVERY:
        return
    if len(followers) >= _MOST_FOLLOWERS:
        followers.clear()
    followers[who] = now
    mark(request, "feed.followed", feed=name, unit=following.unit.code, types=list(following.types or ()))
