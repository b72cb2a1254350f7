"""The counting rules over random histories: sums, cells and their women, as known, any order of arrival."""

import random
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import asyncpg
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from libs.events.contract import Contract, Fact
from libs.values.division import Division
from services.reporting.domain.report import MatchReport, Row
from services.reporting.projections import cells
from services.reporting.projections.match import match_report
from services.reporting.projections.snapshot import Snapshot
from tests.integration.reporting import oracle
from tests.integration.reporting import samples as s
from tests.integration.reporting.conftest import record

WOMEN = range(1, 6)
UNITS = (s.COUNTY, s.DANJIANG, s.XIJIANG, *s.VILLAGES)
SLOW = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass(frozen=True)
class History:
    """Facts in one order of arrival, and a seed for others."""

    facts: list[Fact[Contract]]
    seed: int


villages = st.sampled_from(s.VILLAGES)
days = st.dates(date(2016, 1, 1), date(2019, 12, 31))
statuses = st.sampled_from(["not_exited", "pre_exit", "exited", "returned"])


@st.composite
def about_woman(draw: st.DrawFn, woman: int) -> list[Contract]:
    baseline = draw(st.booleans())
    first = s.registered(
        woman, draw(villages), status="exited" if baseline else draw(statuses), baseline_exit=baseline,
        birth_year=draw(st.sampled_from([1940, 1980, 2000, 2010])),
        labour=draw(st.sampled_from(["ordinary", "lost"])), as_of=draw(days),
    )  # fmt: skip
    moved = st.builds(lambda *to: s.changed(woman, to[0], status=to[1], as_of=to[2]), villages, statuses, days)
    out = days.map(lambda day: s.exited(woman, day.isoformat()))
    back = days.map(lambda day: s.returned(woman, day.isoformat()))
    watched = st.builds(lambda *to: s.monitored(woman, to[0], as_of=to[1]), villages, days)
    gone = st.sampled_from([s.left(woman), s.rejoined(woman), s.household_dissolved(woman)])
    later: st.SearchStrategy[Contract] = st.one_of(moved, out, back, watched, gone)
    return [s.household(woman, draw(villages)), first, *draw(st.lists(later, max_size=4))]


@st.composite
def classes(draw: st.DrawFn, woman: int) -> list[Contract]:
    act = st.tuples(st.integers(1, 3), st.integers(1, 5), days)
    there = act.map(lambda a: s.attended(woman, a[0], a[1], first_day=a[2], last_day=a[2]))
    void = st.integers(1, 3).map(lambda course: s.withdrawn(woman, course))
    return draw(st.lists(st.one_of(there, void), max_size=3))


@st.composite
def histories(draw: st.DrawFn) -> History:
    bodies: list[Contract] = [s.divisions(), s.course()]
    for woman in WOMEN:
        bodies += draw(about_woman(woman)) + draw(classes(woman))
    for merged, survivor in draw(st.lists(st.sampled_from([(5, 4), (4, 3), (3, 1), (2, 1)]), unique=True)):
        bodies.append(s.merged(merged, survivor))
        if draw(st.booleans()):
            bodies.append(s.unmerged(merged, survivor))
    seed = draw(st.integers(0, 10**6))
    return History(shuffled(s.Feed()(*bodies), seed), seed)


def shuffled(facts: Sequence[Fact[Contract]], seed: int) -> list[Fact[Contract]]:
    """Another order of arrival: only facts of one publisher and one key keep theirs."""
    queues: defaultdict[tuple[str, Any], deque[Fact[Contract]]] = defaultdict(deque)
    for fact in sorted(facts, key=lambda each: each.number):
        queues[fact.source, fact.key].append(fact)
    dice = random.Random(seed)
    result: list[Fact[Contract]] = []
    while queues:
        key = dice.choice(sorted(queues, key=str))
        result.append(queues[key].popleft())
        if not queues[key]:
            del queues[key]
    return result


