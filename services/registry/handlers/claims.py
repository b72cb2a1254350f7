"""Two records that claim one id: a person's correction met an id that is reserved, so people decide about the pair."""

from datetime import date
from typing import Final
from uuid import UUID

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import NO_STREAM, Append, retried
from services.registry.domain import pair as p
from services.registry.domain.keys import pair_id
from services.registry.domain.likeness import FULL_SCORE, Found, print_of, rules_on
from services.registry.handlers import meeting, pairs
from services.registry.handlers.reservations import Person, races

CLAIMED: Final = "id_claimed"


async def claim(runtime: Runtime, woman_id: UUID, holder: Person, meta: Meta, today: date) -> None:
    """Put the pair into the queue of likely duplicates; nothing where the holder is no live woman or it is there."""
    if holder.woman and not holder.erased and holder.survivor_id is None:
        await retried(lambda: _claim(runtime, woman_id, holder.person_id, meta, today))


async def _claim(runtime: Runtime, woman_id: UUID, holder_id: UUID, meta: Meta, today: date) -> None:
    records = await meeting.persons(runtime.pool, (woman_id, holder_id))
    one, other = (records[each] for each in sorted(records))
    key = pair_id(woman_id, holder_id)
    recorded = await runtime.store.load(key)
    state = p.pair.fold(item.event for item in recorded)
    if isinstance(state, p.Open | p.Decided):
        return
    found = Found((CLAIMED,), FULL_SCORE, "strong", rules_on(today).version, print_of(one, other))
    events = p.decide(state, p.Find(key, one.person_id, other.person_id, found))
    version = recorded[-1].version if recorded else 0
    for event in events:
        state = p.evolve(state, event)
    kept = pairs.Kept(state, version + len(events), one.division, other.division)
    async with runtime.pool.acquire() as connection, connection.transaction():
        with races():
            await runtime.store.append_many([Append(key, version or NO_STREAM, events, meta)], connection)
            await pairs.keep(connection, [kept], runtime.clock())
