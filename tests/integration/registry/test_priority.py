"""Who needs it most comes first: by state, by income per head, by fewest measures, inside the caller's units only."""

from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from libs.events.contract import Contract, Fact
from services.registry.consumers import measures
from tests.integration.registry.books import Row, book, rows_of
from tests.integration.registry.house import COUNTY, DANJIANG, XIJIANG, House
from tests.integration.reporting import samples as training

CLASSES = {"returned": 0, "not_exited": 1, "pre_exit": 1, "monitored": 2, "exited": 3}


async def walked(client: httpx.AsyncClient, limit: int, **query: Any) -> list[dict[str, Any]]:
    """All pages of the list."""
    found: list[dict[str, Any]] = []
    address: str | None = "/v1/women"
    params: dict[str, Any] | None = {"limit": limit, "order": "priority", **query}
    while address:
        page = (await client.get(address, params=params)).raise_for_status().json()
        found += page["items"]
        address, params = page["next"], None
    return found


def naive(woman: dict[str, Any]) -> tuple[int, bool, int, int, str]:
    """Her place counted from what the row itself says."""
    rank = woman["priority"]
    fen = rank["income_fen"]
    return (CLASSES[woman["status"]], fen is None, fen or 0, rank["measures_so_far"], woman["woman_id"])


async def projected(house: House) -> None:
    xid = await house.runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    for name in ("women", "incomes"):
        assert await house.runtime.wait_projected(xid, name, 30)


async def tell(house: House, *bodies: Contract) -> None:
    """Training published these."""
    facts: list[Fact[Any]] = training.Feed()(*bodies)
    async with house.runtime.pool.acquire() as connection, connection.transaction():
        await measures.apply(connection, facts)


async def test_the_county_stands_poorest_first_over_all_pages(registered: House) -> None:
    await projected(registered)
    async with registered.client() as client:
        found = await walked(client, 100)
        plain = (await client.get("/v1/women", params={"limit": 500})).json()["items"]
        assert len(found) == len({woman["woman_id"] for woman in found}) == 941
        assert [naive(woman) for woman in found] == sorted(naive(woman) for woman in found)
        assert {woman["status"] for woman in found[:17]} == {"returned"}
        assert {woman["status"] for woman in found[-382:]} == {"exited"}
        ranked = {woman["woman_id"]: woman for woman in found}
        assert all(ranked[woman["woman_id"]] == woman for woman in plain)
        count = await client.get("/v1/women", params={"order": "priority", "limit": 1, "count": "exact"})
        assert count.json()["count"] == 941


async def test_a_township_sees_its_own_women_in_that_order_and_nobody_else(registered: House) -> None:
    await projected(registered)
    async with registered.client(XIJIANG) as client:
        found = await walked(client, 50)
        assert {woman["division"][:9] for woman in found} == {XIJIANG[:9]}
        assert len(found) == 132
        outside = await client.get("/v1/women", params={"order": "priority", "division": DANJIANG})
        assert outside.status_code == 404
        bad = await client.get("/v1/women", params={"order": "poorest"})
        assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/order")


def incomes(row: Row) -> None:
    """Two of the households with one income, the others with none."""
    row["人均纯收入"] = "2310" if row["户编号"] in FEW else None
    row["脱贫属性"] = "未脱贫"


ROWS = rows_of("西江镇", 40)
FEW = list(dict.fromkeys(row["户编号"] for row in ROWS))[:2]


async def test_unknown_income_comes_after_known_and_is_said(house: House) -> None:
    await house.take_in(Path("a.xlsx"), COUNTY, content=book(ROWS, change=incomes))
    await projected(house)
    async with house.client() as client:
        found = await walked(client, 20)
        client.headers["Accept-Language"] = "en"
        english = await walked(client, 1)
    known = [woman["priority"]["income_fen"] for woman in found]
    assert None in known
    assert 231_000 in known
    assert known == sorted(known, key=lambda fen: fen is None)
    assert found[0]["priority"]["explained"] == "未脱贫；人均纯收入2,310.00元（2016年）；已享受措施0项"
    assert found[-1]["priority"]["explained"] == "未脱贫；人均纯收入未知，排在同类已知收入之后；已享受措施0项"
    first = english[0]["priority"]["explained"]
    assert first == "not out of poverty; income per head 2,310.00 yuan (2016); 0 measures so far"


async def test_measures_put_a_woman_behind_her_equals_until_they_are_void(house: House) -> None:
    await house.take_in(Path("a.xlsx"), COUNTY, content=book(ROWS, change=incomes))
    await projected(house)
    async with house.client() as client:
        first, second = (UUID(woman["woman_id"]) for woman in (await walked(client, 50))[:2])
        there = training.attended(1).model_copy(update={"woman_id": first})
        await tell(house, there, there)
        after = await walked(client, 50)
        assert [woman["priority"]["measures_so_far"] for woman in after if woman["woman_id"] == str(first)] == [1]
        assert after[0]["woman_id"] == str(second)
        void = training.withdrawn(1).model_copy(update={"woman_id": first})
        await tell(house, training.attended(2), there, void)
        assert (await walked(client, 50))[0]["woman_id"] == str(first)


async def test_what_was_done_for_a_merged_record_counts_for_her_and_comes_back_with_an_unmerge(house: House) -> None:
    await house.take_in(Path("a.xlsx"), COUNTY, content=book(ROWS, change=incomes))
    await projected(house)
    async with house.client() as client:
        stays, goes = (UUID(woman["woman_id"]) for woman in (await walked(client, 50))[:2])
        bodies = [training.attended(1, course).model_copy(update={"woman_id": goes}) for course in (1, 2)]
        await tell(house, *bodies, training.attended(1, 2).model_copy(update={"woman_id": stays}))
        (await house.decide(client, goes, "merge", {"into": str(stays)})).raise_for_status()
        await projected(house)
        assert await so_far(client, stays) == 2
        (await house.decide(client, goes, "unmerge", {"into": str(stays)})).raise_for_status()
        await projected(house)
        assert (await so_far(client, stays), await so_far(client, goes)) == (1, 2)


async def so_far(client: httpx.AsyncClient, woman: UUID) -> int:
    answer = (await client.get(f"/v1/women/{woman}")).raise_for_status().json()
    found: int = answer["priority"]["measures_so_far"]
    return found


async def test_pages_keep_their_order_while_nobody_changes(registered: House) -> None:
    await projected(registered)
    async with registered.client(DANJIANG) as client:
        few, many = await walked(client, 7), await walked(client, 500)
    assert [woman["woman_id"] for woman in few] == [woman["woman_id"] for woman in many]
    assert all(naive(one) < naive(other) for one, other in pairwise(few))
