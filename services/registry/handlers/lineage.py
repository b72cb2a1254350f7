"""Codes of any year: the unit then, and its living successors now, through every change between."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import Literal, TypeAlias

from libs.events.types import Pool
from services.registry.domain.division_units import Units, Version, successors
from services.registry.projections import divisions

Found: TypeAlias = Literal["unit", "name_only", "unknown"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A 12-digit code on a day."""

    code: str
    on: date


@dataclass(frozen=True, slots=True)
class Lineage:
    """The unit then and what lives of it; `name`: of a county in the code book that no list has brought."""

    asked: Asked
    then: Version | None
    successors: tuple[Version, ...]
    undecided: bool
    name: str = ""

    @property
    def found(self) -> Found:
        """How much is known."""
        if self.then is not None:
            return "unit"
        return "name_only" if self.name else "unknown"


async def resolve(pool: Pool, asked: Sequence[Asked]) -> list[Lineage]:
    """One answer a question, in order."""
    units = await divisions.onwards(pool, {each.code for each in asked})
    return [of(units, each) for each in asked]


def of(units: Units, asked: Asked) -> Lineage:
    """Of units that hold everything it ever became."""
    then = units.on(asked.code, asked.on)
    if then is None:
        return Lineage(asked, None, (), False, "" if asked.code in units.versions else book_name(asked))
    living = tuple(sorted(successors(units, then), key=lambda each: each.code))
    return Lineage(asked, then, living, _open(units, (then, *living)))


def _open(units: Units, versions: Iterable[Version]) -> bool:
    return any(version.code in units.undecided for version in versions)


def book_name(asked: Asked) -> str:
    """The name that GB/T 2260 gives a county code in that month, empty for none."""
    if not asked.code.endswith("000000"):
        return ""
    month = f"{asked.on:%Y-%m}"
    entries = _book().get(asked.code[:6], ())
    return next((name for first, last, name in entries if first <= month and (not last or month <= last)), "")


@cache
def _book() -> Mapping[str, Sequence[tuple[str, str, str]]]:
    """Code → first month, last month (empty: still) and name, of all editions from 1980-12 to 2019-04."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    with resources.files("services.registry").joinpath("data/area_codes.csv").open(encoding="utf-8") as lines:
        for line in csv.DictReader(lines):
            found.setdefault(line["code"], []).append((line["first"], line["last"], line["name"]))
    return found
