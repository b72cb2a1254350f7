"""Registers with planted duplicates: the same woman a second time, as offices really write her a second time."""

from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx

from libs.values.resident_id import check_character
from libs.values.resident_id import sex as sex_of
from tests.integration.registry.books import Row, book, sample_rows
from tests.integration.registry.house import COUNTY, House

KAILI = "522601000000"
IN_KAILI = {"县(市、区、旗)": "凯里市", "乡(镇)": "三棵树镇", "行政村": "平寨村"}
_CODES = count(9_000_000_001)


def women_rows(most: int = 60) -> list[Row]:
    """Rows of women of the sample county, no two of one sound, each in a household of her own."""
    found: dict[str, Row] = {}
    for row in sample_rows():
        if sex_of(row["证件号码"]) == "female":
            found.setdefault(row["姓名"], row)
    return [alone(row) for row in list(found.values())[:most]]


def alone(row: Row, **changes: Any) -> Row:
    """The same person as the only one of a household of another number."""
    code = str(next(_CODES))
    return {**row, "户编号": code, "人编号": f"{code}01", "与户主关系": "户主", "人数": 1, **changes}


def with_digits(resident_id: str, start: int, digits: str) -> str:
    """A sound id with these digits from a place on."""
    body = resident_id[:start] + digits + resident_id[start + len(digits) : 17]
    return body + check_character(body)


def mistyped(resident_id: str) -> str:
    """One digit of the serial number is wrong, as in an old 15-digit id that was made 18."""
    return with_digits(resident_id, 14, str((int(resident_id[14]) + 1) % 10))


def swapped(resident_id: str) -> str:
    """Two neighbours of the area code are swapped."""
    return with_digits(resident_id, 2, resident_id[3] + resident_id[2])


def same_birth(resident_id: str) -> str:
    """Another id of the same birth date: area and serial number differ."""
    return with_digits(with_digits(resident_id, 0, "522601"), 14, "97" + resident_id[16])


def born(resident_id: str, year: int) -> str:
    """An id of another year and serial number."""
    return with_digits(with_digits(resident_id, 6, str(year)), 14, "53" + resident_id[16])


async def take(house: House, rows: list[Row], division: str = COUNTY, as_of: str = "2016年12月31日") -> dict[str, Any]:
    """Import these rows; every one must go in."""
    result = await house.take_in(Path("twins.xlsx"), division, content=book(rows, as_of))
    assert result["totals"]["refused"] == 0, [row for row in result["rows"] if row["outcome"] == "refused"]
    return result


async def scanned(house: House, *, full: bool = False, division: str = COUNTY) -> dict[str, int]:
    """Counts of a scan over the API."""
    async with house.client(division) as client:
        answer = await client.post("/v1/duplicates/scans", json={"full": full})
        totals: dict[str, int] = (await house.result(client, answer))["totals"]
    return totals


async def queue(client: httpx.AsyncClient, **query: Any) -> list[dict[str, Any]]:
    """All pairs that a caller is shown."""
    answer = await client.get("/v1/duplicates", params={"limit": 500, **query})
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def answer_pair(
    client: httpx.AsyncClient, pair: Any, verdict: str, survivor: str | None = None
) -> httpx.Response:
    """Decide or propose on a pair as it is now."""
    seen = (await client.get(f"/v1/duplicates/{pair}")).headers["ETag"]
    body = {"verdict": verdict, "survivor": survivor}
    return await client.post(f"/v1/duplicates/{pair}/decision", json=body, headers={"If-Match": seen})


async def undo_pair(client: httpx.AsyncClient, pair: Any) -> httpx.Response:
    """Take its decision back."""
    seen = (await client.get(f"/v1/duplicates/{pair}")).headers["ETag"]
    return await client.post(f"/v1/duplicates/{pair}/undo", json={}, headers={"If-Match": seen})


async def by_id(house: House) -> dict[str, UUID]:
    """Women by the id they are registered under."""
    rows = await house.runtime.pool.fetch("SELECT woman_id, sealed->>'resident_id' AS sealed FROM women")
    opened = await house.vault.open_many([(row["woman_id"], row["sealed"]) for row in rows])
    return {str(text): row["woman_id"] for row, text in zip(rows, opened, strict=True)}
