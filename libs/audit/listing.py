"""Entries of one trail, newest first: by time, who, what was done, to what, and how it ended."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from libs.audit.entry import COLUMNS, genesis, link
from libs.audit.sealing import chain_of
from libs.events.keyset import Listing
from libs.events.types import Connection, Pool, Record

PAGE: Final = f"""
SELECT {COLUMNS}, (SELECT number FROM audit_chain c WHERE c.entry = t.id) AS number FROM audit_trail t
WHERE ($1::timestamptz IS NULL OR at >= $1) AND ($2::timestamptz IS NULL OR at < $2)
  AND ($3::text IS NULL OR actor = $3) AND ($4::text IS NULL OR action = $4)
  AND ($5::text IS NULL OR object_id = $5) AND ($6::text IS NULL OR outcome = $6)
  AND (unit BETWEEN $7 AND $8 OR ($7 = '000000000000' AND unit IS NULL))
  AND ($9::bigint IS NULL OR id < $9)
ORDER BY id DESC LIMIT $10
"""  # noqa: S608 - a constant list of columns
ONE: Final = f"""
SELECT {", ".join("t." + name.strip() for name in COLUMNS.split(","))}, c.number, c.hash,
       (SELECT hash FROM audit_chain b WHERE b.number = c.number - 1) AS before
FROM audit_trail t LEFT JOIN audit_chain c ON c.entry = t.id
WHERE t.id = $1 AND (unit BETWEEN $2 AND $3 OR ($2 = '000000000000' AND unit IS NULL))
"""  # noqa: S608 - a constant list of columns
STATE: Final = """
SELECT (SELECT max(number) FROM audit_chain) AS sealed, (SELECT count(*) FROM audit_unsealed) AS waiting,
       s.number AS signed_number, s.at AS signed_at
FROM (VALUES (1)) AS always LEFT JOIN LATERAL
     (SELECT number, at FROM audit_checkpoints WHERE kind = 'checkpoint' ORDER BY number DESC LIMIT 1) AS s ON true
"""
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


async def one(source: Pool | Connection, entry: int, units: tuple[str, str]) -> Record | None:
    """The entry, if it is of these units; where it is sealed, with its number, its hash and that of the one before."""
    return await source.fetchrow(ONE, entry, *units)


async def intact(source: Pool | Connection, row: Record) -> bool | None:
    """Whether an entry of `one` is what was sealed; None while it is not sealed, or what it hangs on was dropped."""
    if row["number"] is None:
        return None
    before = row["before"]
    if before is None and row["number"] == 1:
        before = genesis(await chain_of(source))
    return None if before is None else bool(link(before, row["number"], dict(row)) == row["hash"])


async def state(source: Pool | Connection) -> Record:
    """`sealed` up to which number, how many are `waiting`, and what was signed last: `signed_number`, `signed_at`."""
    found = await source.fetchrow(STATE)
    assert found is not None
    return found


def listed(source: Pool | Connection, wanted: Wanted) -> Listing:
    """Entries, newest first, by id; acts of nobody known are shown to the whole country only."""
    named = (wanted.actor, wanted.action, wanted.object_id, wanted.outcome)
    return Listing(source, PAGE, (wanted.since, wanted.until, *named, *wanted.units), (None,))
