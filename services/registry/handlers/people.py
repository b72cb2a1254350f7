"""Decisions of people about one woman: exit, return, merge, un-merge. Rights are asked inside the queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from libs.access.principal import not_found
from libs.events import aliases
from libs.events.commands import Idempotency, Receipt, Respond, stale
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import Append, Appended, Recorded
from libs.events.types import Connection
from libs.values.errors import Conflict
from services.registry.domain import merge as m
from services.registry.domain import woman as w
from services.registry.domain import woman_state as s
from services.registry.domain.presence import KeepWoman, ReportLeft, ReportRejoined
from services.registry.handlers import reservations
from services.registry.handlers.reading import RESTRICTED

IN_SCOPE = "SELECT 1 FROM persons WHERE person_id = $1 AND woman AND division BETWEEN $2 AND $3"
Report: TypeAlias = w.ReportExit | w.ReportReturn | KeepWoman | ReportLeft | ReportRejoined


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom a decision is made: the range of divisions he may write, and what is kept beside the events."""

    scope: tuple[str, str]
    meta: Meta


async def report(
    runtime: Runtime,
    caller: Caller,
    command: Report,
    *,
    expected: int | None,
    idempotency: Idempotency | None,
    respond: Respond,
) -> Receipt:
    """An exit or return the poverty office reports, or what a person decides about her being here."""
    await require(runtime, command.woman_id, caller.scope)
    return await runtime.commands.handle(
        w.woman,
        command.woman_id,
        command,
        caller.meta,
        idempotency=idempotency,
        respond=respond,
        expected=expected,
    )


@dataclass(frozen=True, slots=True)
class Merging:
    """A merge or un-merge as decided, not yet written; without appends it is so already."""

    command: m.Command
    appends: tuple[Append, ...]
    version: int


async def merge(
    runtime: Runtime, caller: Caller, command: m.Command, *, expected: int | None
) -> tuple[int, int | None]:
    """Merge or un-merge two women of the caller's units, on both streams at once.

    Gives the version of the merged record and the transaction; no transaction when it is so already.
    """
    await require(runtime, command.merged_id, caller.scope)
    await require(runtime, command.survivor_id, caller.scope)
    decided = await merging(runtime, command, caller.meta, expected=expected)
    if not decided.appends:
        return decided.version, None
    async with runtime.pool.acquire() as connection, connection.transaction():
        done = await write(runtime, connection, decided)
    return decided.version, done.xid


async def merging(runtime: Runtime, command: m.Command, meta: Meta, *, expected: int | None = None) -> Merging:
    """What a merge or un-merge says on both streams; whoever asks has asked for rights."""
    streams = await runtime.store.load_many([command.merged_id, command.survivor_id])
    merged, survivor = streams[command.merged_id], streams[command.survivor_id]
    if expected is not None and _version(merged) != expected:
        raise stale(expected, _version(merged))
    if isinstance(command, m.MergeWomen):
        await _check_unrestricted(runtime, (command.merged_id, command.survivor_id))
    of_merged, of_survivor = m.decide(m.Pair(_folded(merged), _folded(survivor)), command)
    appends = tuple(
        Append(stream_id, _version(streams[stream_id]), events, meta)
        for stream_id, events in ((command.merged_id, of_merged), (command.survivor_id, of_survivor))
        if events
    )
    return Merging(command, appends, _version(merged) + len(of_merged))


async def write(runtime: Runtime, connection: Connection, decided: Merging) -> Appended:
    """Both streams, the reservation and the alias, in the caller's transaction."""
    command = decided.command
    into = command.survivor_id if isinstance(command, m.MergeWomen) else None
    done = await runtime.store.append_many(decided.appends, connection)
    await connection.execute(reservations.MERGE, command.merged_id, into)
    edge = aliases.unmerge if into is None else partial(aliases.merge, survivor=into)
    await edge(connection, merged=command.merged_id, recorded=done[-1].position, valid=command.on)
    return done[-1]


async def require(runtime: Runtime, woman_id: UUID, scope: tuple[str, str]) -> None:
    """The same answer for 'not there' and 'not yours'."""
    if await runtime.pool.fetchval(IN_SCOPE, woman_id, *scope) is None:
        raise not_found("woman")


async def _check_unrestricted(runtime: Runtime, ids: Sequence[UUID]) -> None:
    """Merging would show under the other record what may not be shown."""
    if await runtime.pool.fetchval(RESTRICTED, list(ids)) is not None:
        raise Conflict(
            "rights.restricted",
            "这份记录正在限制处理，只能保存和保护",
            rule="个人信息保护法 第四十七条第二款、第五十条",
            right="先解除限制处理",
        )


def _folded(recorded: list[Recorded[Any]]) -> s.State:
    return w.woman.fold(item.event for item in recorded)


def _version(recorded: list[Recorded[Any]]) -> int:
    return recorded[-1].version if recorded else 0
