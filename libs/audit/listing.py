"""Entries of one trail, newest first: by time, who, what was done, to what, and how it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from libs.audit.entry import COLUMNS
from libs.events.types import Connection, Pool, Record

PAGE: Final = f"""
SELECT {COLUMNS}, (SELECT number FROM audit_chain c WHERE c.entry = t.id) AS number FROM audit_trail t
WHERE ($1::bigint IS NULL OR id < $1) AND ($2::timestamptz IS NULL OR at >= $2) AND ($3::timestamptz IS NULL OR at < $3)
  AND ($4::text IS NULL OR actor = $4) AND ($5::text IS NULL OR action = $5)
  AND ($6::text IS NULL OR object_id = $6) AND ($7::text IS NULL OR outcome = $7)
  AND (unit BETWEEN $8 AND $9 OR ($8 = '000000000000' AND unit IS NULL))
ORDER BY id DESC LIMIT $10
"""  # noqa: S608 - a constant list of columns
EVERYWHERE: Final = ("0" * 12, "9" * 12)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Filters; None asks for nothing. From `since`, before `until`; acts of the units between two codes."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    action: str | None = None
    object_id: str | None = None
    outcome: str | None = None
    units: tuple[str, str] = EVERYWHERE

    def said(self) -> dict[str, Any]:
        """The filters that ask for something, as they go into the trail and into a page's cursor."""
        values = {
            "from": self.since.isoformat() if self.since else None,
            "to": self.until.isoformat() if self.until else None,
            "actor": self.actor,
            "action": self.action,
            "object": self.object_id,
            "outcome": self.outcome,
        }
        return {name: value for name, value in values.items() if value is not None}


async def page(source: Pool | Connection, wanted: Wanted, before: int | None, limit: int) -> Sequence[Record]:
    """Up to `limit` entries older than the id `before`; acts of nobody known are shown to the whole country only."""
    named = (wanted.actor, wanted.action, wanted.object_id, wanted.outcome)
    return await source.fetch(PAGE, before, wanted.since, wanted.until, *named, *wanted.units, limit)
