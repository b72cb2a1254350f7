"""Applications for one course at a steady rate, with five hundred women on its waiting list.

Each application has its moment and its waiting counts from there, whether or not the one before was answered.
"""

import asyncio
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx

from bench.figure import figure, percentile
from bench.product import DIVISIONS, shown, upload
from bench.running import COUNTY, DEMO, product
from jinguo.seed.files import write_register
from jinguo.seed.people import Spec
from jinguo.seed.villages import areas_from, villages_of

COURSE: Final = {
    "title": "家政服务培训班", "trade": "家政服务", "organiser": "雷山县妇女联合会",
    "first_day": "2040-03-01", "last_day": "2040-03-10", "place": "丹江镇", "days": 10,
}  # fmt: skip
SEATS: Final = 30
WAITING: Final = 500
A_SECOND: Final = 200
SECONDS: Final = 10
WOMEN: Final = SEATS + WAITING + A_SECOND * SECONDS


async def enrolment() -> list[str]:
    """Waiting time of an application; and that nobody is oversold a seat."""
    async with product() as running, running.client() as client:
        women = iter(await _women(client))
        answer = await client.post("/training/v1/courses", json=COURSE | {"capacity": SEATS}, headers=_key())
        course = answer.raise_for_status().json()["id"]
        outcomes = [await _apply(client, course, woman) for woman in islice(women, SEATS + WAITING)]
        assert outcomes.count("waiting") == WAITING, outcomes
        waits: list[float] = []
        began = time.monotonic()
        tasks = []
        for index, woman in enumerate(islice(women, A_SECOND * SECONDS)):
            due = began + index / A_SECOND
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            tasks.append(asyncio.create_task(_timed(client, course, woman, due, waits)))
        outcomes = await asyncio.gather(*tasks)
        rate = len(waits) / (time.monotonic() - began)
        seats = (await client.get(f"/training/v1/courses/{course}")).json()["participants"]
        assert (seats, set(outcomes)) == (SEATS, {"waiting"})
    return [
        figure("enrolment_p99", percentile(waits, 99) * 1_000, f"ms at {rate:.0f}/s", 50, "<"),
        figure("enrolment_median", percentile(waits, 50) * 1_000, "ms", 50, "<"),
    ]


async def _women(client: httpx.AsyncClient) -> list[str]:
    await upload(client, "/registry/v1/divisions/imports", DIVISIONS)
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-") as folder:
        spec = Spec(round(WOMEN * 1.1), villages_of(DEMO / DIVISIONS, [COUNTY]), areas_from(COUNTY), 1)
        register = write_register(spec, 2016, Path(folder))
        result = await upload(client, "/registry/v1/imports", register.name, register)
    await shown(client, "registry", result["published"]["number"])
    found: list[str] = []
    address: str | None = "/registry/v1/women?limit=500"
    while address and len(found) < WOMEN:
        page = (await client.get(address)).raise_for_status().json()
        found += [woman["woman_id"] for woman in page["items"]]
        address = page["next"]
    return found


async def _apply(client: httpx.AsyncClient, course: str, woman: str) -> str:
    address = f"/training/v1/courses/{course}/applications"
    answer = await client.post(address, json={"woman_id": woman}, headers=_key())
    outcome: str = answer.raise_for_status().json()["outcome"]
    return outcome


async def _timed(client: httpx.AsyncClient, course: str, woman: str, due: float, waits: list[float]) -> str:
    outcome = await _apply(client, course, woman)
    waits.append(time.monotonic() - due)
    return outcome


def _key() -> dict[str, Any]:
    return {"Idempotency-Key": str(uuid4())}


CASES = {"enrolment": enrolment}
