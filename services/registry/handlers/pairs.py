"""Pairs as their streams have left them: written with each append, listed by unit and strength.

A pair is shown to whoever looks after one of its records; the range of divisions is part of every query.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from libs.events.keyset import Listing
from libs.events.types import Connection, Pool, Record
from services.registry.domain import pair as p

State: TypeAlias = Literal["open", "proposed", "disputed", "same", "different", "closed"]
WAITING: Final[tuple[State, ...]] = ("open", "proposed", "disputed")
_HIGHEST: Final = (32_767, UUID(int=2**128 - 1))

_COLUMNS = """d.pair_id, d.one, d.other, d.one_division, d.other_division, d.version, d.state, d.score, d.strength,
    d.signs, d.rules, d.print, d.verdict, d.survivor, d.settled, d.closed_why, d.proposals, d.found_at, d.changed_at"""
KEEP = """
INSERT INTO duplicate_pairs (pair_id, one, other, one_division, other_division, version, state, score, strength, signs,
                             rules, print, verdict, survivor, settled, closed_why, proposals, found_at, changed_at)
SELECT pair_id, one, other, one_division, other_division, version, state, score, strength, signs, rules, print,
       verdict, survivor, settled, closed_why, proposals, $2, $2
FROM jsonb_to_recordset($1) AS n(
    pair_id uuid, one uuid, other uuid, one_division text, other_division text, version int, state text,
    score smallint, strength text, signs text[], rules text, print text, verdict text, survivor text, settled text,
    closed_why text, proposals jsonb)
ORDER BY pair_id
ON CONFLICT (pair_id) DO UPDATE SET version = excluded.version, state = excluded.state, score = excluded.score,
    strength = excluded.strength, signs = excluded.signs, rules = excluded.rules, print = excluded.print,
    verdict = excluded.verdict, survivor = excluded.survivor, settled = excluded.settled,
    closed_why = excluded.closed_why, proposals = excluded.proposals, changed_at = excluded.changed_at
"""
OF = f"SELECT {_COLUMNS} FROM duplicate_pairs d WHERE one = ANY($1) OR other = ANY($1)"  # noqa: S608
LIST = f"""
SELECT {_COLUMNS}, a.birth_year AS one_birth_year, b.birth_year AS other_birth_year
FROM duplicate_pairs d JOIN persons a ON a.person_id = d.one JOIN persons b ON b.person_id = d.other
WHERE (d.one_division BETWEEN $1 AND $2 OR d.other_division BETWEEN $1 AND $2) AND d.state = ANY($3)
  AND ($4::text IS NULL OR $4 = ANY(d.signs)) AND ($5::text IS NULL OR d.strength = $5)
  AND (d.score, d.pair_id) < ($6, $7)
ORDER BY d.score DESC, d.pair_id DESC LIMIT $8
"""  # noqa: S608
ONE = f"""
SELECT {_COLUMNS}, a.birth_year AS one_birth_year, b.birth_year AS other_birth_year
FROM duplicate_pairs d JOIN persons a ON a.person_id = d.one JOIN persons b ON b.person_id = d.other
WHERE d.pair_id = $1 AND (d.one_division BETWEEN $2 AND $3 OR d.other_division BETWEEN $2 AND $3)
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Kept:
    """A state to be kept, with the divisions of its records when it was found."""

    state: p.State
    version: int
    one_division: str
    other_division: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Which pairs of a range of divisions are wanted; None: every sign, every strength."""

    scope: tuple[str, str]
    states: Sequence[State] = WAITING
    sign: str | None = None
    strength: str | None = None


async def keep(tx: Connection, kept: Iterable[Kept], at: datetime) -> None:
    """Write rows in the transaction of the append; where a record lies now follows `persons` by itself."""
    await tx.execute(KEEP, [_row(each) for each in kept], at)


async def of_records(pool: Pool | Connection, ids: Sequence[UUID]) -> list[Record]:
    """Every pair in which one of these records stands."""
    return list(await pool.fetch(OF, list(ids)))


def listed(pool: Pool, asked: Asked) -> Listing:
    """Pairs of a range, the strongest first."""
    return Listing(pool, LIST, (*asked.scope, list(asked.states), asked.sign, asked.strength), _HIGHEST)


async def one(pool: Pool, pair_id: UUID, scope: tuple[str, str]) -> Record | None:
    """A pair of which a record lies inside the range."""
    return await pool.fetchrow(ONE, pair_id, *scope)


def state_of(state: p.State) -> State:
    """The word by which a queue asks for it."""
    match state:
        case p.Open():
            return "disputed" if state.disputed else "proposed" if state.proposals else "open"
        case p.Decided():
            return state.answer.verdict
        case p.Closed() | p.Unknown():
            return "closed"


def _row(kept: Kept) -> dict[str, Any]:
    state = kept.state
    assert not isinstance(state, p.Unknown), "a pair is kept once it was found"
    known, decided = state.known, state if isinstance(state, p.Decided) else None
    return {
        "pair_id": str(known.pair_id),
        "one": str(known.one),
        "other": str(known.other),
        "one_division": kept.one_division,
        "other_division": kept.other_division,
        "version": kept.version,
        "state": state_of(state),
        "score": known.found.score,
        "strength": known.found.strength,
        "signs": list(known.found.signs),
        "rules": known.found.rules,
        "print": decided.print if decided else known.found.print,
        "verdict": decided.answer.verdict if decided else None,
        "survivor": decided.answer.survivor if decided else None,
        "settled": decided.settled if decided else None,
        "closed_why": state.why if isinstance(state, p.Closed) else None,
        "proposals": _proposals(state),
    }


def _proposals(state: p.State) -> dict[str, Any]:
    if not isinstance(state, p.Open):
        return {}
    return {
        side: {"unit": said.unit, "verdict": said.answer.verdict, "survivor": said.answer.survivor}
        for side, said in state.proposals.items()
    }
