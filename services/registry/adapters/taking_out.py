"""Finds a person's rows in a kept file and writes the file without them, in a process of its own (libs.service.child).

A row is hers by its resident id; a row without a sound id by her name.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, TypeAlias

from libs.rosters.rewritten import without_rows
from libs.rosters.sheet import Row, Sheet
from libs.values import names, resident_id
from libs.values.errors import DomainError
from services.registry import rosters
from services.registry.adapters.list_forms import open_list
from services.registry.domain.register import columns as c

Headings: TypeAlias = Mapping[str, str] | None
"""An office's own headings for our columns, by which the file was brought."""
Left: TypeAlias = Literal["same", "written", "unreadable"]


@dataclass(frozen=True, slots=True, repr=False)
class Words:
    """By what a person is found in a file: the first 18 characters of her ids, her names without what typing adds."""

    ids: frozenset[str]
    names: frozenset[str]

    def of(self, row: Row, today: date) -> bool:
        """Whether a row is hers."""
        read = resident_id.read(row[c.ID].text, today).value
        if read is not None:
            return resident_id.key(read) in self.ids
        return names.normalised(row[c.NAME].text) in self.names


def sheet_of(path: Path, headings: Headings = None) -> Sheet:
    """Of a kept file: a register's sheet, else that of a list of rows (exits, returns, incomes, needs)."""
    try:
        return rosters.open_register("", path, mapping=headings).sheet
    except DomainError:
        return open_list("", path, headings)


def take_person(files: Collection[tuple[Path, Path]], words: Words, today: date, headings: Headings) -> Iterator[Left]:
    """Of each file what became of it; the second path has it without her rows, where it held any."""
    for path, target in files:
        yield _left(path, target, headings, lambda row: words.of(row, today))


def take_numbers(path: Path, target: Path, taken: Collection[int], headings: Headings) -> Iterator[Left]:
    """The same for rows of these numbers."""
    yield _left(path, target, headings, lambda row: row.number in taken)


def _left(path: Path, target: Path, headings: Headings, goes: Callable[[Row], bool]) -> Left:
    if not path.stat().st_size:
        return "same"
    try:
        sheet = sheet_of(path, headings)
        taken = {row.number for row in sheet.rows() if goes(row)}
        if not taken:
            return "same"
        without_rows(sheet, taken, target)
    except DomainError:
        return "unreadable"
    return "written"
