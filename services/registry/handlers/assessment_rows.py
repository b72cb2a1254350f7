"""Rows of a sheet, each an assessment on a stream of its own subject: found, decided and written in one transaction."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar
from uuid import UUID

from libs.events.decider import Decider
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM, Append, Recorded, retried
from libs.rosters.findings import Finding
from libs.values.errors import DomainError
from services.registry.handlers.answers import RowAnswer
from services.registry.handlers.meaning import Meant

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Assessed(Generic[C]):
    """A row that can be read: its place, what was already said of it, and the command once it is known of whom."""

    sheet: str
    row: int
    findings: tuple[Finding, ...]
    meant: Meant
    command: C | None
    valid: str
    more: tuple[Finding, ...] = ()


Prepare = Callable[[], Awaitable[Sequence[Assessed[C]]]]
Column = Callable[[str | None], str]


async def take(
    runtime: Runtime,
    decider: Decider[Any, C, Any],
    stream_of: Callable[[UUID], UUID],
    prepare: Prepare[C],
    column: Column,
    meta: Meta,
    *,
    dry_run: bool,
) -> tuple[list[RowAnswer], int | None]:
    """Answer a batch and keep what is new, all or nothing; the transaction, None when nothing was new."""

    async def once() -> tuple[list[RowAnswer], int | None]:
        rows = await prepare()
        subjects = {each.meant.subject for each in rows if each.meant.subject is not None}
        streams = await runtime.store.load_many([stream_of(each) for each in subjects])
        states = {stream: decider.fold(item.event for item in recorded) for stream, recorded in streams.items()}
        new: dict[UUID, list[Any]] = {}
        valid: dict[UUID, set[str]] = {}
        answers = []
        for row in rows:
            if row.meant.subject is None or row.command is None:
                answers.append(_nobody(row))
                continue
            stream = stream_of(row.meant.subject)
            try:
                events = decider.decide(states[stream], row.command)
            except DomainError as error:
                answers.append(_refused(row, error, column))
                continue
            states[stream] = decider.fold(events, states[stream])
            if events:
                new.setdefault(stream, []).extend(events)
                valid.setdefault(stream, set()).add(row.valid)
            outcome: Any = "accepted" if events else "unchanged"
            answers.append(RowAnswer(row.sheet, row.row, outcome, (*row.findings, *row.meant.said, *row.more)))
        if dry_run or not new:
            return answers, None
        return answers, await _written(runtime, streams, new, valid, meta)

    return await retried(once)


async def _written(
    runtime: Runtime,
    streams: Mapping[UUID, list[Recorded[Any]]],
    new: Mapping[UUID, list[Any]],
    valid: Mapping[UUID, set[str]],
    meta: Meta,
) -> int:
    appends = [
        Append(
            stream,
            streams[stream][-1].version if streams.get(stream) else NO_STREAM,
            events,
            replace(meta, valid=min(valid[stream]) if len(valid[stream]) == 1 else None),
        )
        for stream, events in new.items()
    ]
    async with runtime.pool.acquire() as connection, connection.transaction():
        done = await runtime.store.append_many(appends, connection)
    return max(item.xid for item in done)


def _nobody(row: Assessed[Any]) -> RowAnswer:
    assert row.meant.finding is not None, "a row that means nobody says why"
    outcome: Any = "skipped" if row.meant.skipped else "refused"
    return RowAnswer(row.sheet, row.row, outcome, (*row.findings, row.meant.finding))


def _refused(row: Assessed[Any], error: DomainError, column: Column) -> RowAnswer:
    rule = error.code.partition(".")[2]
    finding = Finding(column(error.field), rule, "error", error.value or "", error.right or error.message)
    return RowAnswer(row.sheet, row.row, "refused", (*row.findings, *row.meant.said, finding))
