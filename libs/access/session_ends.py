"""Every end of a console's session before its time, in one place: whoever ends it and why, it stands in the trail."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

from libs.access.principal import Principal
from libs.access.sign_in_trail import Whose, sign_in_entry
from libs.audit.entry import Entry
from libs.audit.trail import Trail
from libs.events.types import Connection

IDLE: Final = timedelta(minutes=30)
Why = Literal[
    "signed_out",
    "ended_by_owner",
    "ended_by_administrator",
    "password_changed",
    "password_reset",
    "factor_confirmed",
    "factor_reset",
    "account_closed",
]

_END: Final = """
DELETE FROM sessions WHERE account_id = $1 AND ($2::text IS NULL OR id = $2) AND id IS DISTINCT FROM $3
RETURNING id, seen_at > $4 AND expires_at > $5 AS open
"""


@dataclass(frozen=True, slots=True)
class Ending:
    """Why sessions end, when and by whom: `by` an administrator, else by their owner, from `address` in `session`."""

    why: Why
    at: datetime
    address: str = ""
    session: str | None = None
    by: Principal | None = None


async def end_sessions(
    tx: Connection, trail: Trail, whose: Whose, ending: Ending, *, only: str | None = None, but: str | None = None
) -> int:
    """End all sessions of an account, `only` one, or all `but` one, by id. Answers how many of them were open.

    One that was idle or over is dropped without a word: it had ended by itself.
    """
    ended = await tx.fetch(_END, whose.id, only, but, ending.at - IDLE, ending.at)
    opened = [row["id"] for row in ended if row["open"]]
    for each in opened:
        await trail.note(_entry(each, whose, ending), tx)
    return len(opened)


def _entry(ended: str, whose: Whose, ending: Ending) -> Entry:
    """In the unit of the account, so that its auditors find it."""
    if ending.why == "signed_out":
        return replace(sign_in_entry("signed_out", whose, ending.address), session=ended)
    entry = sign_in_entry("session_ended", whose, ending.address, ended=ended, why=ending.why)
    if ending.by is None:
        return replace(entry, session=ending.session)
    return replace(entry, actor=ending.by.sub, role=ending.by.role)
