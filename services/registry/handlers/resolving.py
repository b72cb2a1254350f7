"""Answers rosters in batches: ids, near ids and names become keyed tokens; three queries find whoever bears them."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from libs.events.types import Pool
from libs.events.vault import Vault
from libs.rosters.findings import Finding
from libs.values import names, resident_id
from libs.values.division import NATION, Division
from libs.values.texts import folded, narrowed, trimmed, without_blanks, without_invisible
from services.registry.domain.matching import FILLED, Answer, Near, Row, Seen, answer, distinct, note
from services.registry.domain.register.places import village_name
from services.registry.handlers import reservations, tokens
from services.registry.handlers.former import Borne, borne_by
from services.registry.handlers.reservations import Person
from services.registry.projections import divisions, women

NearRule = Literal["id_one_digit_wrong", "id_two_digits_swapped"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A roster row as written; a 家庭住址 may stand whole in `village`."""

    ref: str
    name: str = field(repr=False)
    resident_id: str | None = field(default=None, repr=False)
    village: str | None = None
    township: str | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """The answer with the registered name or id where that puts the row right; `opened`: it was read for that."""

    answer: Answer
    findings: tuple[Finding, ...]
    opened: bool = False


@dataclass(frozen=True, slots=True)
class _Read:
    """A row with its id and name read and tokenised."""

    asked: Asked
    token: bytes | None
    notes: tuple[Finding, ...]
    name: bytes
    sound: bytes

    def seen(self, person: Person, scope: tuple[str, str]) -> Seen:
        return Seen(
            person.person_id,
            person.woman,
            person.division,
            person.birth_year,
            person.name_token == self.name,
            person.sound_token == self.sound,
            not scope[0] <= person.division <= scope[1],
        )


async def resolve(pool: Pool, vault: Vault, unit: Division, rows: Sequence[Asked], today: date) -> list[Resolved]:
    """One answer a row, in order; `unit` is the user's, and whoever is registered elsewhere is `outside` it."""
    read = [_read(row, vault, today) for row in rows]
    scope = unit.range()
    borne = await _borne(pool, read)
    open_ = [item for item, each in zip(read, borne, strict=True) if each.person is None]
    near = await _near(pool, vault, [item for item in open_ if item.asked.resident_id], scope)
    named = await _named(pool, unit, [item for item in open_ if not item.asked.resident_id])
    answers = [
        answer(
            Row(
                item.asked.ref,
                item.asked.resident_id or "",
                item.asked.name,
                item.notes,
                item.seen(each.person, scope) if each.person else None,
                tuple(near.get(item.asked.ref, ())),
                tuple(item.seen(person, scope) for person in named.get(item.asked.ref, ())),
                each.former,
                each.unclear,
            )
        )
        for item, each in zip(read, borne, strict=True)
    ]
    return await _filled(pool, vault, answers)


async def _borne(pool: Pool, rows: Sequence[_Read]) -> list[Borne]:
    """Who bears the id of each row, or bore it before it was corrected; in order."""
    wanted = [row.token for row in rows if row.token]
    now, former = await _persons(pool, wanted), await reservations.by_former_now(pool, wanted)
    return [
        borne_by(
            now.get(row.token or b""),
            [each for each in former.get(row.token or b"", ()) if not (each.erased or each.restricted)],
            row.name,
            row.sound,
        )
        for row in rows
    ]


def _read(row: Asked, vault: Vault, today: date) -> _Read:
    written = row.resident_id or ""
    read = resident_id.read(written, today) if written else None
    notes = distinct(
        [note(item.rule, item.severity, written, item.right) for item in (read.notes if read else ()) if item.rule]
    )
    token = tokens.id_token(vault, read.value) if read and read.value else None
    name = names.normalised(row.name)
    return _Read(
        row,
        token,
        notes,
        tokens.name_token(vault, name),
        tokens.sound_token(vault, name),
    )


