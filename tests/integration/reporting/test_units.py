"""Units and households move and change names; what was known before stays as it was."""

from typing import Any

from pydantic import SecretStr

from libs.events.contracts.registry import DivisionsListed
from libs.values.division import Division
from services.reporting.projections.match import match_report
from services.reporting.settings import ReportingSettings
from tests.integration.reporting import samples as s
from tests.integration.reporting.conftest import Caller, record

NOW = 10**9


def renamed(*without: str) -> DivisionsListed:
    """The county's list with new names of villages, and some units gone."""
    kept = [item for item in s.divisions().divisions if item.code not in without]
    listed = tuple(item.model_copy(update={"name": f"新{item.name}"}) for item in kept)
    return s.divisions().model_copy(update={"divisions": listed})


async def test_a_later_list_of_the_county_replaces_the_earlier(connection: Any, feed: s.Feed) -> None:
    await record(connection, feed(s.divisions(), s.registered(1), renamed(s.XIJIANG)), size=1)
    now = await match_report(connection, Division(s.COUNTY), NOW)
    assert (now.name, [row.name for row in now.rows]) == ("新雷山县", ["新丹江镇"])
    before = await match_report(connection, Division(s.COUNTY), 2)
    assert [row.name for row in before.rows] == ["丹江镇", "西江镇"]


async def test_units_that_no_list_names_still_count_under_their_codes(connection: Any, feed: s.Feed) -> None:
    await record(connection, feed(s.registered(1), s.household(1)))
    found = await match_report(connection, Division(s.COUNTY), NOW)
    assert [(row.division, row.name) for row in found.rows] == [(s.DANJIANG, s.DANJIANG)]
    assert (found.total.figures["population"], found.total.figures["households"]) == (1, 1)


async def test_a_household_that_moves_counts_in_its_new_village(connection: Any, feed: s.Feed) -> None:
    await record(connection, feed(s.household(1, s.VILLAGES[0])))
    await record(connection, feed(s.household_moved(1, s.VILLAGES[2])))
    for as_known, expected in ((1, [1, 0]), (2, [0, 1])):
        townships = [await match_report(connection, Division(code), as_known) for code in (s.DANJIANG, s.XIJIANG)]
        assert [each.total.figures["households"] for each in townships] == expected


async def test_a_web_process_without_consumers_sees_how_far_the_offsets_go(
    runtime: Any, caller: Caller, connection: Any
) -> None:
    await connection.execute(
        "INSERT INTO offsets (consumer, log_id, partition, number, at) "
        "VALUES ('reporting.registry', gen_random_uuid(), 0, 2, now())"
    )
    fresh = (await caller(s.COUNTY).get("/freshness")).json()["freshness"]
    assert (fresh["registry"]["number"], fresh["training"]) == (2, {"number": 0, "at": None})
    assert await runtime.wait_consumed("reporting.registry", 2, 0)
    assert not await runtime.wait_consumed("reporting.registry", 3, 0.2)


async def test_an_unknown_unit_is_not_found(caller: Caller, connection: Any, feed: s.Feed) -> None:
    await record(connection, feed(s.divisions()))
    nation = caller("000000000000")
    for code, status in ((s.COUNTY, 200), ("110101000000", 404), ("000000000000", 200), ("52263400000x", 422)):
        assert (await nation.get("/reports/match", params={"division": code})).status_code == status


def test_sources_are_the_publishers_whose_dsn_is_set() -> None:
    assert ReportingSettings(registry_dsn=SecretStr("postgresql:///registry")).sources == {
        "registry": "postgresql:///registry"
    }
