"""Rows of `events` ↔ `Recorded`: the columns every reader of the private log selects.

JSON comes as text, because the codec parses and checks it in one step and equal `meta` need no second parsing.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Final

from libs.events import collector
from libs.events.codec import Codec
from libs.events.meta import Meta, meta_from_text, meta_later
from libs.events.store import Recorded
from libs.events.types import Record

COLUMNS = """position, stream_id, version, event_id, type, schema_version, data::text AS data, meta::text AS meta,
    recorded_at"""
WIDTH: Final = 9  # of COLUMNS
ALL_VERSIONS: Final = 2_147_483_647  # the greatest int of PostgreSQL
# The events of the stream $1 up to the first one recorded after the instant $2.
AS_OF: Final = f"""stream_id = $1 AND version < coalesce(
    (SELECT min(version) FROM events WHERE stream_id = $1 AND recorded_at > $2), {ALL_VERSIONS})"""  # noqa: S608 - a number

# A frozen class sets its fields by name through `object`; by its own slots this takes a third of the time, and it was
# the greatest part of what reading an event costs.
_NEW: Final = Recorded.__new__
_SLOTS: Final[tuple[Callable[[object, object], None], ...]] = tuple(
    getattr(Recorded, each.name).__set__ for each in fields(Recorded)
)


def to_recorded(codec: Codec, row: Record) -> Recorded[Any]:
    """One row as the service's own event, lifted to its present version; COLUMNS come first, more may follow."""
    return _recorded(codec, (row,), meta_from_text)[0]


def all_recorded(codec: Codec, rows: Sequence[Record]) -> list[Recorded[Any]]:
    """Many rows, in their order; COLUMNS come first in each, more may follow."""
    return _recorded(codec, rows, meta_from_text)


def all_recorded_later(codec: Codec, rows: Sequence[Record]) -> list[Recorded[Any]]:
    """As `all_recorded`, but each meta is parsed only when it is looked at: most read models never do."""
    return _recorded(codec, rows, meta_later)


def _recorded(codec: Codec, rows: Sequence[Any], meta_of: Callable[[str], Meta]) -> list[Recorded[Any]]:
    """What is the same as in the row before, as in the events of one command, is not looked up again."""
    set_position, set_stream, set_version, set_id, set_type, set_event, set_meta, set_at = _SLOTS
    found: list[Recorded[Any]] = []
    known: tuple[str, int] | None = None
    known_meta: str | None = None
    with collector.paused():
        for row in rows:
            position, stream_id, version, event_id, name, schema_version, data, meta, recorded_at = row[:WIDTH]
            if known is None or name != known[0] or schema_version != known[1]:
                load, known = codec.loader(name, schema_version), (name, schema_version)
            if meta != known_meta:
                its_meta, known_meta = meta_of(meta), meta
            recorded: Recorded[Any] = _NEW(Recorded)
            set_position(recorded, position)
            set_stream(recorded, stream_id)
            set_version(recorded, version)
            set_id(recorded, event_id)
            set_type(recorded, name)
            set_event(recorded, load(data))
            set_meta(recorded, its_meta)
            set_at(recorded, recorded_at)
            found.append(recorded)
    return found
