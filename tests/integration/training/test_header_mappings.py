"""A roster under an office's own headings: confirmed once for a county, read by its townships too."""

import io
from typing import Any

import openpyxl

from tests.integration.training.house import COUNTY, House
from tests.unit.training.leishan import REGISTER

TOWNSHIP = "522634101000"
PAIRS = [{"heading": "妇女", "column": "姓名"}, {"heading": "身份", "column": "身份证号码"}]
OF = {"kind": "roster"}


def renamed() -> bytes:
    """The sample roster under other headings."""
    workbook = openpyxl.load_workbook(REGISTER)
    ours = {pair["column"]: pair["heading"] for pair in PAIRS}
    for sheet in workbook:
        for row in sheet.iter_rows(max_row=10):
            for cell in row:
                if cell.value in ours:
                    cell.value = ours[cell.value]
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


async def tried(house: House, division: str, **query: str) -> dict[str, Any]:
    """The job of a dry run when it has ended, as its sender sees it."""
    params = {"filename": "r.xlsx", "dry_run": "true", **query}
    async with house.client(division) as client:
        return await house.job(client, await client.post("/v1/imports", params=params, content=renamed()))


async def test_a_cadre_confirms_the_headings_of_a_roster_once(house: House) -> None:
    lost = await tried(house, COUNTY)
    assert lost["error"]["code"].startswith("roster.")
    columns = [each["column"] for each in lost["asks"]["forms"][0]["columns"] if each["required"]]
    assert columns == ["姓名", "身份证号码"]
    async with house.client(COUNTY) as client:
        kept = await client.put("/v1/header-mappings", params=OF, json={"columns": PAIRS})
        assert kept.status_code == 200
    for division, query in ((COUNTY, {}), (TOWNSHIP, {}), (COUNTY, {"unit": TOWNSHIP})):
        job = await tried(house, division, **query)
        assert job["result"]["mapping"] == {"unit": COUNTY, "version": 1, "columns": PAIRS}
    assert job["result"]["totals"]["rows"] > 30
    assert (await tried(house, "522601000000"))["status"] == "failed"


async def test_a_roster_may_bring_its_mapping_along(house: House) -> None:
    job = await tried(house, COUNTY, mapping='{"妇女":"姓名","身份":"身份证号码"}')
    assert (job["status"], job["result"]["mapping"]["unit"]) == ("succeeded", None)
    async with house.client(COUNTY) as client:
        params = {"filename": "r.xlsx", "mapping": '{"妇女":"户主"}'}
        refused = await client.post("/v1/imports", params=params, content=b"x")
        assert (refused.status_code, refused.json()["code"]) == (422, "mapping.unknown_column")
        assert (await client.get("/v1/header-mappings")).json()["items"] == []
    async with house.client(COUNTY, "reader") as reader:
        assert (await reader.get("/v1/header-mappings")).status_code == 403
