"""The balance of persons: it holds in every unit, adds up to the parent, and each number opens to its movements."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.events.contract import Contract, Fact
from libs.values.division import Division
from libs.values.period import Period
from services.reporting.domain.balance import COLUMNS, Balance, BalanceRow
from services.reporting.projections.balance import balance, behind
from services.reporting.projections.snapshot import Snapshot
from tests.integration.reporting import balance_oracle as naive
from tests.integration.reporting import county
from tests.integration.reporting import samples as s
from tests.integration.reporting.conftest import Caller, record
from tests.integration.reporting.test_counting_rules import (
    SLOW,
    UNITS,
    WOMEN,
    History,
    rolled_back,
    shuffled,
    statuses,
    villages,
)

PERIODS = tuple(map(Period.parse, ("2016", "2017", "2017-Q2", "2018-05", "2018", "2019", "2030")))
YEAR_AFTER = Period.parse("2018")
WHERE, THERE, BEYOND = s.VILLAGES[0], s.VILLAGES[1], s.VILLAGES[2]
days = st.dates(date(2016, 1, 1), date(2019, 12, 31))
reasons = st.sampled_from(["died", "married_out", "moved_out", "deregistered"])
ways = st.sampled_from(["identified", "born", "married_in", "moved_in", "correction"])


@st.composite
def a_life(draw: st.DrawFn, woman: int) -> list[Contract]:
    first = s.registered(woman, draw(villages), came=draw(ways), status=draw(statuses), as_of=draw(days))
    moved = st.builds(lambda *to: s.changed(woman, to[0], status=to[1], as_of=to[2]), villages, statuses, days)
    watched = st.builds(lambda *to: s.monitored(woman, to[0], as_of=to[1]), villages, days)
    gone = st.builds(lambda why, day: s.left(woman, why, day.isoformat()), reasons, days)
    some_day = st.builds(lambda why, day: s.left(woman, why, f"{day:%Y-%m}"), reasons, days)
    back = st.builds(lambda how, day: s.rejoined(woman, day.isoformat(), how), ways, days)
    later: st.SearchStrategy[Contract] = st.one_of(moved, watched, gone, some_day, back)
    return [first, *draw(st.lists(later, max_size=5))]


@st.composite
def lives(draw: st.DrawFn) -> History:
    bodies: list[Contract] = [s.divisions()]
    for woman in WOMEN:
        bodies += draw(a_life(woman))
    for merged, survivor in draw(st.lists(st.sampled_from([(5, 4), (4, 3), (3, 1), (2, 1)]), unique=True)):
        bodies.append(s.merged(merged, survivor))
        if draw(st.booleans()):
            bodies.append(s.unmerged(merged, survivor))
    seed = draw(st.integers(0, 10**6))
    return History(shuffled(s.Feed()(*bodies), seed), seed)


async def of(connection: Any, unit: str, period: Period, as_known: int = 10**9) -> Balance:
    return await balance(connection, Division(unit), period, as_known)


def figures(row: BalanceRow, *names: str) -> tuple[int, ...]:
    return tuple(row.figures[name] for name in names)


@SLOW
@given(lives())
async def test_every_figure_is_what_a_naive_count_of_the_facts_gives(connection: Any, history: History) -> None:
    async with rolled_back(connection):
        await record(connection, history.facts, size=1 + history.seed % 7)
        for as_known in (len(history.facts), history.seed % len(history.facts)):
            for unit in UNITS:
                period = PERIODS[history.seed % len(PERIODS)]
                found = await of(connection, unit, period, as_known)
                counted = naive.count(history.facts[:as_known], unit, period.first, period.last)
                assert dict(found.total.figures) == counted


@SLOW
@given(lives())
async def test_rows_add_up_to_the_parent_whose_own_row_shows_no_move_inside_it(
    connection: Any, history: History
) -> None:
    async with rolled_back(connection):
        await record(connection, history.facts, size=50)
        for unit in UNITS:
            for period in PERIODS:
                found = await of(connection, unit, period)
                for column in COLUMNS:
                    summed = sum(row.figures[column] for row in found.rows)
                    if column not in ("moved_in", "moved_out"):
                        assert summed == found.total.figures[column]
                across = [sum(figures(row, name)[0] for row in found.rows) for name in ("moved_in", "moved_out")]
                net = found.total.figures["moved_in"] - found.total.figures["moved_out"]
                assert across[0] - across[1] == net
                for row in found.rows:
                    assert (await of(connection, row.division, period)).total.figures == row.figures


@SLOW
@given(lives())
async def test_each_number_opens_to_as_many_movements_and_a_period_begins_where_the_last_one_ended(
    connection: Any, history: History
) -> None:
    async with rolled_back(connection):
        await record(connection, history.facts, size=50)
        known = Snapshot(connection, len(history.facts))
        for unit in UNITS:
            period = PERIODS[history.seed % len(PERIODS)]
            found = (await of(connection, unit, period)).total.figures
            for column in COLUMNS:
                listing = behind(known, Division(unit), period, column, Division(s.COUNTY))
                assert len(await listing.page(limit=500)) == found[column]
                assert await listing.count(timedelta(seconds=30)) == found[column]
            before, after = (await of(connection, unit, Period.parse("2017")), await of(connection, unit, YEAR_AFTER))
            assert before.total.figures["closing"] == after.total.figures["opening"]


@SLOW
@given(lives())
async def test_batches_and_orders_of_arrival_write_the_same_balance(connection: Any, history: History) -> None:
    found = []
    for seed, size in ((0, 1), (1, 4), (2, 100)):
        async with rolled_back(connection):
            await record(connection, shuffled(history.facts, history.seed + seed), size)
            found.append([(await of(connection, unit, period)).total.figures for unit in UNITS for period in PERIODS])
    assert found[0] == found[1] == found[2]


async def test_the_sample_county_is_newly_identified_in_its_first_year(connection: Any, feed: s.Feed) -> None:
    await record(connection, feed(*county.lists(), *county.register()))
    first = await of(connection, s.COUNTY, Period.parse("2016"))
    assert figures(first.total, "opening", "identified", "closing") == (0, 941, 941)
    assert len(first.rows) == 8
    after = await of(connection, s.COUNTY, Period.parse("2017"))
    assert figures(after.total, "opening", "identified", "closing") == (941, 0, 941)


async def test_each_way_of_coming_and_leaving_has_its_column(connection: Any, feed: s.Feed) -> None:
    ways = ("identified", "born", "married_in", "moved_in", "correction")
    came = [s.registered(n, WHERE, came=way, as_of=date(2017, 12, 31)) for n, way in enumerate(ways)]
    there = [s.registered(n, WHERE) for n in range(10, 16)]
    gone = [s.left(10 + n, why, "2017") for n, why in enumerate(("died", "married_out", "moved_out", "deregistered"))]
    watched = s.monitored(14, WHERE, as_of=date(2017, 12, 31))
    merged = s.merged(15, 0)
    await record(connection, feed(s.divisions(), *there, *came, *gone, watched, merged))
    row = (await of(connection, WHERE, Period.parse("2017"))).total
    assert dict(row.figures) == {
        "opening": 6, "identified": 1, "born": 1, "married_in": 1, "moved_in": 1, "corrected_in": 1, "died": 1,
        "married_out": 1, "moved_out": 1, "deregistered": 2, "corrected_out": 0, "closing": 6,
    }  # fmt: skip
    after = (await of(connection, WHERE, Period.parse("2018"))).total
    assert figures(after, "opening", "corrected_out", "closing") == (6, 1, 5)


async def test_a_move_stands_in_both_villages_and_cancels_in_the_township_that_holds_both(
    connection: Any, feed: s.Feed
) -> None:
    moves = [s.changed(1, THERE, as_of=date(2017, 6, 30)), s.changed(2, BEYOND, as_of=date(2017, 6, 30))]
    await record(connection, feed(s.divisions(), s.registered(1, WHERE), s.registered(2, WHERE), *moves))
    year = Period.parse("2017-Q2")
    township = await of(connection, s.DANJIANG, year)
    assert {row.division: figures(row, "moved_in", "moved_out") for row in township.rows} == {
        WHERE: (0, 2),
        THERE: (1, 0),
    }
    assert figures(township.total, "opening", "moved_in", "moved_out", "closing") == (2, 0, 1, 1)
    whole = (await of(connection, s.COUNTY, year)).total
    assert figures(whole, "opening", "moved_in", "moved_out", "closing") == (2, 0, 0, 2)


async def test_a_new_code_of_her_village_moves_nobody(connection: Any, feed: s.Feed) -> None:
    await record(connection, feed(s.divisions(), s.registered(1, WHERE), s.changed(1, THERE)))
    row = (await of(connection, s.DANJIANG, Period.parse("2016"))).rows
    assert {each.division: figures(each, "identified", "moved_out", "closing") for each in row} == {
        WHERE: (0, 0, 0),
        THERE: (1, 0, 1),
    }


def test_a_row_that_does_not_balance_is_shown_to_nobody() -> None:
    with pytest.raises(ValueError, match="does not hold"):
        BalanceRow(WHERE, "村", {**dict.fromkeys(COLUMNS, 0), "died": 1})


@pytest.fixture
async def told(connection: Any) -> Sequence[Fact[Contract]]:
    facts = s.Feed()(
        s.divisions(),
        *(s.registered(n, village) for n, village in enumerate(s.VILLAGES, start=1)),
        s.left(1, "died", "2018-05-01"),
        s.changed(2, BEYOND, as_of=date(2018, 12, 31)),
    )
    await record(connection, facts)
    return facts


async def test_the_balance_comes_as_json_and_csv(caller: Caller, told: Sequence[Any]) -> None:
    params = {"division": s.COUNTY, "period": "2018"}
    body = (await caller(s.COUNTY).get("/reports/balance", params=params)).json()
    assert (body["first"], body["last"], body["as_known"]) == ("2018-01-01", "2018-12-31", len(told))
    assert [(row["name"], row["opening"], row["closing"]) for row in body["rows"]] == [
        ("丹江镇", 2, 0),
        ("西江镇", 2, 3),
    ]
    assert (body["total"]["opening"], body["total"]["died"], body["total"]["closing"]) == (4, 1, 3)
    csv = await caller(s.COUNTY).get("/reports/balance", params={**params, "format": "csv"})
    assert csv.text.splitlines()[0] == "\ufeffdivision,name," + ",".join(COLUMNS)
    assert csv.text.splitlines()[-1] == f"{s.COUNTY},雷山县,4,0,0,0,0,0,1,0,0,0,0,3"


async def test_a_number_opens_page_by_page_to_the_events_behind_it(caller: Caller, told: Sequence[Any]) -> None:
    params: dict[str, Any] = {"division": s.COUNTY, "period": "2018", "column": "closing", "limit": 2}
    first = (await caller(s.COUNTY).get("/reports/balance/movements", params=params)).json()
    second = (await caller(s.COUNTY).get(first["next"].removeprefix("/v1"))).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (2, 1, None)
    died = await caller(s.COUNTY).get("/reports/balance/movements", params={**params, "column": "died"})
    (movement,) = died.json()["items"]
    assert (movement["day"], movement["kind"], movement["came_from"]) == ("2018-05-01", "died", WHERE)
    fact = await caller(s.COUNTY).get(f"/facts/{movement['event_id']}")
    assert fact.json()["kind"] == "left"


async def test_a_unit_sees_that_a_woman_moved_away_and_not_where_to(caller: Caller, told: Sequence[Any]) -> None:
    params = {"division": s.DANJIANG, "period": "2018", "column": "moved_out"}
    (movement,) = (await caller(s.DANJIANG).get("/reports/balance/movements", params=params)).json()["items"]
    assert (movement["came_from"], movement["went_to"]) == (THERE, None)
    (above,) = (await caller(s.COUNTY).get("/reports/balance/movements", params=params)).json()["items"]
    assert above["went_to"] == BEYOND
    outside = await caller(s.DANJIANG).get("/reports/balance", params={"division": s.XIJIANG, "period": "2018"})
    assert outside.status_code == 404


@pytest.mark.parametrize("period", ["2018-13", "2018-Q5", "18", "1899", "2018-1", "２０１８"])
async def test_a_period_that_is_none_is_refused_with_the_right_form(
    period: str, caller: Caller, told: Sequence[Any]
) -> None:
    answer = await caller(s.COUNTY).get("/reports/balance", params={"division": s.COUNTY, "period": period})
    assert (answer.status_code, answer.json()["code"]) == (422, "period.bad_form")
    column = {"division": s.COUNTY, "period": "2018", "column": "exited"}
    assert (await caller(s.COUNTY).get("/reports/balance/movements", params=column)).status_code == 422
