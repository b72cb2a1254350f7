"""The likely scan: whoever is new or changed is met with all records, and each pair is told what was found.

A change leaves a line in `duplicate_changes` in its own transaction; a scan takes lines away in the transaction in
which it writes what they led to. So nothing is left out or told twice, however often a scan is killed or runs beside
another; a full scan only adds a line for everybody.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM, Append, VersionConflict, retried
from libs.events.types import Record
from libs.values.division import NATION
from libs.values.valid_date import local_date
from services.registry.domain import pair as p
from services.registry.domain.keys import pair_id
from services.registry.domain.likeness import Record as Person
from services.registry.domain.likeness import rules_on
from services.registry.domain.pair_events import Lost, PairChanged, PairFound, PairReopened
from services.registry.handlers import meeting, pairs
from services.registry.handlers.claims import CLAIMED
from services.registry.handlers.meeting import Alike
from services.registry.handlers.reservations import races

BATCH: Final = 2_000  # women met at once
APPENDED: Final = 1_000  # pairs of one transaction: short ones keep everybody's events moving
_ASKED: Final = 20_000
LINES = """
SELECT c.number, c.person_id FROM duplicate_changes c JOIN persons p USING (person_id)
WHERE c.number > $1 AND p.division BETWEEN $2 AND $3 ORDER BY c.number LIMIT $4
"""
LEFT = """
SELECT count(*) FROM duplicate_changes c JOIN persons p USING (person_id) WHERE p.division BETWEEN $1 AND $2
"""
DONE = "DELETE FROM duplicate_changes WHERE number = ANY($1)"
ASK = """
WITH asked AS (
    SELECT person_id FROM persons WHERE person_id > $3 AND woman AND NOT erased AND division BETWEEN $1 AND $2
    ORDER BY person_id LIMIT $4
), added AS (INSERT INTO duplicate_changes (person_id) SELECT person_id FROM asked)
SELECT person_id FROM asked ORDER BY person_id DESC LIMIT 1
"""
Progress = Callable[[int, int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Step:
    """What one batch came to; `last` is None when there was none."""

    last: int | None = None
    women: int = 0
    later: int = 0
    told: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """A pair and what follows for it."""

    append: Append
    kept: pairs.Kept
    alike: Alike | None


async def ask_all(runtime: Runtime, scope: tuple[str, str]) -> None:
    """Let the next scan look at everybody of a range of divisions, changed or not."""
    last: UUID | None = UUID(int=0)
    while last is not None:
        last = await runtime.pool.fetchval(ASK, *scope, last, _ASKED)


async def nobody(_done: int, _total: int) -> None:
    """Progress that nobody follows."""


async def scan(
    runtime: Runtime,
    meta: Meta,
    scope: tuple[str, str] = NATION.range(),
    progress: Progress = nobody,
    *,
    batch: int = BATCH,
) -> dict[str, int]:
    """Take every line of a range of divisions; counts of women, of pairs by what was told, of women left for later.

    Left for later is who is not shown by the read model yet; her line stays.
    """
    total = await runtime.pool.fetchval(LEFT, *scope)
    totals: Counter[str] = Counter(women=0, found=0, changed=0, reopened=0, closed=0, later=0)
    after, done = 0, 0
    while True:
        step = await retried(lambda after=after: _step(runtime, meta, after, scope, batch))  # type: ignore[misc]
        if step.last is None:
            return dict(totals)
        after, done = step.last, done + batch
        totals.update(women=step.women, later=step.later, **step.told)
        await progress(min(done, total), total)
        await asyncio.sleep(0)  # let everybody else's requests in between two batches


async def _step(runtime: Runtime, meta: Meta, after: int, scope: tuple[str, str], batch: int) -> Step:
    """One batch of lines; raises VersionConflict when what it read was changed meanwhile."""
    lines = await runtime.pool.fetch(LINES, after, *scope, batch)
    if not lines:
        return Step()
    ids = {line["person_id"] for line in lines}
    later = await meeting.key(runtime.pool, runtime.vault, list(ids))
    await meeting.forget(runtime.pool, list(ids))
    now = ids - later
    told = await _told(runtime, meta, list(now))
    numbers = [line["number"] for line in lines if line["person_id"] in now]
    chunks = [told[start : start + APPENDED] for start in range(0, max(1, len(told)), APPENDED)]
    for place, chunk in enumerate(chunks, 1):
        await _write(runtime, chunk, numbers if place == len(chunks) else [])
    counted = Counter(_word(event) for each in told for event in each.append.events)
    return Step(lines[-1]["number"], len(now), len(later), counted)


async def _told(runtime: Runtime, meta: Meta, ids: Sequence[UUID]) -> list[Told]:
    """What follows for every pair of these women, as they and their pairs are now."""
    pool = runtime.pool
    rules = rules_on(local_date(runtime.clock()))
    known = {row["pair_id"]: row for row in await pairs.of_records(pool, ids)}
    met = await meeting.meet(pool, runtime.vault, ids, rules)
    alike = {pair_id(each.one.person_id, each.other.person_id): each for each in met}
    lost = {key: row for key, row in known.items() if row["state"] in pairs.WAITING and key not in alike}
    asked = {key: each for key, each in alike.items() if key not in known or _news(known[key], each)}
    records = await meeting.persons(pool, {row[side] for row in lost.values() for side in ("one", "other")})
    lost = {key: row for key, row in lost.items() if not _claimed(row, records)}
    commands: dict[UUID, p.Command] = {
        **{key: p.Find(key, each.one.person_id, each.other.person_id, each.found) for key, each in asked.items()},
        **{key: p.Lose(key, _why(records[row["one"]], records[row["other"]])) for key, row in lost.items()},
    }
    streams = await runtime.store.load_many([key for key in commands if key in known]) if commands else {}
    return [
        Told(*written, asked.get(key))
        for key, command in commands.items()
        if (written := _written(command, streams.get(key, []), _divisions(known.get(key), asked.get(key)), meta))
    ]


def _written(
    command: p.Command, recorded: Sequence[Any], divisions: tuple[str, str], meta: Meta
) -> tuple[Append, pairs.Kept] | None:
    state = p.pair.fold(item.event for item in recorded)
    events = p.decide(state, command)
    if not events:
        return None
    version = recorded[-1].version if recorded else 0
    for event in events:
        state = p.evolve(state, event)
    append = Append(command.pair_id, version or NO_STREAM, events, meta)
    return append, pairs.Kept(state, version + len(events), *divisions)


def _divisions(row: Record | None, each: Alike | None) -> tuple[str, str]:
    if each is not None:
        return each.one.division, each.other.division
    assert row is not None, "what is lost was known"
    return row["one_division"], row["other_division"]


async def _write(runtime: Runtime, told: Sequence[Told], numbers: Sequence[int]) -> None:
    """Pairs, and the lines they came from; records that a pair rests on are held, so none has changed unseen."""
    seen = {each.person_id: each for item in told if item.alike for each in (item.alike.one, item.alike.other)}
    async with runtime.pool.acquire() as connection, connection.transaction():
        with races():
            if seen and await meeting.persons(connection, seen, hold=True) != seen:
                raise VersionConflict
            await runtime.store.append_many([item.append for item in told], connection)
            await pairs.keep(connection, [item.kept for item in told], runtime.clock())
            await connection.execute(DONE, list(numbers))


def _news(row: Record, each: Alike) -> bool:
    """Whether the pair may have to be told; one that was told so already need not be read."""
    if row["state"] in pairs.WAITING:
        found = each.found
        return (row["print"], row["rules"], row["score"], tuple(row["signs"])) != (
            found.print, found.rules, found.score, found.signs,
        )  # fmt: skip
    return bool(row["state"] != "different" or row["print"] != each.found.print)


def _claimed(row: Record, records: Mapping[UUID, Person]) -> bool:
    """A claim to one id waits for people while both records live, however unlike they are."""
    return CLAIMED in row["signs"] and records[row["one"]].live and records[row["other"]].live


def _why(one: Person, other: Person) -> Lost:
    if one.erased or other.erased:
        return "erased"
    return "no_longer_alike" if one.live and other.live else "merged"


def _word(event: object) -> str:
    match event:
        case PairFound():
            return "found"
        case PairChanged():
            return "changed"
        case PairReopened():
            return "reopened"
        case _:
            return "closed"
