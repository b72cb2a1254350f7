"""Whom a register code means: 人编号 or 证件号码 of any year → the woman, the surviving one after a merge.

Only women of the caller's units are found; who is registered elsewhere is answered like nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias
from uuid import UUID

from libs.events.types import Pool
from libs.events.vault import Vault
from libs.values import resident_id
from services.registry.handlers import reservations, tokens
from services.registry.handlers.reservations import Person

Found: TypeAlias = Literal["present", "former", "not_found", "unreadable"]


@dataclass(frozen=True, slots=True)
class Code:
    """One code as written; `county` (six digits) is where a 人编号 was given."""

    ref: str
    kind: Literal["person_code", "resident_id"]
    value: str = field(repr=False)
    county: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """`woman_id` is the surviving record; `record` the one that bears or bore the code."""

    ref: str
    found: Found
    woman_id: UUID | None = None
    record: UUID | None = None
    division: str | None = None


async def resolve(
    pool: Pool, vault: Vault, scope: tuple[str, str], codes: Sequence[Code], today: date
) -> list[Meaning]:
    """One answer a code, in order; a code that she has now goes before one that somebody had before."""
    asked = [_token(vault, code, today) for code in codes]
    wanted = [token for token in asked if token is not None]
    present = {**await reservations.by_id(pool, wanted), **await reservations.by_code(pool, wanted)}
    former = await _former(pool, [token for token in wanted if token not in present])
    bearers = present | former
    survivors = await reservations.canonical(pool, bearers)
    return [
        _meaning(code, token, bearers, survivors, token in present, scope)
        for code, token in zip(codes, asked, strict=True)
    ]


def _token(vault: Vault, code: Code, today: date) -> bytes | None:
    if code.kind == "person_code":
        return tokens.code_token(vault, code.county, code.value.strip())
    read = resident_id.read(code.value, today)
    return tokens.id_token(vault, read.value) if read.value else None


async def _former(pool: Pool, wanted: Sequence[bytes]) -> dict[bytes, Person]:
    found = await reservations.by_former(pool, wanted) if wanted else {}
    return {token: persons[0] for token, persons in found.items() if len(persons) == 1}


def _meaning(
    code: Code,
    token: bytes | None,
    bearers: dict[bytes, Person],
    survivors: dict[bytes, Person],
    present: bool,
    scope: tuple[str, str],
) -> Meaning:
    if token is None:
        return Meaning(code.ref, "unreadable")
    survivor = survivors.get(token)
    if (
        survivor is None
        or survivor.erased
        or survivor.restricted
        or not survivor.woman
        or not scope[0] <= survivor.division <= scope[1]
    ):
        return Meaning(code.ref, "not_found")
    found: Found = "present" if present else "former"
    return Meaning(code.ref, found, survivor.person_id, bearers[token].person_id, survivor.division)
