"""Reads of one request in one snapshot, as known at one recorded number."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from libs.events.types import Connection, Pool
from libs.values.errors import Invalid

HEAD = "SELECT coalesce(max(recorded), 0) FROM facts"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`at` is the recorded number up to which everything is read."""

    tx: Connection
    at: int


@asynccontextmanager
async def snapshot(pool: Pool, as_known: int | None = None) -> AsyncIterator[Snapshot]:
    """As known at that number, or with all that is recorded; Invalid for a number not reached yet."""
    async with pool.acquire() as tx, tx.transaction(isolation="repeatable_read", readonly=True):
        head: int = await tx.fetchval(HEAD)
        if as_known is not None and as_known > head:
            raise Invalid(
                "reporting.as_known_ahead",
                f"到编号 {as_known} 为止的情况还不存在，目前记录到 {head}",
                field="as_known",
                value=str(as_known),
                rule="a report is as known at a number that is recorded",
                right=f"0 to {head}",
            )
        yield Snapshot(tx, head if as_known is None else as_known)
