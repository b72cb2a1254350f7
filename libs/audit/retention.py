"""Drops whole months of sealed entries when they are old enough, never before 180 days (Cybersecurity Law art. 21).

An anchor, signed like a checkpoint, takes the place of what is dropped, so the rest is verified as before.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from libs.audit import checkpoints
from libs.audit.checkpoints import Checkpoint, Signer
from libs.audit.entry import Entry
from libs.audit.sealing import Seal, chain_of
from libs.audit.trail import Trail
from libs.events.types import Connection
from libs.values.errors import Invalid

SHORTEST: Final = timedelta(days=180)
LOCAL: Final = ZoneInfo("Asia/Shanghai")

# The first number that must stay bounds what goes, because numbers follow commits and times need not.
LAST: Final = """
SELECT c.number, c.hash, (SELECT max(t.at) FROM audit_chain d JOIN audit_trail t ON t.id = d.entry
                          WHERE d.number <= c.number) AS through
FROM audit_chain c WHERE c.number = (
    SELECT coalesce(min(c.number) FILTER (WHERE t.at >= $1) - 1, max(c.number))
    FROM audit_chain c JOIN audit_trail t ON t.id = c.entry)
"""
DROP: Final = "DELETE FROM audit_trail USING audit_chain c WHERE c.entry = id AND c.number <= $1"
UNLINK: Final = "DELETE FROM audit_chain WHERE number <= $1"


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many entries went, up to which number."""

    entries: int
    number: int


def until(now: datetime, days: int) -> datetime:
    """The first moment that is kept: a month's beginning. Raises Invalid for fewer days than the law asks."""
    if days < SHORTEST.days:
        raise Invalid(
            "audit.kept_too_short",
            f"审计记录至少保存 {SHORTEST.days} 天。",
            field="audit_days",
            value=str(days),
            rule=f"≥ {SHORTEST.days}",
            right=str(SHORTEST.days),
        )
    oldest = (now - timedelta(days=days)).astimezone(LOCAL)
    return oldest.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


async def drop_old(trail: Trail, service: str, seal: Seal, now: datetime, days: int) -> Dropped:
    """Drop what is older than `days`, by whole months, and note that; nothing when there is nothing."""
    keep_from = until(now, days)
    if seal.signer is None:
        raise Invalid("audit.no_key", "没有审计密钥，不能清理审计记录。", field="audit_key", right="64 位十六进制")
    async with trail.pool.acquire() as connection, connection.transaction():
        last = await connection.fetchrow(LAST, keep_from)
        if last is None:
            return Dropped(0, 0)
        anchor = Checkpoint("anchor", last["number"], last["hash"], now, last["through"])
        signed = await _anchored(connection, seal.signer, service, anchor)
        dropped = int((await connection.execute(DROP, signed.number)).split()[-1])
        await connection.execute(UNLINK, signed.number)
        detail = {"entries": dropped, "until": keep_from.isoformat()}
        await trail.note(Entry("audit.dropped", actor="system", object_kind="audit", detail=detail), connection)
        if seal.file is not None:
            await asyncio.to_thread(checkpoints.append, seal.file, signed)
    return Dropped(dropped, signed.number)


async def _anchored(connection: Connection, signer: Signer, service: str, plain: Checkpoint) -> Checkpoint:
    signed = signer.sign(plain, service, await chain_of(connection))
    await checkpoints.keep(connection, signed)
    return signed