def _neighbours(written: str) -> Iterable[tuple[NearRule, str]]:
    typed = without_blanks(narrowed(without_invisible(written))).upper()
    for right in resident_id.two_swapped(typed):
        yield "id_two_digits_swapped", right
    for right in resident_id.one_digit_wrong(typed):
        yield "id_one_digit_wrong", right


async def _near(pool: Pool, vault: Vault, rows: Sequence[_Read], scope: tuple[str, str]) -> dict[str, list[Near]]:
    """Whoever bears an id one mistake away. A sound id has few such neighbours, so few tokens are asked for."""
    tried: dict[str, dict[bytes, tuple[NearRule, str]]] = {}
    for row in rows:
        neighbours = _neighbours(row.asked.resident_id or "")
        tried[row.asked.ref] = {tokens.id_token(vault, right): (rule, right) for rule, right in neighbours}
        await asyncio.sleep(0)  # a long roster must not hold up everybody else's requests
    found = await _persons(pool, [token for by_token in tried.values() for token in by_token])
    return {
        row.asked.ref: [
            Near(row.seen(found[token], scope), rule, right)
            for token, (rule, right) in tried[row.asked.ref].items()
            if token in found
        ]
        for row in rows
    }


async def _persons(pool: Pool, wanted: Sequence[bytes]) -> dict[bytes, Person]:
    if not wanted:
        return {}
    found = await reservations.canonical(pool, await reservations.by_id(pool, wanted))
    return {token: person for token, person in found.items() if not (person.erased or person.restricted)}


async def _named(pool: Pool, unit: Division, rows: Sequence[_Read]) -> dict[str, list[Person]]:
    """Women of the row's name in a village of the row's name, within the user's county."""
    if not rows:
        return {}
    found = await reservations.by_name(pool, [row.name for row in rows], unit.at("county").range())
    merged = await reservations.canonical(pool, {person.person_id.bytes: person for person in found})
    women_found = [person for person in merged.values() if not (person.erased or person.restricted)]
    villages = {person.division for person in women_found}
    towns = {Division(code).at("township").code for code in villages}
    known = await divisions.names(pool, [*villages, *towns])
    return {
        row.asked.ref: [
            person
            for person in women_found
            if person.name_token == row.name and _lives(person.division, row.asked, known)
        ]
        for row in rows
    }


def _lives(code: str, row: Asked, known: Mapping[str, str]) -> bool:
    """Whether the written village (perhaps a whole address) is this one; a written township must fit too."""
    village = village_name(folded(known.get(code, "")))
    township = folded(known.get(Division(code).at("township").code, ""))
    written = folded(row.village or "")
    if row.township and folded(row.township) != township:
        return False
    start = written.find(township) if township else -1
    rest = written[start + len(township) :] if start >= 0 else written
    if not village or not rest:
        return False
    return village_name(rest) == village or (start >= 0 and rest.startswith(village))


async def _filled(pool: Pool, vault: Vault, answers: Sequence[Answer]) -> list[Resolved]:
    """Fill in the registered name or id that puts a row right; only of women inside the unit."""
    wanted = {item.seen.person_id: item.fill for item in answers if item.fill and item.seen}
    rows = await women.many(pool, list(wanted), NATION.range()) if wanted else []
    sealed = [
        (row["woman_id"], row["sealed"][wanted[row["woman_id"]]])
        for row in rows
        if wanted[row["woman_id"]] in row["sealed"]
    ]
    opened = await vault.open_many(sealed)
    right = {woman_id: text for (woman_id, _), text in zip(sealed, opened, strict=True) if text}
    return [_with_right(item, right.get(item.seen.person_id) if item.seen else None) for item in answers]


def _with_right(item: Answer, right: str | None) -> Resolved:
    if item.fill is None or right is None:
        return Resolved(item, item.findings)
    rules = FILLED[item.fill]
    return Resolved(
        item,
        tuple(replace(said, right_answer=right) if said.rule in rules else said for said in item.findings),
        opened=True,
    )


def plain(text: str | None) -> str | None:
    """A cell's text without blanks at its ends; nothing left is None."""
    found = trimmed(text or "")
    return found or None
