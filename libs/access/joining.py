"""What changes of accounts, agreements and clients have in common: whose they may be, to which version, by whom.

What belongs together is one transaction; what is left as it is has a word of its own.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final
from uuid import UUID

from libs.access.principal import Principal
from libs.audit.entry import Entry
from libs.events.types import Connection, Pool
from libs.values.division import Division
from libs.values.errors import Refused, Stale


class Unchanged:
    """Says of a field that may be nothing: leave it as it is."""


UNCHANGED: Final = Unchanged()


@asynccontextmanager
async def joined(pool: Pool, tx: Connection | None) -> AsyncIterator[Connection]:
    """A connection in a transaction; inside the caller's a savepoint, so that a refusal leaves that one usable."""
    if tx is not None:
        async with tx.transaction():
            yield tx
        return
    async with pool.acquire() as connection, connection.transaction():
        yield connection


def check_division(principal: Principal, division: Division, things: str) -> None:
    """Things of one's own units only, called as a person calls them; else Refused."""
    if not principal.division.covers(division):
        message = f"只能管理本单位范围内的{things}。"
        raise Refused("access.division_outside", message, field="division", right=principal.division.code)


def check_version(present: int, expected: int, thing: str) -> None:
    """The change was made to the present version; else Stale."""
    if present != expected:
        raise Stale("access.stale", f"{thing}刚被他人修改，请重新读取后再改。", field="If-Match")


def act_of(
    principal: Principal, action: str, object_id: UUID, detail: Mapping[str, Any], reason: str | None = None
) -> Entry:
    """A change for the trail: who did it to what; an action is named after the kind of the object, as `client.made`."""
    kind = action.partition(".")[0]
    who = {"actor": principal.sub, "role": principal.role, "unit": principal.division.code}
    return Entry(action, "success", kind, str(object_id), **who, reason=reason, detail=detail)
