"""Everything that was said about one woman, event by event and in clear, for the copy she asked for (PIPL art. 45)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import orjson
from pydantic import BaseModel, StringConstraints

from libs.access.masking import LONGEST_REASON
from libs.events.personal import Personal
from libs.events.runtime import Runtime
from libs.events.store import Recorded
from libs.service.bodies import Body


class RecordIn(Body):
    """Why it leaves in clear: a code or words; kept in the trail."""

    reason: Annotated[str | None, StringConstraints(max_length=LONGEST_REASON)] = None


class PastOut(BaseModel):
    """One event about her: `body` what it says, `says` what was sealed, null once it is erased."""

    kind: str
    subject: UUID
    number: int
    at: datetime
    actor: str
    role: str
    unit: str
    body: dict[str, Any]
    says: dict[str, str | None]


async def told(runtime: Runtime, streams: Mapping[UUID, Sequence[Recorded[Any]]]) -> list[PastOut]:
    """The events of these streams in the order of their time."""
    found = [await _of_stream(runtime, stream_id, recorded) for stream_id, recorded in streams.items()]
    return sorted((each for part in found for each in part), key=lambda each: (each.at, each.number))


async def texts_of(runtime: Runtime, recorded: Sequence[Recorded[Any]]) -> dict[int, dict[str, str | None]]:
    """The sealed words of each event, by its number; None once their key is destroyed."""
    places = [
        (each.version, name, value.subject, value.sealed)
        for each in recorded
        for name, value in _personal(each.event).items()
        if value.sealed is not None
    ]
    opened = await runtime.vault.open_many([(subject, sealed) for _, _, subject, sealed in places])
    found: dict[int, dict[str, str | None]] = {}
    for (version, name, _, _), text in zip(places, opened, strict=True):
        found.setdefault(version, {})[name] = text
    return found


async def _of_stream(runtime: Runtime, stream_id: UUID, recorded: Sequence[Recorded[Any]]) -> list[PastOut]:
    texts = await texts_of(runtime, recorded)
    return [
        PastOut(
            kind=each.type,
            subject=stream_id,
            number=each.version,
            at=each.recorded_at,
            actor=each.meta.actor,
            role=each.meta.role,
            unit=each.meta.unit,
            body=_plain(each.event),
            says=texts.get(each.version, {}),
        )
        for each in recorded
    ]


def _personal(event: Any) -> dict[str, Personal[Any]]:
    """The sealed values of an event: those of its `personal`, and fields that are one."""
    own = {each.name: getattr(event, each.name) for each in fields(event)}
    return {**own.get("personal", {}), **{name: value for name, value in own.items() if isinstance(value, Personal)}}


def _plain(event: Any) -> dict[str, Any]:
    """Its other fields as JSON has them."""
    hidden = {"personal", *_personal(event)}
    said = {name: value for name, value in asdict(event).items() if name not in hidden}
    found: dict[str, Any] = orjson.loads(orjson.dumps(said, default=str))
    return found
