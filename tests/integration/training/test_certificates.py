"""Certificates: one woman a number, whoever asks first; who has none is due; numbers in clear for a reason only."""

import asyncio
from datetime import date
from typing import Any
from uuid import UUID

import httpx

from libs.events.contracts.registry import WomanErased, WomanMerged
from services.training.domain.keys import enrolment_id
from services.training.projections.certificates import DUE
from tests.integration.training.house import COUNTY, House
from tests.integration.training.test_courses import WOMEN
from tests.integration.training.test_follow_ups import HER, HOMES, OTHER, held
from tests.integration.training.test_record import record, said

PAPER = {"kind": "training", "issuer": "雷山县人社局", "issued_on": "2017-06-01", "certificate_number": "GZ-2017-001"}


async def issue(client: httpx.AsyncClient, course: UUID, woman: UUID, **changes: Any) -> httpx.Response:
    body = PAPER | {"enrolment_id": str(enrolment_id(course, woman))} | changes
    return await client.post("/v1/certificates", json=body)


async def due(client: httpx.AsyncClient, **query: str) -> list[UUID]:
    found = await client.get("/v1/certificates/due", params=query)
    assert found.status_code == 200, found.text
    return [UUID(row["woman_id"]) for row in found.json()["items"]]


async def listed(client: httpx.AsyncClient, course: UUID, **query: str) -> list[dict[str, Any]]:
    found = await client.get("/v1/certificates", params={"course_id": str(course), **query})
    assert found.status_code == 200, found.text
    items: list[dict[str, Any]] = found.json()["items"]
    return items


async def test_who_passed_is_due_until_her_certificate_is_written_down(house: House) -> None:
    async with held(house, HER, OTHER) as (client, course):
        assert set(await due(client)) == {HER, OTHER}
        assert await due(client, until="2017-05-16") == []
        made = await issue(client, course, HER)
        assert made.status_code == 201, made.text
        await house.projected()
        assert await due(client) == [OTHER]
        (row,) = await listed(client, course)
        assert (row["certificate_number"], row["kind"], row["woman_id"]) == ("********001", "training", str(HER))
        refused = await client.get("/v1/certificates", params={"course_id": str(course), "clear": "true"})
        assert refused.json()["code"] == "access.reason_missing"
        (clear,) = await listed(client, course, clear="true", reason="handover")
        assert clear["certificate_number"] == "GZ-2017-001"
        taken_back = await client.post(
            f"/v1/certificates/{row['certificate_id']}/withdraw", headers={"If-Match": f'"{row["version"]}"'}
        )
        assert taken_back.status_code == 200, taken_back.text
        await house.projected()
        assert (set(await due(client)), await listed(client, course)) == ({HER, OTHER}, [])


async def test_of_two_women_with_one_number_at_once_one_has_it(house: House) -> None:
    async with held(house, HER, OTHER) as (client, course):
        spaced = {"certificate_number": "gz-2017-001 ", "issuer": "雷山县 人社局"}
        answers = await asyncio.gather(issue(client, course, HER), issue(client, course, OTHER, **spaced))
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        (refused,) = [answer for answer in answers if answer.status_code == 409]
        assert refused.json()["code"] == "training.certificate_taken"
        assert not any(str(woman) in refused.text for woman in (HER, OTHER))
        other_issuer = await issue(client, course, OTHER, issuer="州人社局")
        assert other_issuer.status_code == 201


async def test_after_a_merge_a_certificate_of_either_record_is_hers(house: House) -> None:
    async with held(house, HER, OTHER) as (client, course):
        assert (await issue(client, course, HER)).status_code == 201
        await house.projected()
        await house.told([WomanMerged(merged_id=HER, survivor_id=OTHER, on=date(2017, 9, 1))], 90)
        assert await due(client) == []
        assert {row["woman_id"] for row in await listed(client, course)} == {str(OTHER)}
        assert (await issue(client, course, OTHER)).status_code == 201, "it is her own number"


async def test_a_number_is_in_her_copy_and_nowhere_in_clear_and_goes_with_her_key(house: House) -> None:
    async with held(house, HER) as (client, course):
        await issue(client, course, HER)
        await house.projected()
        assert said(await record(client, HER))["certificate-issued"]["says"] == {"number": "GZ-2017-001"}
        sql = "SELECT data::text AS said FROM events UNION ALL SELECT number FROM certificates"
        assert all("GZ-2017" not in row["said"] for row in await house.runtime.pool.fetch(sql))
        await house.runtime.vault.erase(HER)
        (row,) = await listed(client, course, clear="true", reason="handover")
        assert row["certificate_number"] is None
        await house.told([WomanErased(woman_id=HER)], 90)
        assert await listed(client, course) == []


async def test_a_number_that_passed_to_another_is_in_each_copy_as_her_own_only(house: House) -> None:
    async with held(house, HER, OTHER) as (client, course):
        made = await issue(client, course, HER)
        address = f"/v1/certificates/{made.json()['id']}/withdraw"
        await house.projected()
        assert (await client.post(address, headers={"If-Match": '"1"'})).status_code == 200
        assert (await issue(client, course, OTHER)).status_code == 201
        await house.projected()
        copies = {woman: await record(client, woman) for woman in (HER, OTHER)}
        kinds = {woman: [each["kind"] for each in copy.json()["timeline"]] for woman, copy in copies.items()}
        assert kinds[HER][-2:] == ["certificate-issued", "certificate-withdrawn"]
        assert kinds[OTHER][-1] == "certificate-issued"
        assert "certificate-withdrawn" not in kinds[OTHER]
        assert [str(other) in copies[woman].text for woman, other in ((HER, OTHER), (OTHER, HER))] == [False, False]


async def test_a_village_writes_down_and_sees_those_of_its_own_women_only(house: House) -> None:
    far = next(woman for woman in WOMEN if HOMES[woman] != HOMES[HER])
    async with held(house, HER, far) as (client, course):
        await issue(client, course, far)
        await house.projected()
        (theirs,) = await listed(client, course)
        async with house.client(HOMES[HER]) as village:
            assert (await due(village), await listed(village, course)) == ([HER], [])
            foreign = await issue(village, course, far, certificate_number="GZ-2")
            assert (foreign.status_code, foreign.json()["code"]) == (404, "training.enrolment_not_found")
            address = f"/v1/certificates/{theirs['certificate_id']}/withdraw"
            answer = await village.post(address, headers={"If-Match": '"1"'})
            assert (answer.status_code, answer.json()["code"]) == (404, "training.certificate_not_found")


async def test_the_list_of_who_is_due_begins_at_the_unit_and_looks_up_each_woman(house: House) -> None:
    async with house.runtime.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        scope = (COUNTY, COUNTY[:6] + "9" * 6)
        rows = await connection.fetch(
            f"EXPLAIN {DUE}", *scope, date(2017, 8, 1), COUNTY[:-1], date.min, UUID(int=0), 50
        )
        plan = "\n".join(row[0] for row in rows)
    assert "women_place" in plan
    assert "passed_enrolments_woman" in plan
    assert "Seq Scan" not in plan
