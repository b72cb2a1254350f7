"""Who is registered in a division follows it to its new code: women, households with their exits, and what is reserved.

In batches by who still stands under the old code, so that a killed one is taken up where it stopped and nobody follows
twice. Each woman and household has an event of her own, by which rights, lists and reports follow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg

from libs.events import failpoints
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import Append, VersionConflict, retried
from libs.events.types import Connection, Record
from libs.values.division import Division
from services.registry.domain import household as h
from services.registry.domain import woman as w
from services.registry.domain.division_change import DivisionChanged
from services.registry.domain.exits.commands import RecodeExit
from services.registry.domain.exits.process import exit_process
from services.registry.domain.keys import exit_process_id
from services.registry.domain.woman_state import Registered
from services.registry.handlers.taking import opened
from services.registry.handlers.tokens import code_token
from services.registry.projections import exits, households, women

BATCH = 200
WAIT = 60.0

HOUSEHOLDS = "SELECT household_id FROM household_codes WHERE division = $1 ORDER BY household_id LIMIT $2"
PERSONS = "SELECT person_id, woman FROM persons WHERE division = $1 ORDER BY person_id LIMIT $2"
SOME_HOUSEHOLDS = "SELECT household_id FROM household_codes WHERE division = $1 AND household_id = ANY($2)"
THEIR_PERSONS = "SELECT person_id, woman FROM persons WHERE division = $1 AND household_id = ANY($2)"
RECODE_HOUSEHOLD = "UPDATE household_codes SET division = $2 WHERE household_id = ANY($1)"
RECODE_PERSON = "UPDATE persons SET division = $2 WHERE person_id = ANY($1)"
NEW_HOUSEHOLD_CODE = """
UPDATE household_codes SET county = $2, code_token = $3 WHERE household_id = $1
AND NOT EXISTS (SELECT FROM household_codes WHERE county = $2 AND code_token = $3 AND household_id <> $1)
"""
OLD_PERSON_CODES = """
INSERT INTO former_codes (token, person_id) SELECT code_token, person_id FROM persons
WHERE person_id = ANY($1) AND code_token IS NOT NULL ON CONFLICT DO NOTHING
"""
NEW_PERSON_CODE = "UPDATE persons SET code_token = $2 WHERE person_id = $1 AND code_token IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Followed:
    """How many followed, and the last transaction."""

    women: int = 0
    households: int = 0
    xid: int | None = None

    def __add__(self, other: "Followed") -> "Followed":
        """Of two steps."""
        xids = [xid for xid in (self.xid, other.xid) if xid is not None]
        return Followed(self.women + other.women, self.households + other.households, max(xids, default=None))


@dataclass(frozen=True, slots=True)
class Move:
    """From an old code to a new one, by a change; `reason` of the person who decided so, where one had to."""

    old: str
    new: str
    change_id: str
    valid: str
    reason: str = ""

    @property
    def new_county(self) -> str | None:
        """The county, where it is another: register codes count within their county."""
        old, new = Division(self.old).at("county").code, Division(self.new).at("county").code
        return new if old != new else None


async def follow(runtime: Runtime, event: DivisionChanged, meta: Meta) -> Followed:
    """Everybody registered in a unit that became exactly one other."""
    followed = Followed()
    for old, new in event.moves:
        followed += await move_all(runtime, Move(old, new, event.change_id, event.valid), meta)
    return followed


async def move_all(runtime: Runtime, move: Move, meta: Meta) -> Followed:
    """Everybody registered in one unit."""
    followed = Followed()
    while ids := [row["household_id"] for row in await runtime.pool.fetch(HOUSEHOLDS, move.old, BATCH)]:
        followed += await _households(runtime, move, ids, meta)
    while rows := await runtime.pool.fetch(PERSONS, move.old, BATCH):
        followed += await _persons(runtime, move, rows, meta)
    return followed


async def move_some(runtime: Runtime, move: Move, wanted: Sequence[UUID], meta: Meta) -> Followed:
    """These households of one unit with everybody in them."""
    followed = Followed()
    for start in range(0, len(wanted), BATCH):
        some = list(wanted[start : start + BATCH])
        persons = await runtime.pool.fetch(THEIR_PERSONS, move.old, some)
        there = [row["household_id"] for row in await runtime.pool.fetch(SOME_HOUSEHOLDS, move.old, some)]
        if persons:
            followed += await _persons(runtime, move, persons, meta)
        if there:
            followed += await _households(runtime, move, there, meta)
    return followed


async def published(runtime: Runtime, xid: int | None) -> int | None:
    """The last published number once rights and lists show what was moved; None when nothing was."""
    if xid is None:
        return None
    for projection in (women.NAME, households.NAME, exits.NAME):
        await runtime.wait_projected(xid, projection, WAIT)
    return await runtime.wait_published(xid, WAIT)


async def _households(runtime: Runtime, move: Move, ids: Sequence[UUID], meta: Meta) -> Followed:
    async def once() -> Followed:
        known = await _states(runtime, h.household, ids)
        appends: list[Append] = []
        for household_id, (version, state) in known.items():
            command = h.RecodeDivision(household_id, move.new, move.change_id, move.valid, move.reason)
            if events := h.decide(state, command):
                appends.append(Append(household_id, version, events, replace(meta, valid=move.valid)))
        moved = len(appends)
        appends += await _exits(runtime, move, ids, meta)
        codes = await _codes(runtime, move, known)
        async with runtime.pool.acquire() as connection, connection.transaction():
            done = await runtime.store.append_many(appends, connection)
            await connection.execute(RECODE_HOUSEHOLD, list(ids), move.new)
            await _recoded(connection, NEW_HOUSEHOLD_CODE, [(key, move.new_county, token) for key, token in codes])
        return Followed(0, moved, max((each.xid for each in done), default=None))

    followed = await retried(once)
    failpoints.passing("division.households_followed")
    return followed


async def _exits(runtime: Runtime, move: Move, households_: Sequence[UUID], meta: Meta) -> list[Append]:
    """Every exit that was proposed for these households in the old unit, running or over, goes with them."""
    appends: list[Append] = []
    waiting, ordinal = list(households_), 1
    while waiting:
        ids = {exit_process_id(household_id, ordinal): household_id for household_id in waiting}
        known = await _states(runtime, exit_process, list(ids))
        for process_id, (version, state) in known.items():
            if state.division == move.old:
                events = exit_process.decide(state, RecodeExit(process_id, move.new, move.change_id, move.valid))
                appends.append(Append(process_id, version, events, replace(meta, valid=move.valid)))
        waiting, ordinal = [ids[process_id] for process_id in known], ordinal + 1
    return appends


async def _persons(runtime: Runtime, move: Move, rows: Sequence[Record], meta: Meta) -> Followed:
    async def once() -> Followed:
        known = await _states(runtime, w.woman, [row["person_id"] for row in rows if row["woman"]])
        appends: list[Append] = []
        for woman_id, (version, state) in known.items():
            command = w.RecodeDivision(woman_id, move.new, move.change_id, move.valid)
            if events := w.decide(state, command):
                appends.append(Append(woman_id, version, events, replace(meta, valid=move.valid)))
        codes = await _codes(runtime, move, known)
        async with runtime.pool.acquire() as connection, connection.transaction():
            done = await runtime.store.append_many(appends, connection)
            await connection.execute(RECODE_PERSON, [row["person_id"] for row in rows], move.new)
            await connection.execute(OLD_PERSON_CODES, [person_id for person_id, _ in codes])
            await _recoded(connection, NEW_PERSON_CODE, codes)
        return Followed(len(appends), 0, max((each.xid for each in done), default=None))

    followed = await retried(once)
    failpoints.passing("division.persons_followed")
    return followed


async def _states(runtime: Runtime, decider: Any, ids: Sequence[UUID]) -> Mapping[UUID, tuple[int, Any]]:
    streams = await runtime.store.load_many(list(ids))
    return {
        stream_id: (recorded[-1].version, decider.fold(item.event for item in recorded))
        for stream_id, recorded in streams.items()
        if recorded
    }


async def _codes(runtime: Runtime, move: Move, known: Mapping[UUID, tuple[int, Any]]) -> list[tuple[UUID, bytes]]:
    """Tokens of their register codes within the new county, where it is another; an erased person has none."""
    county = move.new_county
    if county is None:
        return []
    clear = await opened(runtime.vault, known)
    found = [
        (stream_id, state.personal["code"].value)
        for stream_id, (_, state) in clear.items()
        if isinstance(state, Registered | h.Registered) and "code" in state.personal
    ]
    return [(stream_id, code_token(runtime.vault, county, code)) for stream_id, code in found if code]


async def _recoded(connection: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    try:
        if rows:
            await connection.executemany(sql, rows)
    except asyncpg.UniqueViolationError as error:
        raise VersionConflict from error  # somebody registered the same code meanwhile: looked at anew
