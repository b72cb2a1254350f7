"""Reporting as it runs: two publishers' logs in, figures out, and a wait that ends when a number is read."""

from typing import Any

from libs.events.runtime import Runtime
from services.reporting.consumers import CONSUMERS
from services.reporting.worker import MIGRATIONS
from tests.conftest import MakeDatabase
from tests.integration.reporting import county
from tests.integration.reporting import samples as s
from tests.integration.reporting.conftest import Caller
from tests.integration.reporting.publisher import publish


async def test_facts_of_two_publishers_become_the_county_figures(
    runtime: Runtime, caller: Caller, make_database: MakeDatabase, feed: s.Feed
) -> None:
    registry = feed(*county.lists(), *county.register())
    rosters = [("roster-training", 1), ("roster-training-signin", 2)]
    training = feed(*(each for name, course in rosters for each in county.roster(name, course, by_hand=False)))
    sources = {each.source: await make_database(MIGRATIONS) for each in CONSUMERS}
    await publish(sources["registry"], registry)
    await publish(sources["training"], training)
    client = caller(s.COUNTY)
    await runtime.start(sources)
    for source, facts in {"registry": registry, "training": training}.items():
        wait: dict[str, Any] = {"source": source, "number": len(facts), "wait": 30}
        assert (await client.get("/freshness", params=wait)).status_code == 200
    body = (await client.get("/reports/match", params={"division": s.COUNTY})).json()
    total = body["total"]
    assert [total[name] for name in ("population", "matched", "unmatched", "unmatched_able_adults")] == [
        941, 57, 523, 307,
    ]  # fmt: skip
    assert body["as_known"] == len(registry) + len(training)
    assert {source: read["number"] for source, read in body["freshness"].items()} == {
        "registry": len(registry),
        "training": len(training),
        "outreach": 0,
    }
