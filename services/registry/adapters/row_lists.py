"""A list of rows from a file to answers, whatever it is a list of: read in a thread, taken in by `list_steps.py`.

What a kind of list adds is how a row is read, how a batch is taken, and its words.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any, Final, Generic, TypeVar

from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.rosters.columns import ColumnSet
from libs.rosters.files import open_book
from libs.rosters.findings import Finding
from libs.rosters.sheet import Row, Sheet
from libs.values import resident_id
from libs.values.texts import trimmed
from services.registry.adapters.list_steps import Order, Progress, Reading, take_in
from services.registry.domain.register import columns as c
from services.registry.domain.register.rules import RULES
from services.registry.handlers.answers import RowAnswer
from services.registry.handlers.meaning import Named

T = TypeVar("T")
_SKIPPED: Final = {"signature": "signature_row", "totals": "totals_row", "note": "note_row", "blank": "blank_row"}
_WORDS: Final = {
    "not_in_unit": "登记册中没有，或不在本单位辖区",
    "name_differs": "姓名与登记的不同",
    "name_of_several": "同名的不止一人",
    "row_names_nobody": "没有写明户或人",
    "id_unreadable": "证件号码不正确",
    "code_needs_county": "编号在县内有效",
    "not_a_woman": "不是妇女",
    "older_than_known": "早于已登记的",
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What is the same for all rows; `county` is that of the importer's unit, empty above counties.

    `as_of`: the day of rows that do not say theirs.
    """

    scope: tuple[str, str]
    county: str
    meta: Meta
    today: date
    as_of: date
    dry_run: bool


@dataclass(frozen=True)
class ListKind(Generic[T]):
    """A kind of list. `read` gives a row or what refuses it; `take` answers a batch and says in which transaction."""

    name: str
    form: ColumnSet
    read: Callable[[str, Row, Named, Terms], T | tuple[Finding, ...]]
    take: Callable[[Runtime, Terms, Sequence[T]], Awaitable[tuple[list[RowAnswer], int | None]]]
    words: Mapping[str, str]
    model: str
    """The read model that has the last row when the import answers."""


async def take_list(
    runtime: Runtime, kind: ListKind[T], order: Order, as_of: date | None, progress: Progress, publish_wait: float
) -> dict[str, Any]:
    """The result of the job, in the words of the API; raises DomainError for a file that cannot be read."""
    started = order.import_id(kind.name, as_of)
    meta = replace(order.meta, correlation_id=started)
    terms = Terms(order.unit.range(), order.county, meta, order.today, as_of or order.today, order.dry_run)
    sheet, rows, answers = await asyncio.to_thread(_read_all, kind, order, terms)
    sentence = partial(_sentence, words={**_WORDS, **kind.words})
    read = Reading(sheet, rows, answers, partial(kind.take, runtime, terms), sentence, kind.model)
    return await take_in(runtime, order, started, read, progress, publish_wait)


def _read_all(kind: ListKind[T], order: Order, terms: Terms) -> tuple[Sheet, list[T], dict[int, RowAnswer]]:
    sheet = open_book(order.filename, order.path, (kind.form,), mapping=order.mapping).sheets[0]
    rows: list[T] = []
    answers: dict[int, RowAnswer] = {}
    for row, read in _rows(kind, sheet, terms):
        if isinstance(read, tuple):
            answers[row.number] = RowAnswer(sheet.name, row.number, "refused", read)
        elif isinstance(read, RowAnswer):
            answers[row.number] = read
        else:
            rows.append(read)
    return sheet, rows, answers


def _rows(kind: ListKind[T], sheet: Sheet, terms: Terms) -> Iterator[tuple[Row, T | RowAnswer | tuple[Finding, ...]]]:
    for row in sheet.rows():
        if row.kind != "data":
            said = Finding("", _SKIPPED[row.kind], "accepted", "", "跳过")
            yield row, RowAnswer(sheet.name, row.number, "skipped", (said,))
            continue
        named = _named(row, terms)
        yield row, (named,) if isinstance(named, Finding) else kind.read(sheet.name, row, named, terms)


def _named(row: Row, terms: Terms) -> Named | Finding:
    """By which id, code or name a row names whom it means."""
    written, person, household, name = (trimmed(row[column].text) for column in (c.ID, c.PERSON, c.HOUSEHOLD, c.NAME))
    if written:
        read = resident_id.read(row[c.ID].text, terms.today)
        if not read.value:
            right = next((note.right for note in read.notes if note.right), "") or "18位证件号码"
            return Finding(c.ID, "id_unreadable", "error", written, right)
        return Named(c.ID, read.value, "", "", name)
    if person or household:
        column = c.PERSON if person else c.HOUSEHOLD
        if not terms.county:
            return Finding(column, "code_needs_county", "error", person or household, "由县级或以下单位导入")
        return Named(column, "", person, "" if person else household, name)
    if name:
        return Named(c.NAME, name=name)
    return Finding(c.ID, "row_names_nobody", "error", "", "填写证件号码、人编号或户编号")


def _sentence(finding: Finding, *, words: Mapping[str, str]) -> str:
    known = RULES.get(finding.rule)
    text = words.get(finding.rule) or (known.text if known else finding.rule)
    return f"{text}（{finding.right_answer}）" if finding.right_answer else text
