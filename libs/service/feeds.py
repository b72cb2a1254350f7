"""`GET /feeds/{name}`: what the service publishes, as CloudEvents, for who follows it without Kafka (http-feeds).

A follower asks with the id of the last event that it has; an empty answer is the end, and `timeout` waits there. Which
records it sees is decided in the query: its units, the types of its agreement, what it asks for. What it sees of each
is cut at the edge to the classes of the action `feeds:read` and of its agreement.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from libs.access.fastapi import requires
from libs.access.principal import Principal, covers_or_404, not_found
from libs.audit.entry import Entry
from libs.audit.trail import Trail
from libs.events.envelope import SCHEMA_TAIL, SCHEMAS, SPECVERSION
from libs.events.runtime import Runtime
from libs.events.types import Record
from libs.events.wake import until
from libs.feeds.reading import Following, after, id_of, place
from libs.feeds.topics import types_of
from libs.service.dependencies import Now, TheRuntime
from libs.service.in_loop import made
from libs.values.division import Division
from libs.values.errors import Forbidden, Invalid

MEDIA_TYPE: Final = "application/cloudevents-batch+json"
LONGEST_WAIT: Final = 60_000  # milliseconds
MAX_LIMIT: Final = 1_000
BATCH: Final = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["specversion", "id", "type", "source", "time"],
        "properties": {
            "specversion": {"type": "string", "const": SPECVERSION},
            "id": {"type": "string", "examples": ["1467331200000000::0190c2c0-7f00-7000-8000-000000000001"]},
            "type": {"type": "string", "examples": ["training.attended.v1"]},
            "source": {"type": "string", "examples": ["/training"]},
            "time": {"type": "string", "format": "date-time"},
            "subject": {"type": "string", "format": "uuid"},
            "datacontenttype": {"type": "string", "const": "application/json"},
            "dataschema": {"type": "string", "examples": [f"{SCHEMAS}training.attended.v1{SCHEMA_TAIL}"]},
            "sequence": {"type": "string", "examples": ["1467331200000000"]},
            "traceparent": {"type": "string", "examples": ["00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]},
            "valid": {"type": "string", "format": "date"},
            "replayof": {"type": "string", "description": "id of the event that is said once more"},
            "data": {"type": "object", "description": "as in dataschema, cut to what the caller may see"},
        },
    },
}
NOTED_EVERY: Final = timedelta(hours=1)
MOST_FOLLOWERS: Final = 10_000

router = APIRouter(prefix="/feeds", tags=["feeds"])


class Followers:
    """Who was noted when: the one that was noted longest ago is forgotten first, and noted again when it asks."""

    def __init__(self, most: int = MOST_FOLLOWERS) -> None:
        self._noted: OrderedDict[Hashable, datetime] = OrderedDict()
        self._most = most

    def due(self, who: Hashable, now: datetime) -> bool:
        """Whether this follower is to be noted: it begins, or an hour is over."""
        last = self._noted.get(who)
        return last is None or now - last >= NOTED_EVERY

    def noted(self, who: Hashable, now: datetime) -> None:
        """It stands in the trail."""
        self._noted[who] = now
        self._noted.move_to_end(who)
        if len(self._noted) > self._most:
            self._noted.popitem(last=False)


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
        unit: Annotated[str | None, Query(pattern="^[0-9]{12}$", description="one's unit or one inside it")] = None,
    ) -> None:
        self.last_event_id = last_event_id
        self.timeout = timeout
        self.limit = limit
        self.types = types
        self.unit = unit


@router.get("/{name}", response_class=Response, responses={200: {"content": {MEDIA_TYPE: {"schema": BATCH}}}})
async def read_feed(
    request: Request,
    name: str,
    principal: Annotated[Principal, requires("feeds:read")],
    runtime: TheRuntime,
    now: Now,
    asked: Annotated[Asked, made(Asked)],
) -> Response:
    """Events after `lastEventId`, in order; `[]` is the end. Each once for whoever asks with the last id it stored.

    409 for an id of another log, 404 for a unit outside the caller's, 403 for a feed outside its measures.
    """
    following = _following(principal, runtime, name, asked)
    tick = await place(runtime.pool, _seen(principal, name), asked.last_event_id)
    await _note(request, principal, name, following, now())
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


def _seen(principal: Principal, name: str) -> Following:
    """All of the feed that the caller may see: its units, and the types of its agreement."""
    if principal.event_types is None:
        return Following(principal.division)
    return Following(principal.division, tuple(sorted(principal.event_types & types_of(name))))


def _following(principal: Principal, runtime: Runtime, name: str, asked: Asked) -> Following:
    if name != runtime.service.name:
        raise not_found("feed")
    if principal.measures is not None and name not in principal.measures:
        raise Forbidden("access.measure_outside", f"this needs the measures {name}", rule="measure", right=name)
    seen = _seen(principal, name)
    known = types_of(name) if seen.types is None else frozenset(seen.types)
    if unknown := sorted(set(asked.types or ()) - known):
        raise Invalid(
            "feeds.type_unknown",
            "没有这种事件类型，或协议不包括它。",
            field="type",
            value=unknown[0][:64],
            right=", ".join(sorted(known)),
        )
    division = Division(asked.unit) if asked.unit else principal.division
    covers_or_404(principal, division, "unit")
    return Following(division, tuple(sorted(set(asked.types))) if asked.types else seen.types)


async def _note(request: Request, principal: Principal, name: str, following: Following, now: datetime) -> None:
    """A follower is noted when it begins and once an hour, not at each of its polls; nothing is read before that."""
    followers: Followers = request.app.state.feed_followers
    who = (principal.sub, principal.agreement, following)
    if not followers.due(who, now):
        return
    trail: Trail = request.app.state.trail
    types = None if following.types is None else list(following.types)
    detail = {"unit": following.unit.code, "types": types, "agreement": principal.agreement or None}
    await trail.note(Entry("feed.followed", object_kind="feed", object_id=name, detail=detail))
    followers.noted(who, now)
