"""A log as a list for the eyes of an operator: what happened, when, by whom. Never the content of an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from libs.events.rows import ALL_VERSIONS, AS_OF
from libs.events.timers import LIST as TIMERS
from libs.events.timers import Timer, timer_of
from libs.events.types import Connection
from libs.values.valid_date import ValidDate, local_date

_EVENT: Final = "position AS number, stream_id AS stream, version, type, recorded_at AS at, meta"
STREAM: Final = f"""
SELECT {_EVENT} FROM events WHERE {AS_OF} AND version <= $3 ORDER BY version
"""  # noqa: S608 - constant words
LAST_EVENTS: Final = f"SELECT {_EVENT} FROM events ORDER BY position DESC LIMIT $1"  # noqa: S608
LAST_PUBLISHED: Final = """
SELECT number, key AS stream, NULL::int AS version, type, at, meta FROM published ORDER BY number DESC LIMIT $1
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One event. `number` is its position in the private log, or its published number; `stream` then is the key."""

    number: int
    stream: UUID
    version: int | None
    type: str
    at: datetime
    actor: str
    unit: str
    valid: str | None


async def stream(
    connection: Connection, stream_id: UUID, *, until_version: int = ALL_VERSIONS, at: datetime | None = None
) -> list[Line]:
    """One stream as of a version or as it was recorded at an instant; all of it by default."""
    later = at or datetime.max.replace(tzinfo=UTC)
    return _lines(await connection.fetch(STREAM, stream_id, later, until_version))


async def last_events(connection: Connection, count: int) -> list[Line]:
    """The end of the private log, the newest last."""
    return _lines(reversed(await connection.fetch(LAST_EVENTS, count)))


async def last_published(connection: Connection, count: int) -> list[Line]:
    """The end of the published log, the newest last."""
    return _lines(reversed(await connection.fetch(LAST_PUBLISHED, count)))


async def timers(connection: Connection, count: int) -> list[Timer]:
    """Timers that wait, the next one first."""
    return [timer_of(row) for row in await connection.fetch(TIMERS, count)]


def true_by(lines: Sequence[Line], day: date) -> list[Line]:
    """What is known today to have been true by a day: by valid date, whenever it was recorded.

    An event counts from the first day of its valid date; without one, from the day it was recorded. This is no
    beginning of the stream (facts of the past arrive late), so it is for reading: a decider must not fold it.
    """
    return [line for line in lines if _begins(line) <= day]


def _begins(line: Line) -> date:
    return local_date(line.at) if line.valid is None else ValidDate.parse(line.valid).first


def _lines(rows: Any) -> list[Line]:
    return [
        Line(
            row["number"],
            row["stream"],
            row["version"],
            row["type"],
            row["at"],
            row["meta"].get("actor", ""),
            row["meta"].get("unit", ""),
            row["meta"].get("valid"),
        )
        for row in rows
    ]
