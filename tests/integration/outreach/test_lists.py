"""The list of who came: women of the caller's units by id, once each, and what it says of reach."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx

from libs.events.contracts import registry
from tests.integration.outreach.conftest import ALSO, DANJIANG, ELSEWHERE, HERE, THERE, XIJIANG
from tests.integration.outreach.test_activities import held, planned, reported
from tests.support.part_house import COUNTY, PartHouse


async def kept(client: httpx.AsyncClient, address: str, *add: UUID, strike: tuple[UUID, ...] = ()) -> httpx.Response:
    body = {"add": [{"woman_id": str(each)} for each in add], "strike": [str(each) for each in strike]}
    return await client.post(f"{address}/women", json=body)


async def listed(house: PartHouse, address: str, division: str = COUNTY) -> list[str]:
    await house.projected()
    async with house.client(division) as client:
        return [row["woman_id"] for row in (await client.get(f"{address}/women")).json()["items"]]


async def reach(house: PartHouse, division: str = COUNTY, **query: Any) -> dict[str, tuple[int, int, int]]:
    """Unit → registered, reached (人), and women's 人次."""
    await house.projected()
    async with house.client(division) as client:
        answer = await client.get("/v1/reach", params={"period": "2017", **query})
        assert answer.status_code == 200, answer.text
        rows = [*answer.json()["rows"], answer.json()["whole"] | {"division": "whole"}]
    names = ("registered_women", "reached_women", "women_attendances")
    return {row["division"]: tuple(row[name] for name in names) for row in rows}


async def test_a_woman_is_named_once_and_told_by_her_id_and_struck_off_again(house: PartHouse) -> None:
    async with house.client() as client:
        address = await reported(client, DANJIANG)
        assert (await kept(client, address, HERE, THERE)).status_code == 200
        assert (await kept(client, address, HERE)).json()["version"] == 4
        assert await listed(house, address) == [str(HERE), str(THERE)]
        assert await listed(house, address, XIJIANG) == [str(THERE)]
        assert (await kept(client, address, strike=(THERE,))).status_code == 200
    told = await house.published("outreach.woman-reached.v1")
    assert [(fact["woman_id"], fact["division"], fact["sessions"]) for fact in told] == [
        (str(HERE), "522634100200", 1), (str(THERE), "522634101200", 1),
    ]  # fmt: skip
    (gone,) = await house.published("outreach.reach-withdrawn.v1")
    assert gone["woman_id"] == str(THERE)


async def test_only_women_of_the_callers_units_and_only_after_it_was_held(house: PartHouse) -> None:
    async with house.client() as client:
        plan = (await planned(client)).headers["Location"]
        assert (await kept(client, plan, HERE)).json()["code"] == "outreach.not_held"
        address = (await held(client)).headers["Location"]
        for nobody in (ELSEWHERE, UUID(int=99)):
            answer = await kept(client, address, nobody)
            assert (answer.status_code, answer.json()["code"]) == (404, "outreach.woman_not_found")
        assert (await kept(client, address, THERE)).status_code == 200
    async with house.client(DANJIANG, "cadre") as client:
        assert (await kept(client, address, HERE)).status_code == 200, "an activity of the county takes her, too"
        assert (await kept(client, address, strike=(THERE,))).status_code == 404
    async with house.client("522635000000") as client:
        assert (await kept(client, address, ELSEWHERE)).status_code == 404


async def test_whose_data_may_only_be_stored_is_put_on_no_list(house: PartHouse) -> None:
    restricted = registry.ProcessingRestricted(woman_id=HERE, **RESTRICTED)
    await house.tell(restricted)
    async with house.client() as client:
        address = (await held(client)).headers["Location"]
        assert (await kept(client, address, HERE)).json()["code"] == "outreach.woman_restricted"


RESTRICTED: dict[str, Any] = {
    "division": "522634100200",
    "ground": "she_asked",
    "on": date(2018, 1, 1),
    "since": date(2018, 1, 1),
}


async def test_reach_counts_a_woman_once_and_attendances_apart(house: PartHouse) -> None:
    async with house.client() as client:
        for topic in ("policy", "screening"):
            address = await reported(client, DANJIANG, topic=topic)
            assert (await kept(client, address, HERE)).status_code == 200
        before = await reported(client, XIJIANG, first_day="2016-07-03", last_day="2016-07-03")
        assert (await kept(client, before, THERE)).status_code == 200
    found = await reach(house)
    assert found == {DANJIANG: (2, 1, 336), XIJIANG: (1, 0, 0), "whole": (3, 1, 336)}
    assert (await reach(house, topic="screening"))[DANJIANG] == (2, 1, 168)
    assert (await reach(house, period="2016"))[XIJIANG] == (1, 1, 168)
    below = {DANJIANG: (0, 0, 336), "522634100200": (1, 1, 0), "522634100201": (1, 0, 0), "whole": (2, 1, 336)}
    assert await reach(house, DANJIANG) == below
    async with house.client(DANJIANG) as client:
        assert (await client.get("/v1/reach", params={"period": "2017", "division": XIJIANG})).status_code == 404


async def test_two_records_of_one_woman_are_reached_once_and_who_left_is_not_counted(house: PartHouse) -> None:
    async with house.client() as client:
        address = await reported(client, DANJIANG)
        await kept(client, address, HERE, ALSO, THERE)
        await house.tell(registry.WomanMerged(merged_id=ALSO, survivor_id=HERE, on=date(2018, 1, 1)))
        assert (await reach(house))["whole"] == (2, 2, 168)
        assert await listed(house, address) == [str(HERE), str(THERE)]
        assert (await kept(client, address, HERE)).status_code == 200
        assert (await reach(house))["whole"] == (2, 2, 168)
        await house.tell(registry.WomanLeft(woman_id=THERE, **LEFT))
        assert (await reach(house))["whole"] == (1, 1, 168)


LEFT: dict[str, Any] = {"division": "522634101200", "why": "died", "valid": "2018-01-05", "source": "register"}


async def test_her_copy_holds_the_lists_on_which_any_of_her_records_stands(house: PartHouse) -> None:
    async with house.client() as client:
        address = await reported(client, DANJIANG)
        await kept(client, address, ALSO)
        await house.tell(registry.WomanMerged(merged_id=ALSO, survivor_id=HERE, on=date(2018, 1, 1)))
        await house.projected()
        copy = await client.post(f"/v1/women/{HERE}/record", json={"reason": "她申请查阅复制"})
        assert copy.status_code == 200, copy.text
        assert copy.json()["records"] == [str(HERE), str(ALSO)]
        assert [each["title"] for each in copy.json()["lists"]] == ["政策宣讲"]
        assert (await client.post(f"/v1/women/{ELSEWHERE}/record", json={"reason": "她申请查阅"})).status_code == 404


async def test_a_cancelled_activity_reaches_nobody(house: PartHouse) -> None:
    async with house.client() as client:
        address = await reported(client, DANJIANG)
        answer = await kept(client, address, HERE)
        body, headers = {"reason": "mistake"}, {"If-Match": answer.headers["ETag"]}
        assert (await client.post(f"{address}/cancellation", json=body, headers=headers)).status_code == 200
    assert (await reach(house))["whole"] == (3, 0, 0)
    assert len(await house.published("outreach.reach-withdrawn.v1")) == 1
