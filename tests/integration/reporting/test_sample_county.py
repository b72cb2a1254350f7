"""The figures that the sample county must reach (tests/data of the register and two rosters)."""

import asyncpg
import pytest

from libs.values.division import Division
from services.reporting.domain.report import MatchReport
from services.reporting.projections.match import match_report
from tests.integration.reporting import county
from tests.integration.reporting.conftest import record
from tests.integration.reporting.samples import COUNTY, Feed

AT_ONCE = {
    "永乐镇": 14,
    "大塘镇": 11,
    "望丰乡": 10,
    "丹江镇": 6,
    "郎德镇": 6,
    "方祥乡": 4,
    "西江镇": 3,
    "达地水族乡": 3,
}
WOMEN = {
    "大塘镇": (125, 194), "永乐镇": (105, 187), "丹江镇": (105, 150), "西江镇": (82, 132), "望丰乡": (66, 93),
    "郎德镇": (51, 84), "达地水族乡": (39, 61), "方祥乡": (27, 40),
}  # fmt: skip


async def report(connection: "asyncpg.Connection[asyncpg.Record]", as_known: int = 10**9) -> MatchReport:
    return await match_report(connection, Division(COUNTY), as_known)


async def test_the_county_reaches_its_figures(connection: "asyncpg.Connection[asyncpg.Record]", feed: Feed) -> None:
    await record(connection, feed(*county.register(), *county.lists()))
    before = await report(connection)
    assert dict(before.total.figures) == {
        "households": 600, "population": 941, "exited": 382, "not_exited": 559, "baseline_exited": 382, "lifted": 0,
        "returned": 17, "matched": 0, "matched_exited": 0, "matched_not_exited": 0, "unmatched": 559,
        "able_adults": 341, "unmatched_able_adults": 341, "monitored": 0, "girls": 90, "unmatched_girls": 90,
        "pupils": 12, "unmatched_pupils": 12, "adults_without_labour": 52, "unmatched_adults_without_labour": 52,
        "elders": 64, "unmatched_elders": 64,
    }  # fmt: skip
    assert {row.name: (row.figures["households"], row.figures["population"]) for row in before.rows} == WOMEN

    rosters = [("roster-training", 1), ("roster-training-signin", 2)]
    await record(connection, feed(*(fact for name, n in rosters for fact in county.roster(name, n, by_hand=False))))
    at_once = await report(connection)
    assert matched(at_once) == (57, 21, 36, 523, 307)
    assert {row.name: row.figures["matched"] for row in at_once.rows} == AT_ONCE
    training = at_once.total.measures["training"]
    assert (training.women, training.times, training.measures, training.fen) == (57, 59, 2, 0)

    await record(connection, feed(*(fact for name, n in rosters for fact in county.roster(name, n, by_hand=True))))
    assert matched(await report(connection)) == (65, 26, 39, 520, 305)


def matched(found: MatchReport) -> tuple[int, ...]:
    columns = ("matched", "matched_exited", "matched_not_exited", "unmatched", "unmatched_able_adults")
    return tuple(found.total.figures[column] for column in columns)


@pytest.mark.parametrize("code", ["000000000000", "520000000000", "522600000000", "522634102000"])
async def test_every_level_adds_up_to_its_parent(
    code: str, connection: "asyncpg.Connection[asyncpg.Record]", feed: Feed
) -> None:
    await record(connection, feed(*county.lists(), *county.register()))
    await record(connection, feed(*county.roster("roster-training", 1, by_hand=False)))
    found = await match_report(connection, Division(code), 10**9)
    for column in found.total.figures:
        assert found.total.figures[column] == sum(row.figures[column] for row in found.rows)
    parent = await match_report(connection, Division(code).parent or Division(code), 10**9)
    own = next((row for row in parent.rows if row.division == code), parent.total)
    assert own.figures == found.total.figures
    assert own.measures == found.total.measures
