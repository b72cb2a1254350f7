"""Reads and checks a register file in a process of its own: rows onto disk, then household after household.

The service takes what comes out (`importing.py`); a file of any size costs it no memory and no time of its loop.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, TypeAlias

from libs.rosters.refused import write_returned
from libs.rosters.sheet import Row
from libs.values.division import Division
from libs.values.records import sent_by_values
from services.registry import rosters
from services.registry.adapters.answered import Answered
from services.registry.adapters.places import CountiesOnDisk
from services.registry.adapters.spool import Spool
from services.registry.domain.register.check import Circumstances, Places, answer_to, judge, read_row
from services.registry.domain.register.values import Draft, RegisterHousehold, RowAnswer
from services.registry.domain.words import Status

PART: Final = 400
"""Persons of a part, about: short transactions keep everybody else's requests quick."""
PLACES: Final = "places.db"
_TOLD_EVERY: Final = 2_000


@dataclass(frozen=True, slots=True)
class Asked:
    """How a file is to be read; `folder` is the import's own, on this machine, with the divisions (PLACES) in it."""

    path: Path
    filename: str
    folder: Path
    unit: Division
    today: date
    as_of: date | None = None
    mapping: Mapping[str, str] | None = None
    status: Status | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """Said first: which form the file has, of which day it is."""

    sheet: str
    form: str
    as_of: date
    states_poverty: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """So many rows are read."""

    rows: int


@dataclass(frozen=True, slots=True)
class Counted:
    """All rows are read: so many name a person."""

    persons: int


@sent_by_values
@dataclass(frozen=True, slots=True)
class Judged:
    """One household: its number in the file, what may go in, and the answers to all its rows.

    Without a number and a household: the answer to a row that names none. A household of too many rows comes in
    pieces, and nothing of it may go in.
    """

    number: int | None
    county: str
    household: RegisterHousehold | None
    answers: tuple[RowAnswer, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """About PART rows of some households, to be taken in together."""

    judged: tuple[Judged, ...]


Said: TypeAlias = Opened | Reading | Counted | Part


def check(asked: Asked) -> Iterator[Said]:
    """Everything that is said of a file, in order; raises DomainError `roster.*`, `register.*`."""
    file = rosters.open_register(asked.filename, asked.path, mapping=asked.mapping)
    as_of = rosters.as_of(file, asked.as_of)
    status = rosters.stated(file, asked.status)
    edition = file.edition
    yield Opened(file.sheet.name, edition.columns.form, as_of, edition.states_poverty)
    known, areas = CountiesOnDisk(asked.folder / PLACES), rosters.area_codes()
    given = Circumstances(known, areas, asked.unit, as_of, asked.today, edition, status)
    yield from check_rows(file.sheet.rows(), given, asked.folder / "spool.db")


def check_rows(rows: Iterator[Row], given: Circumstances, spooled: Path) -> Iterator[Reading | Counted | Part]:
    """Answer every row; a dry run and an import say the same."""
    spool, skipped, reading = Spool(spooled), list[RowAnswer](), given.reading
    try:
        for number, row in enumerate(rows, 1):
            draft = read_row(row, reading)
            if isinstance(draft, Draft):
                spool.add(draft)
            else:
                skipped.append(draft)
            if number % _TOLD_EVERY == 0:
                yield Reading(number)
        places = Places(given, spool.named)
        spool.gather(lambda names: (places.county_of(names), places.of(names).village))
        yield Counted(spool.count)
        yield from _parts(_judged(spool, places, given))
        yield from _parts(Judged(None, "", None, (answer,)) for answer in skipped)
    finally:
        spool.close()


def _parts(judged: Iterable[Judged]) -> Iterator[Part]:
    part, size = list[Judged](), 0
    for each in judged:
        part.append(each)
        size += len(each.answers)
        if size >= PART:
            yield Part(tuple(part))
            part, size = [], 0
    if part:
        yield Part(tuple(part))


def _judged(spool: Spool, places: Places, given: Circumstances) -> Iterator[Judged]:
    for number, size, members in spool.households():
        for draft in members:
            _say(draft, places, spool)
        household = judge(members, given.edition, size)
        yield Judged(number, places.county_of(members[0].names), household, tuple(map(answer_to, members)))
    for draft in spool.loners():
        _say(draft, places, spool)
        yield Judged(None, places.county_of(draft.names), None, (answer_to(draft),))


def _say(draft: Draft, places: Places, spool: Spool) -> None:
    places.put(draft)
    draft.findings.extend(spool.said_of(draft))


def write_refused(asked: Asked, answered: Path, target: Path) -> Iterator[int]:
    """Write the workbook of the rows that go back; says how many these are."""
    answers = Answered.opened(answered)
    try:
        yield answers.count_returned()
        file = rosters.open_register(asked.filename, asked.path, mapping=asked.mapping)
        write_returned(file.sheet, answers.returned, target)
    finally:
        answers.close()
