"""Writes entries: in the transaction of the act, or before its answer leaves. What cannot be noted is not done."""

from typing import Final

import asyncpg
import orjson

from libs.audit.entry import Entry
from libs.events.act import current_act
from libs.events.pool import LOST
from libs.events.types import Connection, Pool
from libs.events.wake import Pulse
from libs.values.errors import Unavailable

NOTE: Final = """
INSERT INTO audit_trail (actor, role, unit, session, address, action, object_kind, object_id, outcome, code, purpose,
                         reason, correlation_id, trace_id, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15::text::jsonb)
"""


class NotAudited(Unavailable):
    """The trail could not be written, so the act is refused (MLPS 3: auditing is not to be interrupted)."""

    def __init__(self) -> None:
        """Said in place of the answer."""
        super().__init__(
            "audit.unavailable",
            "审计记录写不进去，操作没有执行；请稍后再试。",
            rule="没有审计记录就不执行",
            right="稍后再试；同一 Idempotency-Key 不会重复执行",
        )


class Trail:
    """The trail of one database."""

    def __init__(self, pool: Pool) -> None:
        """`pool` of the database that the acts write to."""
        self.pool = pool
        self.written = Pulse()

    async def note(self, entry: Entry, tx: Connection | None = None) -> None:
        """Write one entry, in the caller's transaction if handed in. Raises NotAudited."""
        act = current_act()
        facts = act.facts() if act else {}
        who = [getattr(entry, name) or facts.get(name) for name in ("actor", "role", "unit", "session", "address")]
        said = (entry.action, entry.object_kind, entry.object_id, entry.outcome, entry.code)
        why = (entry.purpose or facts.get("purpose"), entry.reason or facts.get("reason"))
        by = facts.get("action")
        detail = {**entry.detail, **({"by": by} if by and by != entry.action else {})}
        request = (facts.get("correlation_id"), facts.get("trace_id"))
        try:
            await (tx or self.pool).execute(NOTE, *who, *said, *why, *request, orjson.dumps(detail).decode())
        except (asyncpg.PostgresError, asyncpg.InterfaceError, *LOST) as error:
            raise NotAudited from error
        if act is not None:
            act.written = True
        self.written.beat()
