"""Rows of `events` ↔ `Recorded`: the columns every reader of the private log selects.

JSON comes as text, because the codec parses and checks it in one step and equal `meta` need no second parsing.
"""

from collections.abc import Sequence
from typing import Any, Final

from libs.events.codec import Codec
from libs.events.meta import meta_from_text, meta_later
from libs.events.store import Recorded
from libs.events.types import Record

COLUMNS = """position, stream_id, version, event_id, type, schema_version, data::text AS data, meta::text AS meta,
    recorded_at"""
WIDTH: Final = 9  # of COLUMNS


def to_recorded(codec: Codec, row: Record) -> Recorded[Any]:
    """One row as the service's own event, lifted to its present version; COLUMNS come first, more may follow."""
    position, stream_id, version, event_id, name, schema_version, data, meta, recorded_at = row[:WIDTH]
    event = codec.load_text(name, schema_version, data)
    return Recorded(position, stream_id, version, event_id, name, event, meta_from_text(meta), recorded_at)


def all_recorded(codec: Codec, rows: Sequence[Record]) -> list[Recorded[Any]]:
    """Many rows, in their order."""
    return [to_recorded(codec, row) for row in rows]


def all_recorded_later(codec: Codec, rows: Sequence[Record]) -> list[Recorded[Any]]:
    """As `all_recorded`, but each meta is parsed only when it is looked at: most read models never do."""
    load = codec.load_text
    return [
        Recorded(position, stream_id, version, event_id, name, load(name, schema, data), meta_later(meta), recorded_at)
        for position, stream_id, version, event_id, name, schema, data, meta, recorded_at in rows
    ]
