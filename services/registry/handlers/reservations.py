"""Who is registered, by keyed tokens: written in the append's own transaction, so one live id is one person."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import date
from operator import attrgetter
from uuid import UUID

import asyncpg

from libs.events.store import VersionConflict
from libs.events.types import Connection, Pool, Record
from libs.values.records import values_of

_PERSON = """person_id, id_token, code_token, name_token, sound_token, woman, household_id, division, birth_year,
    print, as_of, survivor_id, erased, restricted"""
BY_ID = f"SELECT {_PERSON} FROM persons WHERE id_token = ANY($1)"  # noqa: S608
BY_CODE = f"SELECT {_PERSON} FROM persons WHERE code_token = ANY($1)"  # noqa: S608
BY_PERSON = f"SELECT {_PERSON} FROM persons WHERE person_id = ANY($1)"  # noqa: S608
BY_NAME = f"""
SELECT {_PERSON} FROM persons
WHERE name_token = ANY($1) AND division BETWEEN $2 AND $3 AND NOT erased
"""  # noqa: S608
HOUSEHOLDS = """
SELECT h.household_id, h.county, h.code_token, h.division, h.print, h.as_of
FROM household_codes h JOIN unnest($1::text[], $2::bytea[]) AS w(county, code_token)
     ON h.county = w.county AND h.code_token = w.code_token
"""
KEEP_PERSONS = """
INSERT INTO persons (person_id, id_token, code_token, name_token, sound_token, woman, household_id, division,
                     birth_year, print, as_of)
SELECT * FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bool[], $7::uuid[],
                     $8::text[], $9::smallint[], $10::bytea[], $11::date[]) AS n(person_id, id_token)
ORDER BY id_token
ON CONFLICT (person_id) DO UPDATE SET id_token = excluded.id_token, code_token = excluded.code_token,
    name_token = excluded.name_token, sound_token = excluded.sound_token, household_id = excluded.household_id,
    division = excluded.division, birth_year = excluded.birth_year, print = excluded.print, as_of = excluded.as_of
WHERE NOT persons.erased
"""
KEEP_HOUSEHOLDS = """
INSERT INTO household_codes (household_id, county, code_token, division, print, as_of)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::bytea[], $6::date[])
       AS n(household_id, county, code_token)
ORDER BY county, code_token
ON CONFLICT (household_id) DO UPDATE SET division = excluded.division, print = excluded.print, as_of = excluded.as_of
"""
FORMER = """
INSERT INTO former_codes (token, person_id)
SELECT t.token, p.person_id
FROM persons p JOIN unnest($1::uuid[], $2::bytea[], $3::bytea[]) AS n(person_id, id_token, code_token)
     ON p.person_id = n.person_id
CROSS JOIN LATERAL (VALUES (p.id_token, n.id_token), (p.code_token, n.code_token)) AS t(token, now)
WHERE t.token IS DISTINCT FROM t.now AND t.token IS NOT NULL
ON CONFLICT DO NOTHING
"""
BY_FORMER = f"""
SELECT f.token, {", ".join(f"p.{name.strip()}" for name in _PERSON.split(","))}
FROM former_codes f JOIN persons p ON p.person_id = f.person_id WHERE f.token = ANY($1) ORDER BY f.token, p.person_id
"""  # noqa: S608
UNNAMED = """
SELECT person_id, household_id FROM persons
WHERE woman AND NOT erased AND survivor_id IS NULL AND division BETWEEN $1 AND $2 AND as_of < $3
ORDER BY person_id
"""
EMPTY_HOUSEHOLDS = """
SELECT household_id FROM household_codes h
WHERE h.division BETWEEN $1 AND $2 AND h.as_of < $3
  AND NOT EXISTS (SELECT FROM persons p WHERE p.household_id = h.household_id AND NOT p.erased)
ORDER BY household_id
"""
MERGE = "UPDATE persons SET survivor_id = $2 WHERE person_id = $1"
ERASE = """
WITH codes AS (DELETE FROM former_codes WHERE person_id = $1),
     findings AS (DELETE FROM quality_findings WHERE person_id = $1)
UPDATE persons SET erased = true, code_token = NULL, name_token = NULL, sound_token = NULL, print = NULL,
    birth_year = NULL
