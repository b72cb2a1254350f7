"""Which records may be one woman: found by sets of keyed tokens in one query, and judged by the rules.

Ids are opened here only to see whether one typing mistake lies between two of them; nobody is shown them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from operator import itemgetter
from typing import Any
from uuid import UUID

from libs.events.types import Connection, Pool, Record
from libs.events.vault import Vault
from libs.values import resident_id
from services.registry.domain.likeness import Found, Mistake, Rules, judge
from services.registry.domain.likeness import Record as Person
from services.registry.handlers.tokens import Tokens, birth_token, id_token, rest_token

_NAMES = [field.name for field in fields(Person)]
_SIDES = ", ".join(f"a.{name} AS one_{name}, b.{name} AS other_{name}" for name in _NAMES)
_PERSON = ", ".join(_NAMES)
_LIVE = "{0}.woman AND NOT {0}.erased AND {0}.survivor_id IS NULL AND {0}.sound_token IS NOT NULL"

# NULL equals nothing in SQL, so what is missing on one side meets nobody.
MEET = f"""
WITH mine AS MATERIALIZED (
    SELECT p.person_id, p.sound_token, p.name_token, p.birth_year, "left"(p.division, 6) AS county,
           k.birth_token, k.rest_token
    FROM persons p LEFT JOIN duplicate_keys k USING (person_id)
    WHERE p.person_id = ANY($1) AND {_LIVE.format("p")}
), met AS (
    SELECT m.person_id AS mine, o.person_id AS theirs
    FROM mine m JOIN persons o ON o.sound_token = m.sound_token AND "left"(o.division, 6) = m.county
        AND o.birth_year BETWEEN m.birth_year - $2 AND m.birth_year + $2
    WHERE {_LIVE.format("o")}
    UNION
    SELECT m.person_id, k.person_id FROM mine m JOIN duplicate_keys k ON k.birth_token = m.birth_token
    UNION
    SELECT m.person_id, k.person_id FROM mine m JOIN duplicate_keys k ON k.rest_token = m.rest_token
), pairs AS (
    SELECT DISTINCT least(mine, theirs) AS one, greatest(mine, theirs) AS other FROM met WHERE mine <> theirs
)
SELECT {_SIDES},
       coalesce(ka.birth_token = kb.birth_token, false) AS same_day,
       coalesce(ka.rest_token = kb.rest_token, false) AS same_rest,
       coalesce((ka.id_token, ka.sound_token, kb.id_token, kb.sound_token)
              = (a.id_token, a.sound_token, b.id_token, b.sound_token), false) AS keyed
FROM pairs JOIN persons a ON a.person_id = pairs.one JOIN persons b ON b.person_id = pairs.other
LEFT JOIN duplicate_keys ka ON ka.person_id = a.person_id LEFT JOIN duplicate_keys kb ON kb.person_id = b.person_id
WHERE {_LIVE.format("a")} AND {_LIVE.format("b")}
  AND ("left"(a.division, 6) = "left"(b.division, 6) OR a.name_token = b.name_token)
"""  # noqa: S608 - constant columns and conditions
UNKEYED = """
SELECT p.person_id, p.id_token, p.sound_token, w.sealed->>'resident_id' AS sealed
FROM persons p LEFT JOIN women w ON w.woman_id = p.person_id
LEFT JOIN duplicate_keys k ON k.person_id = p.person_id AND k.id_token = p.id_token AND k.sound_token = p.sound_token
WHERE p.person_id = ANY($1) AND p.woman AND NOT p.erased AND p.survivor_id IS NULL AND p.sound_token IS NOT NULL
  AND k.person_id IS NULL
