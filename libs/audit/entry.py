"""One entry of the trail, and the canonical bytes of it that the chain hashes.

Who is a `sub` (an account's id), never a name; what was read or changed is ids and names of fields, never a value of a
person. So erasing a person leaves nothing of her here but an id that nothing explains any more.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any, Final, Literal

import orjson

Outcome = Literal["success", "refused", "failed"]

FIELDS: Final = (
    "at",
    "actor",
    "role",
    "unit",
    "session",
    "address",
    "action",
    "object_kind",
    "object_id",
    "outcome",
    "code",
    "purpose",
    "reason",
    "correlation_id",
    "trace_id",
    "detail",
)
COLUMNS: Final = ", ".join(("id", *FIELDS))


@dataclass(frozen=True, slots=True)
class Entry:
    """What is noted; who, whence and in which request is added from the act that it belongs to, where left out."""

    action: str
    outcome: Outcome = "success"
    object_kind: str | None = None
    object_id: str | None = None
    actor: str | None = None
    role: str | None = None
    unit: str | None = None
    session: str | None = None
    address: str | None = None
    code: str | None = None
    purpose: str | None = None
    reason: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def link(before: bytes, number: int, row: Mapping[str, Any]) -> bytes:
    """The hash of a number: SHA-256 over the one before it and the canonical bytes of its entry."""
    return hashlib.sha256(before + canonical(number, row)).digest()


def genesis(chain_id: object) -> bytes:
    """What the first number follows; no two chains begin alike."""
    return hashlib.sha256(f"jinguo audit {chain_id}".encode()).digest()


def canonical(number: int, row: Mapping[str, Any]) -> bytes:
    """JSON with sorted names, without spaces and without what is not known; the time in UTC to the microsecond."""
    said = {name: row[name] for name in FIELDS if row[name] is not None}
    said["at"] = row["at"].astimezone(UTC).isoformat(timespec="microseconds")
    return orjson.dumps({"number": number, "id": row["id"], **said}, option=orjson.OPT_SORT_KEYS)
