"""Everything training holds about one woman, for the copy she asks for: in clear, for her county, with a reason."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx

from libs.events.contracts.registry import WomanMerged
from tests.integration.training.house import COUNTY, House
from tests.integration.training.test_courses import WOMEN, enrol, opened

HER, OTHER, SEATED, STRANGER = WOMEN[:4]
FOREIGN = "522601000000"
BODY = {"reason": "access_request"}


async def record(client: httpx.AsyncClient, woman: UUID, body: dict[str, str] = BODY) -> httpx.Response:
    return await client.post(f"/v1/women/{woman}/record", json=body)


async def of_classes(house: House) -> tuple[UUID, UUID]:
    """A class she attended with a certificate, and a full one for which she waits beside a stranger."""
    async with house.client() as client:
        held, full = await opened(client), await opened(client, capacity=1, place="西江镇")
        await enrol(client, held, HER)
        await enrol(client, full, SEATED)
        seen = await house.enrolment_seen(client, held, HER)
        days = {"woman_id": str(HER), "days": 9, "result": "合格", "certificate": "GZ-2030-7"}
        await client.post(f"/v1/courses/{held}/attendance", json=days, headers=seen)
        for woman in (HER, STRANGER):
            await client.post(f"/v1/courses/{full}/waitlist", json={"woman_id": str(woman)})
    await house.projected()
    return held, full


def said(found: httpx.Response) -> dict[str, Any]:
    """The last event of each kind."""
    assert found.status_code == 200, found.text
    return {each["kind"]: each for each in found.json()["timeline"]}


async def test_her_classes_and_waiting_are_told_in_clear_and_nobody_elses(house: House) -> None:
    held, full = await of_classes(house)
    async with house.client(role="federation") as client:
        found = await record(client, HER)
        told = said(found)
        assert told["attendance-recorded"]["says"] == {"certificate": "GZ-2030-7"}
        assert (told["attendance-recorded"]["body"]["course_id"], told["woman-queued"]["body"]["course_id"]) == (
            str(held),
            str(full),
        )
        assert str(STRANGER) not in found.text
        assert str(SEATED) not in found.text
        assert found.headers["Cache-Control"] == "no-store"


async def test_after_a_merge_the_copy_holds_both_records(house: House) -> None:
    await of_classes(house)
    await house.told([WomanMerged(merged_id=HER, survivor_id=OTHER, on=date(2030, 2, 1))], 90)
    async with house.client(role="federation") as client:
        for asked in (HER, OTHER):
            found = await record(client, asked)
            assert set(found.json()["records"]) == {str(HER), str(OTHER)}
            assert "attendance-recorded" in said(found)


async def test_it_is_for_the_county_needs_a_reason_and_is_kept_in_the_trail(house: House) -> None:
    async with house.client(role="federation") as client:
        assert (await record(client, HER, {})).json()["code"] == "access.reason_missing"
        assert (await record(client, HER)).json()["timeline"] == []
        assert (await record(client, UUID(int=9))).status_code == 404
    async with house.client() as cadre, house.client(FOREIGN, "federation") as foreign:
        assert (await record(cadre, HER)).status_code == 403
        assert (await record(foreign, HER)).status_code == 404
    rows = await house.runtime.pool.fetch("SELECT * FROM audit_trail WHERE action = 'women.copied'")
    assert (f"federation-{COUNTY}", "access_request") in [(row["actor"], row["reason"]) for row in rows]
