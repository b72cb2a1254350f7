"""Rows of `events` ↔ `Recorded`: the columns every reader of the private log selects."""

from collections.abc import Sequence
from typing import Any

from libs.events.codec import Codec
from libs.events.meta import meta_from_json
from libs.events.store import Recorded
from libs.events.types import Record

COLUMNS = "position, stream_id, version, event_id, type, schema_version, data, meta, recorded_at"


def to_recorded(codec: Codec, row: Record) -> Recorded[Any]:
    """One row as the service's own event, lifted to its present version."""
    return Recorded(
        position=row["position"],
        stream_id=row["stream_id"],
        version=row["version"],
        event_id=row["event_id"],
        type=row["type"],
        event=codec.load(row["type"], row["schema_version"], row["data"]),
        meta=meta_from_json(row["meta"]),
        recorded_at=row["recorded_at"],
    )


def all_recorded(codec: Codec, rows: Sequence[Record]) -> list[Recorded[Any]]:
    """Many rows, in their order."""
    return [to_recorded(codec, row) for row in rows]
