"""Exits by household: where each stands and what is due, and the worklist of differences with the poverty office."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from libs.events.keyset import Listing, before
from libs.events.service import Projection
from libs.events.store import Recorded
from libs.events.types import Connection, Pool, Record
from services.registry.domain.exits import events as e

NAME = "exits"
HANDLES = e.EVENTS

PROPOSE: Final = """
INSERT INTO exit_processes (process_id, household_id, division, ordinal, step, running, since, persons, women,
                            proposed_on, year, income_fen, line_fen, unmet, version)
VALUES ($1, $2, $3, $4, 'proposed', true, $5, $6, $7, $5, $8, $9, $10, $11, $12)
ON CONFLICT (process_id) DO NOTHING
"""
STEP: Final = """
UPDATE exit_processes SET step = $2, running = $3, since = coalesce($4, since), due = $5, version = $6,
    ended_by = coalesce($7, ended_by)
WHERE process_id = $1
"""
NOTICE: Final = "UPDATE exit_processes SET notice_first = $2, notice_until = $3 WHERE process_id = $1"
OBJECTIONS: Final = "UPDATE exit_processes SET objections = objections + $2, version = $3 WHERE process_id = $1"
VISITED: Final = """
UPDATE exit_processes SET township_visited = coalesce($2, township_visited),
    county_visited = coalesce($3, county_visited),
    confirmed_on = coalesce($4, confirmed_on)
WHERE process_id = $1
"""
VERSION: Final = "UPDATE exit_processes SET version = $2 WHERE process_id = $1"
FOUND: Final = """
INSERT INTO exit_differences (process_id, household_id, division, ours, ours_since, office, valid, source, found_at,
                              state, version)
SELECT process_id, household_id, division, $2, coalesce(confirmed_on, since), $3, $4, $5, $6, 'open', $7
FROM exit_processes WHERE process_id = $1
ON CONFLICT (process_id) DO UPDATE SET ours = excluded.ours, ours_since = excluded.ours_since,
    office = excluded.office, valid = excluded.valid, source = excluded.source, found_at = excluded.found_at,
    state = 'open', ended_on = NULL, version = excluded.version
"""
ENDED: Final = "UPDATE exit_differences SET state = $2, ended_on = $3, version = $4 WHERE process_id = $1"
DIFFERENCE_VERSION: Final = "UPDATE exit_differences SET version = $2 WHERE process_id = $1"
_COLUMNS: Final = """process_id, household_id, division, ordinal, step, running, since, due, persons, women,
    proposed_on,
    year, income_fen, line_fen, unmet, notice_first, notice_until, objections, confirmed_on, township_visited,
    county_visited, ended_by, version"""
LIST: Final = f"""
SELECT {_COLUMNS} FROM exit_processes
WHERE division BETWEEN $1 AND $2 AND ($3::text IS NULL OR step = $3) AND ($4::boolean IS NULL OR running = $4)
    AND ($5::date IS NULL OR due < $5) AND ($6::uuid IS NULL OR household_id = $6)
    AND (division, process_id) > ($7, $8)
ORDER BY division, process_id LIMIT $9
"""  # noqa: S608
ONE: Final = f"SELECT {_COLUMNS} FROM exit_processes WHERE process_id = $1 AND division BETWEEN $2 AND $3"  # noqa: S608
DIFFERENCES: Final = """
SELECT process_id, household_id, division, ours, ours_since, office, valid, source, found_at, state, ended_on, version
FROM exit_differences
WHERE division BETWEEN $1 AND $2 AND ($3::text IS NULL OR state = $3) AND (division, process_id) > ($4, $5)
ORDER BY division, process_id LIMIT $6
"""
RECODE: Final = "UPDATE exit_processes SET division = $2, version = $3 WHERE process_id = $1"
RECODE_DIFFERENCE: Final = "UPDATE exit_differences SET division = $2 WHERE process_id = $1"
CHECKED: Final = """
SELECT count(*) AS confirmed, count(*) FILTER (WHERE township_visited) AS township,
       count(*) FILTER (WHERE county_visited) AS county
