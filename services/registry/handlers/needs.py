"""Assessments of a woman's needs: inside the caller's units, her health and notes sealed with her own key.

What was said under a record that was merged into hers is hers too, and goes back with it when they are parted.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

import orjson

from libs.access.principal import not_found
from libs.events.commands import Receipt
from libs.events.runtime import Runtime
from libs.events.store import Recorded
from libs.events.types import Record
from services.registry.domain import woman as w
from services.registry.domain.keys import needs_id
from services.registry.domain.needs.assessing import AssessNeeds, Needs, WomanNeedsAssessed, woman_needs
from services.registry.domain.presence import present
from services.registry.domain.words import Clear
from services.registry.handlers.exits import Caller
from services.registry.handlers.people import require
from services.registry.projections import households, women

MERGED: Final = "SELECT person_id FROM persons WHERE survivor_id = $1 ORDER BY person_id"


@dataclass(frozen=True, slots=True)
class NeedsForm:
    """The form as sent; `told` holds what is sealed: health, note."""

    woman_id: UUID
    on: date
    needs: Needs
    told: Clear = field(repr=False)


@dataclass(frozen=True, slots=True)
class Known:
    """A woman of the range with her assessments, the last first, and the cause her register states, if any."""

    woman: Record
    register_cause: str | None
    assessments: tuple[Recorded[WomanNeedsAssessed], ...]


def answer_of(woman_id: UUID) -> Any:
    """What an assessment is answered with: the woman and how many assessments there are of her."""

    def respond(receipt: Receipt) -> bytes:
        return orjson.dumps({"woman_id": woman_id, "version": receipt.version})

    return respond


async def assess(runtime: Runtime, caller: Caller, form: NeedsForm, today: date) -> Receipt:
    """Take the form in. Raises NotFound outside the caller's units, Conflict `registry.merged`, Refused
    `registry.erased`, and what the domain refuses.
    """
    await require(runtime, form.woman_id, caller.scope)
    state, _version = await runtime.commands.state(w.woman, form.woman_id)
    facts = present(state).facts
    known = await last_words(runtime, await runtime.store.load(needs_id(form.woman_id)))
    command = AssessNeeds(form.woman_id, facts.division, form.on, form.needs, "form", today, form.told, known)
    return await runtime.commands.handle(
        woman_needs,
        needs_id(form.woman_id),
        command,
        caller.meta,
        idempotency=caller.idempotency,
        respond=answer_of(form.woman_id),
    )


async def last_words(runtime: Runtime, recorded: list[Recorded[Any]]) -> dict[str, str]:
    """Health and note of the last assessment in clear; empty when there is none or the key is gone."""
    return (await words_of(runtime, recorded[-1:]))[0] if recorded else {}


async def words_of(runtime: Runtime, recorded: list[Recorded[Any]]) -> list[dict[str, str]]:
    """The sealed words of each assessment in clear, without those whose key is destroyed."""
    places = [(at, name, value) for at, each in enumerate(recorded) for name, value in each.event.personal.items()]
    texts = await runtime.vault.open_many([(value.subject, value.sealed or "") for _, _, value in places])
    found: list[dict[str, str]] = [{} for _ in recorded]
    for (at, name, _), text in zip(places, texts, strict=True):
        if text is not None:
            found[at][name] = text
    return found


async def known_of(runtime: Runtime, woman_id: UUID, scope: tuple[str, str]) -> Known:
    """Raises NotFound outside the range."""
    row = await women.one(runtime.pool, woman_id, scope)
    if row is None:
        raise not_found("woman")
    merged = [each["person_id"] for each in await runtime.pool.fetch(MERGED, woman_id)]
    streams = await runtime.store.load_many([needs_id(each) for each in (woman_id, *merged)])
    found = sorted(
        (each for stream in streams.values() for each in stream),
        key=lambda each: (each.event.on, each.position),
        reverse=True,
    )
    household = await households.one(runtime.pool, row["household_id"], scope)
    return Known(row, household["main_cause"] if household else None, tuple(found))
