"""One batch of register entries: look up, decide, append and reserve in one transaction; races are decided anew.

Keys are committed before the append, so a process killed in between leaves orphan keys, which harm nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from libs.events.meta import Meta
from libs.events.personal import Personal
from libs.events.store import NO_STREAM, Append, EventStore, retried
from libs.events.types import Pool
from libs.events.vault import Vault
from services.registry.domain import household as h
from services.registry.domain import woman as w
from services.registry.domain import woman_state as s
from services.registry.domain.woman_events import WomanChanged, WomanRegistered
from services.registry.handlers import changes, reservations
from services.registry.handlers.answers import Outcome, RowAnswer
from services.registry.handlers.covering import Named
from services.registry.handlers.entries import HouseholdEntry
from services.registry.handlers.planning import HouseholdPlan, Look, PersonPlan, Terms, located, plan
from services.registry.handlers.tokens import Remembered, Tokens, code_token, id_token
from services.registry.handlers.villages import Gone, Villages

Known: TypeAlias = Mapping[UUID, tuple[int, Any]]  # stream → version and state, personal values opened


@dataclass(frozen=True, slots=True)
class Taken:
    """Answers to the rows of a batch and whom they name; `xid` is None when nothing was new.

    Of households that a newer register has named, or that are not registered, nobody is in `named`. `gone`: villages of
    the batch that have become others.
    """

    rows: list[RowAnswer]
    xid: int | None
    named: Mapping[int, tuple[UUID, UUID]]
    gone: tuple[Gone, ...] = ()


@dataclass(frozen=True)
class Taking:
    """Takes batches of one import."""

    pool: Pool
    store: EventStore
    vault: Vault
    meta: Meta
    terms: Terms
    villages: Villages
    dry_run: bool = False
    named: Named = field(default_factory=Named)

    async def take(self, batch: Sequence[HouseholdEntry]) -> Taken:
        """Answer every row and keep the good ones, all of the batch or nothing of it."""
        if not batch:
            return Taken([], None, {})
        taken, plans = await retried(partial(self._once, batch))
        self.named.take(plans, remember=self.dry_run)
        return taken

    async def _once(self, batch: Sequence[HouseholdEntry]) -> tuple[Taken, Sequence[HouseholdPlan]]:
        terms = replace(self.terms, known=Remembered(self.vault))
        look = await self._look(batch, terms.known)
        plans = [plan(entry, look, terms) for entry in batch]
        known = await self._known(plans)
        rows: list[RowAnswer] = []
        appends: list[Append] = []
        for household in plans:
            events = self._household(household, known, appends)
            rows += household.refused
            for place, person in enumerate(household.persons):
                outcome, said = self._person(person, household, known, appends)
                if place == 0 and outcome == "unchanged" and events:
                    outcome = "changed"
                rows.append(RowAnswer(person.entry.sheet, person.entry.row, outcome, person.findings, said))
        named = {
            person.entry.row: (household.household_id, person.person_id)
            for household in plans
            for person in household.persons
            if not household.older
        }
        xid = None if self.dry_run else await self._write(appends, plans)
        return Taken(rows, xid, named, tuple(look.gone.values())), plans

    async def _look(self, batch: Sequence[HouseholdEntry], known: Tokens) -> Look:
        gone = await self.villages.gone({entry.division for entry in batch})
        batch = [located(entry, gone) for entry in batch]
        persons = [(entry.county, person) for entry in batch for person in entry.persons]
        ids = [id_token(known, person.resident_id) for _, person in persons]
        codes = [code_token(known, county, person.code) for county, person in persons if person.code]
        keys = [(entry.county, code_token(known, entry.county, entry.code)) for entry in batch]
        former = await reservations.by_former(self.pool, [*ids, *codes])
        return Look(
            await reservations.by_id(self.pool, ids),
            await reservations.by_code(self.pool, codes),
            await reservations.households(self.pool, keys),
            {token: former[token] for token in ids if token in former},
            {token: former[token] for token in codes if token in former},
            gone,
        )

    async def _known(self, plans: Sequence[HouseholdPlan]) -> Known:
        """States of those who are registered and said to be different; nobody else's stream is read."""
        deciders: dict[UUID, Any] = {
            item.household_id: h.household for item in plans if item.command and not item.fresh
        }
        persons = (person for item in plans for person in item.persons)
        deciders |= {person.person_id: w.woman for person in persons if person.command and not person.fresh}
        if not deciders:
            return {}
        streams = await self.store.load_many(list(deciders))
        states = {
            stream_id: (recorded[-1].version, deciders[stream_id].fold(item.event for item in recorded))
            for stream_id, recorded in streams.items()
            if recorded
        }
        return await opened(self.vault, states)

    def _household(self, item: HouseholdPlan, known: Known, appends: list[Append]) -> list[h.Event]:
        if item.command is None:
            return []
        version, state = known.get(item.household_id, (0, h.household.initial))
        events = h.decide(state, item.command)
        if events:
            appends.append(Append(item.household_id, version or NO_STREAM, events, self.meta))
        return [event for event in events if not _only_dated(event)]

    def _person(
        self, item: PersonPlan, household: HouseholdPlan, known: Known, appends: list[Append]
    ) -> tuple[Outcome, tuple[str, ...]]:
        if item.reservation is None:
            return item.outcome, ()
        said = changes.of_person(item.was, household.place(item))
        if item.command is None:
            return item.outcome, said
        version, state = known.get(item.person_id, (0, w.woman.initial))
        events = w.decide(state, item.command)
        if not events:
            return "unchanged", ()
        appends.append(Append(item.person_id, version or NO_STREAM, events, self.meta))
        said = (*said, *changes.of_woman(state, item.command, events))
        if isinstance(events[0], WomanRegistered):
            return "accepted", said
        return ("changed" if any(not _only_dated(event) for event in events) else "unchanged"), said

    async def _write(self, appends: Sequence[Append], plans: Sequence[HouseholdPlan]) -> int | None:
        households = [item.reservation for item in plans if item.reservation]
        persons = [person.reservation for item in plans for person in item.persons if person.reservation]
        if not (appends or households or persons):
            return None
        told = {append.stream_id for append in appends if any(_personal(event) for event in append.events)}
        await self.vault.ensure(told)  # each woman and household is a subject of its own
        async with self.pool.acquire() as connection, connection.transaction():
            done = await self.store.append_many(appends, connection)
            await reservations.keep(connection, persons, households)
        return max((item.xid for item in done), default=None)


async def opened(vault: Vault, states: Mapping[UUID, tuple[int, Any]]) -> Known:
    """The same states with their personal values in clear, for `decide` to compare with what a register says."""
    places: list[tuple[UUID, str, Personal[str]]] = []
    for stream_id, (_, state) in states.items():
        if isinstance(state, (s.Registered, h.Registered)):
            places += [(stream_id, name, value) for name, value in state.personal.items() if value.sealed]
    texts = await vault.open_many([(value.subject, value.sealed or "") for _, _, value in places])
    clear: dict[UUID, dict[str, Personal[str]]] = {}
    for (stream_id, name, value), text in zip(places, texts, strict=True):
        clear.setdefault(stream_id, {})[name] = replace(value, value=text)
    return {
        stream_id: (version, replace(state, personal=clear[stream_id]) if stream_id in clear else state)
        for stream_id, (version, state) in states.items()
    }


def _only_dated(event: object) -> bool:
    return isinstance(event, (WomanChanged, h.HouseholdChanged)) and event.changed == ("as_of",)


def _personal(event: Any) -> bool:
    return bool(getattr(event, "personal", None))