WHERE person_id = $1
"""
LIVING = "SELECT count(*) FROM persons WHERE household_id = $1 AND woman AND NOT erased"


@dataclass(frozen=True, slots=True)
class Person:
    """A reserved id; name tokens, birth year and code only of women."""

    person_id: UUID
    id_token: bytes
    code_token: bytes | None
    name_token: bytes | None
    sound_token: bytes | None
    woman: bool
    household_id: UUID
    division: str
    birth_year: int | None
    print: bytes | None
    as_of: date
    survivor_id: UUID | None = None
    erased: bool = False
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Household:
    """A reserved household code."""

    household_id: UUID
    county: str
    code_token: bytes
    division: str
    print: bytes
    as_of: date


_PERSON_ROW = attrgetter(*(item.name for item in fields(Person)[:11]))
_HOUSEHOLD_ROW = values_of(Household)


async def by_id(pool: Pool | Connection, tokens: Sequence[bytes]) -> dict[bytes, Person]:
    """Persons by id token."""
    return {person.id_token: person for person in _persons(await pool.fetch(BY_ID, list(tokens)))}


async def by_code(pool: Pool | Connection, tokens: Sequence[bytes]) -> dict[bytes, Person]:
    """Persons by the token of their 人编号."""
    rows = _persons(await pool.fetch(BY_CODE, list(tokens)))
    return {person.code_token: person for person in rows if person.code_token}


async def by_former(pool: Pool | Connection, tokens: Sequence[bytes]) -> dict[bytes, list[Person]]:
    """Whoever bore an id or a 人编号 before and is not erased, by its token; it may have been written for several."""
    found: dict[bytes, list[Person]] = {}
    for token, *row in await pool.fetch(BY_FORMER, list(tokens)):
        person = Person(*row)
        if not person.erased:
            found.setdefault(token, []).append(person)
    return found


async def by_person(pool: Pool | Connection, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """Persons by their own id."""
    return {person.person_id: person for person in _persons(await pool.fetch(BY_PERSON, list(ids)))}


async def by_name(pool: Pool, tokens: Sequence[bytes], scope: tuple[str, str]) -> list[Person]:
    """Women of a range of divisions who bear one of these names."""
    return list(_persons(await pool.fetch(BY_NAME, list(tokens), *scope)))


async def households(pool: Pool | Connection, keys: Sequence[tuple[str, bytes]]) -> dict[tuple[str, bytes], Household]:
    """Households by county and code token."""
    rows = await pool.fetch(HOUSEHOLDS, [county for county, _ in keys], [token for _, token in keys])
    return {(row["county"], row["code_token"]): Household(*row) for row in rows}


async def keep(tx: Connection, persons: Sequence[Person], of_households: Sequence[Household]) -> None:
    """Write reservations; a race for one id or code is a conflict, decided anew."""
    with races():
        if of_households:
            await tx.execute(KEEP_HOUSEHOLDS, *(list(c) for c in zip(*map(_HOUSEHOLD_ROW, of_households), strict=True)))
        if persons:
            await tx.execute(
                FORMER,
                [person.person_id for person in persons],
                [person.id_token for person in persons],
                [person.code_token for person in persons],
            )
            await tx.execute(KEEP_PERSONS, *(list(c) for c in zip(*map(_PERSON_ROW, persons), strict=True)))


async def unnamed(pool: Pool, unit: tuple[str, str], as_of: date) -> list[Record]:
    """Women (and their households) of a range of divisions whom no register as of that day or later has named."""
    return list(await pool.fetch(UNNAMED, *unit, as_of))


async def emptied(pool: Pool, scope: tuple[str, str], as_of: date) -> list[UUID]:
    """Households that a register of that day does not name and of which nobody is a member any more."""
    return [row["household_id"] for row in await pool.fetch(EMPTY_HOUSEHOLDS, *scope, as_of)]


async def canonical(pool: Pool | Connection, persons: dict[bytes, Person]) -> dict[bytes, Person]:
    """The same, each merged record replaced by the woman it was merged into, under the name it was found by."""
    found = dict(persons)
    while merged := {token: person.survivor_id for token, person in found.items() if person.survivor_id}:
        survivors = await by_person(pool, list(merged.values()))
        for token, survivor in merged.items():
            was = found[token]
            found[token] = replace(survivors[survivor], name_token=was.name_token, sound_token=was.sound_token)
    return found


async def by_former_now(pool: Pool | Connection, tokens: Sequence[bytes]) -> dict[bytes, list[Person]]:
    """The same as `by_former`, each merged record replaced by the woman it was merged into."""
    found = await by_former(pool, tokens) if tokens else {}
    once = {person.person_id.bytes: person for persons in found.values() for person in persons}
    now = await canonical(pool, once)
    return {token: [now[person.person_id.bytes] for person in persons] for token, persons in found.items()}


@contextmanager
def races() -> Iterator[None]:
    """Who lost a race for an id, a code or a row decides anew: a VersionConflict."""
    try:
        yield
    except (asyncpg.UniqueViolationError, asyncpg.DeadlockDetectedError) as error:
        raise VersionConflict from error


def _persons(rows: Sequence[asyncpg.Record]) -> Iterator[Person]:
    for row in rows:
        yield Person(*row)