FROM exit_processes WHERE division BETWEEN $1 AND $2 AND confirmed_on BETWEEN $3 AND $4
"""


async def apply(tx: Connection, events: Sequence[Recorded[Any]]) -> None:
    """In the order of the log."""
    for recorded in events:
        event, version = recorded.event, recorded.version
        if isinstance(event, e.ExitProposed):
            await tx.execute(PROPOSE, *_proposal(event), version)
        elif isinstance(event, e.DifferenceFound | e.DifferenceSettled | e.DifferenceGone):
            await _difference(tx, recorded)
        elif isinstance(event, e.ObjectionLodged | e.ObjectionDecided):
            change = 1 if isinstance(event, e.ObjectionLodged) else -1
            await tx.execute(OBJECTIONS, event.process_id, change, version)
        elif isinstance(event, e.ExitRecoded):
            await tx.execute(RECODE, event.process_id, event.division, version)
            await tx.execute(RECODE_DIFFERENCE, event.process_id, event.division)
        else:
            await _step(tx, event, version)
        await tx.execute(DIFFERENCE_VERSION, event.process_id, version)


async def _step(tx: Connection, event: Any, version: int) -> None:
    step, running, since, due, by = _moved(event)
    await tx.execute(STEP, event.process_id, step, running, since, due, version, by)
    match event:
        case e.NoticeStarted():
            await tx.execute(NOTICE, event.process_id, event.first, event.until)
        case e.NoticeInterrupted():
            await tx.execute(NOTICE, event.process_id, None, None)
        case e.TownshipChecked():
            await tx.execute(VISITED, event.process_id, event.visited, None, None)
        case e.ExitConfirmed():
            await tx.execute(VISITED, event.process_id, None, event.visited, event.on)


def _moved(event: Any) -> tuple[str, bool, date | None, date | None, str | None]:  # noqa: C901, PLR0911, PLR0912
    """Step, whether it goes on, since when, what it waits for until when, and what ended it."""
    match event:
        case e.ExitChecked():
            return "checked", True, event.on, None, None
        case e.HouseholdAgreed():
            return "agreed", True, event.on, None, None
        case e.NoticeStarted():
            return "noticed", True, event.first, event.until, None
        case e.NoticeInterrupted():
            return "agreed", True, event.on, None, None
        case e.NoticeEnded():
            return "notice_ended", True, event.on + timedelta(days=1), None, None
        case e.TownshipChecked():
            return "township_checked", True, event.on, None, None
        case e.ExitConfirmed():
            return "monitored", True, event.on, event.until, None
        case e.ExitClosed():
            return "closed", False, event.on, None, None
        case e.HouseholdDeclined():
            return "declined", False, event.on, None, None
        case e.ExitRefused():
            return "refused", False, event.on, None, event.kind
        case e.ExitWithdrawn():
            return "withdrawn", False, event.on, None, None
        case e.ExitOvertaken():
            return "overtaken", False, None, None, event.by
        case _:
            return "returned", False, None, None, event.source


async def _difference(tx: Connection, recorded: Recorded[Any]) -> None:
    event, version = recorded.event, recorded.version
    await tx.execute(VERSION, event.process_id, version)
    match event:
        case e.DifferenceFound():
            said = (event.at, event.office, event.valid, event.source)
            await tx.execute(FOUND, event.process_id, *said, recorded.recorded_at, version)
        case e.DifferenceSettled():
            await tx.execute(ENDED, event.process_id, "settled", event.on, version)
        case _:
            await tx.execute(ENDED, event.process_id, "agreed", None, version)


def _proposal(event: e.ExitProposed) -> tuple[Any, ...]:
    return (
        event.process_id,
        event.household_id,
        event.division,
        event.ordinal,
        event.on,
        event.persons,
        len(event.women),
        event.year,
        event.income_fen,
        event.line_fen,
        list(event.unmet),
    )


def listed(
    pool: Pool,
    scope: tuple[str, str],
    *,
    step: str | None = None,
    running: bool | None = None,
    due_before: date | None = None,
    household_id: UUID | None = None,
) -> Listing:
    """Processes of a range of divisions, by division and id; `due_before`: what ends or lapses before that day."""
    filters = (*scope, step, running, due_before, household_id)
    return Listing(pool, LIST, filters, (before(scope), UUID(int=0)))


def differences(pool: Pool, scope: tuple[str, str], state: str | None) -> Listing:
    """The worklist; `state`: open, settled, agreed."""
    return Listing(pool, DIFFERENCES, (*scope, state), (before(scope), UUID(int=0)))


async def one(pool: Pool, process_id: UUID, scope: tuple[str, str]) -> Record | None:
    """A process of the range."""
    return await pool.fetchrow(ONE, process_id, *scope)


async def checked(pool: Pool, scope: tuple[str, str], first: date, last: date) -> Record:
    """Households confirmed between two days, and how many of them were visited."""
    found = await pool.fetchrow(CHECKED, *scope, first, last)
    assert found is not None
    return found


PROJECTION = Projection(NAME, HANDLES, apply, tables=("exit_processes", "exit_differences"))