def flat(row: Row) -> dict[str, int]:
    """A row in the words of the oracle."""
    training = row.measures["training"]
    acts = {"attendances": training.times, "days": training.quantity, "classes": training.measures}
    return {**row.figures, "women": training.women, **acts}


async def report(connection: Any, unit: str, as_known: int = 10**9) -> MatchReport:
    return await match_report(connection, Division(unit), as_known)


@SLOW
@given(histories())
async def test_every_cell_is_what_a_naive_count_of_the_facts_gives(
    connection: "asyncpg.Connection[asyncpg.Record]", history: History
) -> None:
    async with rolled_back(connection):
        await record(connection, history.facts, size=1 + history.seed % 7)
        for as_known in (len(history.facts), history.seed % len(history.facts), len(history.facts) // 2):
            for unit in UNITS:
                found = await report(connection, unit, as_known)
                assert flat(found.total) == oracle.count(history.facts[:as_known], unit)


@SLOW
@given(histories())
async def test_additive_columns_sum_to_the_parent_and_cells_open_to_as_many_women(
    connection: "asyncpg.Connection[asyncpg.Record]", history: History
) -> None:
    async with rolled_back(connection):
        await record(connection, history.facts, size=50)
        known = Snapshot(connection, len(history.facts) - history.seed % 10)
        for unit in UNITS:
            found = await report(connection, unit, known.at)
            for column, figure in flat(found.total).items():
                if column != "classes":
                    assert sum(flat(row)[column] for row in found.rows) == figure
            for row in found.rows:
                parts = await report(connection, row.division, known.at)
                assert flat(parts.total) == flat(row)
            measured = found.total.measures
            for column in cells.COLUMNS:
                figure = measured[column].women if column in measured else found.total.figures[column]
                assert await behind(known, unit, column) == figure


async def behind(known: Snapshot, unit: str, column: str) -> int:
    listing = cells.behind(known, Division(unit), column)
    rows = len(await listing.page(limit=500))
    assert await listing.count(timedelta(seconds=30)) == rows
    return rows


@SLOW
@given(histories())
async def test_the_order_of_arrival_and_the_batches_change_no_figure(
    connection: "asyncpg.Connection[asyncpg.Record]", history: History
) -> None:
    figures = []
    for seed in range(3):
        async with rolled_back(connection):
            await record(connection, shuffled(history.facts, history.seed + seed), size=1 + seed * 20)
            figures.append([flat((await report(connection, unit)).total) for unit in UNITS])
    assert figures[0] == figures[1] == figures[2]


@SLOW
@given(histories())
async def test_a_report_as_known_never_changes_and_batches_write_the_same_rows(
    connection: "asyncpg.Connection[asyncpg.Record]", history: History
) -> None:
    tables = []
    for size in (3, 100):
        async with rolled_back(connection):
            half = len(history.facts) // 2
            await record(connection, history.facts[:half], size)
            before = [await report(connection, unit, half) for unit in UNITS]
            await record(connection, history.facts[half:], size)
            assert [await report(connection, unit, half) for unit in UNITS] == before
            tables.append(await rows(connection))
    assert tables[0] == tables[1]


async def rows(connection: Any) -> list[list[Any]]:
    """All that is worked out from facts, row by row."""
    queries = (
        "SELECT * FROM lines ORDER BY recorded, seq",
        "SELECT * FROM women ORDER BY woman_id, recorded",
        "SELECT * FROM households ORDER BY household_id, recorded",
        "SELECT * FROM merges ORDER BY merged, survivor, recorded",
        "SELECT * FROM movements ORDER BY woman_id, seq, recorded",
    )
    return [[tuple(row) for row in await connection.fetch(query)] for query in queries]


class rolled_back:  # reads as a word in `async with`
    """A transaction that leaves nothing, so that each history starts from an empty database."""

    def __init__(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._transaction = connection.transaction()

    async def __aenter__(self) -> None:
        await self._transaction.start()

    async def __aexit__(self, *_: object) -> None:
        await self._transaction.rollback()
