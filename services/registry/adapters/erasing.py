"""Erases a person: every record of hers, its key, her rows in kept files, the results of imports.

The order lets a call that is cut off anywhere be finished by another one: first what keeps imports away from her, then
what is found by reading her words, then the keys without which nobody reads them, last the events that tell of it.
All records that are one woman by merges are erased together: half an erased person would be found by the other half.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from libs.access.principal import not_found
from libs.events import failpoints
from libs.events.commands import Receipt, stale
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import Recorded
from libs.events.vault import Vault
from libs.service.job_store import JobStore
from libs.values import names, resident_id
from services.registry.adapters import redacting
from services.registry.adapters.taking_out import Words
from services.registry.domain import erasure
from services.registry.domain import household as h
from services.registry.domain import woman as w
from services.registry.domain import woman_state as s
from services.registry.domain.words import Status
from services.registry.handlers import reservations

GROUP = """
WITH RECURSIVE up(person_id, survivor_id) AS (
    SELECT person_id, survivor_id FROM persons WHERE person_id = $1 AND woman
    UNION SELECT p.person_id, p.survivor_id FROM up JOIN persons p ON p.person_id = up.survivor_id
), down(person_id, depth) AS (
    SELECT person_id, 0 FROM up WHERE survivor_id IS NULL
    UNION SELECT p.person_id, down.depth + 1 FROM down JOIN persons p ON p.survivor_id = down.person_id
)
SELECT p.person_id, p.household_id, p.erased, p.division BETWEEN $2 AND $3 AS mine
FROM down JOIN persons p USING (person_id) ORDER BY down.depth DESC, p.person_id
"""


@dataclass(frozen=True, slots=True)
class Order:
    """Whom to erase and why, by whom in which range of divisions, under which duty to keep.

    `seen` is the version of her record on which it was decided; None for who reads nothing of it before. Kept files are
    read in a temporary folder inside `place`.
    """

    woman_id: UUID
    reason: erasure.Reason
    today: date
    scope: tuple[str, str]
    meta: Meta
    duty: erasure.Duty
    seen: int | None = None
    place: Path | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """All records that are the person by merges, what is recorded of each, their households."""

    records: tuple[UUID, ...]
    streams: Mapping[UUID, Sequence[Recorded[Any]]]
    households: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """`records` are all ids of the person; `receipt` is of the record that was asked for."""

    records: tuple[UUID, ...]
    files: int
    receipt: Receipt


async def check(runtime: Runtime, order: Order) -> None:
    """Whether it may begin, before a long work is started for it. Raises as `erase`."""
    await _asked(runtime, order)


async def erase(
    runtime: Runtime, order: Order, progress: redacting.Progress = redacting.untold, spared: UUID | None = None
) -> Done:
    """Destroy what is personal, for ever; id, states and counts stay. Again changes nothing.

    `progress` is told of the kept files; `spared` is the job that does this, which alone is not forgotten.
    Raises NotFound (also for a person of whom a record lies outside the caller's units), Stale when her record is at
    another version than was seen, and Conflict while a duty to keep lasts; an erasure that has begun is finished
    whatever the rules say.
    """
    asked = await _asked(runtime, order)
    for woman_id in asked.records:
        await runtime.pool.execute(reservations.ERASE, woman_id)
    failpoints.passing("erase.blanked")
    words = await words_of(runtime.vault, (each.event for stream in asked.streams.values() for each in stream))
    files = await redacting.redact(runtime.pool, runtime.vault, words, runtime.ids, order.today, order.place, progress)
    failpoints.passing("erase.files_redacted")
    for woman_id in asked.records:
        await runtime.vault.erase(woman_id)
    await JobStore(runtime.pool, runtime.vault).forget(runtime.clock(), spared)
    failpoints.passing("erase.keys_destroyed")
    receipts = {each: await _tell(runtime, each, order) for each in asked.records}
    failpoints.passing("erase.told")
    for household_id in asked.households:
        await _household(runtime, household_id, order.meta)
    return Done(asked.records, files, receipts[order.woman_id])


async def _asked(runtime: Runtime, order: Order) -> _Asked:
    group = await runtime.pool.fetch(GROUP, order.woman_id, *order.scope)
    if not group or not all(row["mine"] for row in group):
        raise not_found("woman")
    records = tuple(row["person_id"] for row in group)  # the survivor last
    streams = await runtime.store.load_many(records)
    if not any(row["erased"] for row in group):
        version = streams[order.woman_id][-1].version
        if order.seen is not None and order.seen != version:
            raise stale(order.seen, version)
        erasure.check(_status(streams[records[-1]]), order.reason, order.today, order.duty)
    return _Asked(records, streams, tuple(dict.fromkeys(row["household_id"] for row in group)))


async def _tell(runtime: Runtime, woman_id: UUID, order: Order) -> Receipt:
    return await runtime.commands.handle(w.woman, woman_id, w.EraseWoman(woman_id, order.reason), order.meta)


async def _household(runtime: Runtime, household_id: UUID, meta: Meta) -> None:
    """With the last woman of a household its contact data go too."""
    if await runtime.pool.fetchval(reservations.LIVING, household_id):
        return
    await runtime.commands.handle(h.household, household_id, h.EraseContact(household_id), meta)
    await runtime.vault.erase(household_id)


async def words_of(vault: Vault, events: Iterable[Any]) -> Words:
    """Every id and name in these events of one person; nothing once the key is destroyed."""
    sealed = [
        (field, value)
        for event in events
        for field, value in getattr(event, "personal", {}).items()
        if field in ("name", "resident_id") and value.sealed is not None
    ]
    opened = await vault.open_many([(value.subject, value.sealed) for _, value in sealed])
    found = [(field, value) for (field, _), value in zip(sealed, opened, strict=True) if value]
    return Words(
        frozenset(resident_id.key(value) for field, value in found if field == "resident_id"),
        frozenset(names.normalised(value) for field, value in found if field == "name"),
    )


def _status(recorded: Sequence[Recorded[Any]]) -> Status:
    state = w.woman.fold(item.event for item in recorded)
    match state:
        case s.Registered():
            return state.facts.status
        case s.Merged():
            return state.was.facts.status
        case s.Unknown() | s.Erased():
            return "exited"
