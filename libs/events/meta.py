"""What is kept beside every event from the first one on: who, for which unit, why, and when it was true."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from orjson import loads


@dataclass(frozen=True, slots=True)
class Meta:
    """`valid` is an ISO day, month, year or interval: '2016-05-03', '2016-05', '2016', '2016-05-03/2016-05-07'."""

    actor: str
    role: str
    unit: str
    correlation_id: UUID
    command_id: UUID | None = None
    causation_id: UUID | None = None
    traceparent: str | None = None
    valid: str | None = None


def meta_to_json(meta: Meta) -> dict[str, str]:
    """The JSON form; what is not known is left out."""
    values = {
        "actor": meta.actor,
        "role": meta.role,
        "unit": meta.unit,
        "correlation_id": str(meta.correlation_id),
        "command_id": str(meta.command_id) if meta.command_id else None,
        "causation_id": str(meta.causation_id) if meta.causation_id else None,
        "traceparent": meta.traceparent,
        "valid": meta.valid,
    }
    return {name: value for name, value in values.items() if value is not None}


def meta_from_json(data: dict[str, Any]) -> Meta:
    """The reverse of `meta_to_json`."""
    return Meta(
        actor=data["actor"],
        role=data["role"],
        unit=data["unit"],
        correlation_id=UUID(data["correlation_id"]),
        command_id=UUID(data["command_id"]) if "command_id" in data else None,
        causation_id=UUID(data["causation_id"]) if "causation_id" in data else None,
        traceparent=data.get("traceparent"),
        valid=data.get("valid"),
    )


@lru_cache(maxsize=64)
def meta_from_text(text: str) -> Meta:
    """The same from JSON text; the events of one command lie together and share it."""
    return meta_from_json(loads(text))


class _LaterMeta(Meta):
    """JSON text that becomes a meta when somebody first looks: parsing takes longer than all else of an event."""

    __slots__ = ("_text",)
    __hash__ = Meta.__hash__

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "_text", text)

    def __getattr__(self, name: str) -> Any:
        """Called for a field that is not set yet; sets them all."""
        if name not in Meta.__slots__:
            raise AttributeError(name)
        meta = meta_from_text(self._text)
        for each in Meta.__slots__:
            object.__setattr__(self, each, getattr(meta, each))
        return getattr(meta, name)

    def __eq__(self, other: object) -> bool:
        """Equal to a meta with the same fields, of whichever kind."""
        return isinstance(other, Meta) and all(getattr(self, each) == getattr(other, each) for each in Meta.__slots__)


def meta_later(text: str) -> Meta:
    """As `meta_from_text`, but parsed only when it is looked at; for reading a whole history."""
    return _LaterMeta(text)
