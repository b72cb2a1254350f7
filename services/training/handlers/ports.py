"""What the handlers need of others, as ports: the registry's answer to "which woman is this row?", and merged ids."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import UUID

from libs.events.meta import Meta
from libs.rosters.findings import Finding
from libs.values.priority import Needs

Match = Literal[
    "exact",
    "exact_after_normalising",
    "near_id",
    "id_exact_name_differs",
    "name_and_village_only",
    "not_in_register",
]
SURE: frozenset[Match] = frozenset({"exact", "exact_after_normalising", "id_exact_name_differs"})


@dataclass(frozen=True, slots=True)
class Question:
    """A row as the roster writes it; `ref` comes back with the answer."""

    ref: str
    name: str
    resident_id: str | None = None
    village: str | None = None
    township: str | None = None
    sex: str | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """Who it is: `woman_id` when sure, `candidate` when a person must say so; `outside` = of another unit."""

    ref: str
    match: Match
    woman_id: UUID | None = None
    candidate: UUID | None = None
    division: str | None = None
    birth_year: int | None = None
    findings: tuple[Finding, ...] = ()
    outside: bool = False


class RegistryResolver(Protocol):
    """The registry's resolve, asked for a user and in his unit."""

    async def resolve(self, asked_by: Meta, questions: Sequence[Question]) -> list[Resolved]:
        """Answers in the order of the questions. Raises Unavailable when the registry does not answer."""


class Aliases(Protocol):
    """Which ids are one woman since the registry merged them."""

    async def canonical(self, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        """Every id → the id she is known by now."""


class Register(Protocol):
    """What our read copy of the register knows of women."""

    async def standing(self, ids: Collection[UUID]) -> Mapping[UUID, tuple[str, Needs]]:
        """Woman → division and what her priority rests on; who is not known is absent."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A roster file as it was sent; `mapping` are the office's own headings for our columns."""

    filename: str
    path: Path
    mapping: Mapping[str, str] | None = None


Progress = Callable[[int, int], Awaitable[None]]


class RosterImport(Protocol):
    """The import job as the routes know it."""

    async def run(self, upload: Upload, meta: Meta, progress: Progress, *, dry_run: bool) -> dict[str, Any]:
        """The answer of the import as JSON."""