"""
KEEP_KEYS = """
INSERT INTO duplicate_keys (person_id, id_token, sound_token, birth_token, rest_token)
SELECT n.* FROM unnest($1::uuid[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[])
     AS n(person_id, id_token, sound_token, birth_token, rest_token)
JOIN persons p ON p.person_id = n.person_id AND p.id_token = n.id_token AND NOT p.erased
ORDER BY n.person_id
ON CONFLICT (person_id) DO UPDATE SET id_token = excluded.id_token, sound_token = excluded.sound_token,
    birth_token = excluded.birth_token, rest_token = excluded.rest_token
"""
FORGET = """
DELETE FROM duplicate_keys k USING persons p WHERE k.person_id = ANY($1) AND p.person_id = k.person_id AND p.erased
"""
SEALED = "SELECT woman_id, sealed->>'resident_id' AS sealed FROM women WHERE woman_id = ANY($1)"
PERSONS = f"SELECT {_PERSON} FROM persons WHERE person_id = ANY($1)"  # noqa: S608
HOLD = f"SELECT {_PERSON} FROM persons WHERE person_id = ANY($1) ORDER BY id_token FOR SHARE"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Alike:
    """Two records that the rules call likely one woman."""

    one: Person
    other: Person
    found: Found


async def key(pool: Pool, vault: Vault, ids: Sequence[UUID]) -> set[UUID]:
    """Make the keys that are missing or of former data; gives those whose record is not shown yet, to come later."""
    rows = await pool.fetch(UNKEYED, list(ids))
    later = {row["person_id"] for row in rows if row["sealed"] is None}
    shown = [row for row in rows if row["sealed"] is not None]
    opened = await vault.open_many([(row["person_id"], row["sealed"]) for row in shown])
    keys: list[tuple[UUID, bytes, bytes, bytes, bytes]] = []
    for row, written in zip(shown, opened, strict=True):
        if written is None:
            continue  # being erased at this moment
        if id_token(vault, written) != row["id_token"]:
            later.add(row["person_id"])  # the read model shows her former id
            continue
        keys.append((row["person_id"], row["id_token"], row["sound_token"], *_keys(vault, row["sound_token"], written)))
    if keys:
        await pool.execute(KEEP_KEYS, *(list(column) for column in zip(*keys, strict=True)))
    return later


async def forget(pool: Pool, ids: Sequence[UUID]) -> None:
    """Keys of the erased among these go; the erasure took them, but for those that were being made at that moment."""
    await pool.execute(FORGET, list(ids))


async def meet(pool: Pool, vault: Vault, ids: Sequence[UUID], rules: Rules) -> list[Alike]:
    """Every likely pair in which one of these records stands, against all records.

    Those who are met get their keys first, or a pair would be found without what their ids say and told anew later.
    """
    rows = await pool.fetch(MEET, list(ids), rules.birth_years)
    unkeyed = {row[side] for row in rows if not row["keyed"] for side in ("one_person_id", "other_person_id")}
    if unkeyed:
        await key(pool, vault, list(unkeyed))
        rows = await pool.fetch(MEET, list(ids), rules.birth_years)
    mistakes = await _mistakes(pool, vault, [row for row in rows if row["same_day"] or row["same_rest"]])
    found: list[Alike] = []
    for row in rows:
        one, other = _person(row, _ONE), _person(row, _OTHER)
        mistake = mistakes.get((one.person_id, other.person_id))
        judged = judge(one, other, rules, same_day=row["same_day"], mistake=mistake)
        if judged is not None:
            found.append(Alike(one, other, judged))
    return found


async def persons(pool: Pool | Connection, ids: Iterable[UUID], *, hold: bool = False) -> dict[UUID, Person]:
    """Records as they are; `hold`: nobody changes them before this transaction has ended."""
    rows = await pool.fetch(HOLD if hold else PERSONS, list(ids))
    return {row["person_id"]: Person(*row) for row in rows}


async def _mistakes(pool: Pool, vault: Vault, rows: Sequence[Record]) -> dict[tuple[UUID, UUID], Mistake]:
    """The one typing mistake between two ids, by pair; keyed tokens can only say that there may be one."""
    pairs = [(row["one_person_id"], row["other_person_id"]) for row in rows]
    wanted = sorted({each for pair in pairs for each in pair})
    if not wanted:
        return {}
    sealed = [(row["woman_id"], row["sealed"]) for row in await pool.fetch(SEALED, wanted) if row["sealed"]]
    opened = await vault.open_many(sealed)
    ids = {woman: text for (woman, _), text in zip(sealed, opened, strict=True) if text}
    found: dict[tuple[UUID, UUID], Mistake] = {}
    for one, other in pairs:
        between = resident_id.mistake_between(ids[one], ids[other]) if one in ids and other in ids else None
        if between is not None:
            found[one, other] = "id_one_digit" if between == "one_digit" else "id_two_swapped"
    return found


def _keys(tokens: Tokens, sound: bytes, written: str) -> tuple[bytes, bytes]:
    return birth_token(tokens, sound, written), rest_token(tokens, sound, written)


_ONE = itemgetter(*(f"one_{name}" for name in _NAMES))
_OTHER = itemgetter(*(f"other_{name}" for name in _NAMES))


def _person(row: Record, side: Any) -> Person:
    return Person(*side(row))
