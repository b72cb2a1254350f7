"""A register under an office's own headings: refused with what is near, confirmed once, then never asked again."""

from typing import Any

import httpx

from services.registry.adapters import erasing
from services.registry.handlers import files
from tests.integration.registry.eraser import order
from tests.integration.registry.house import COUNTY, DATA, XIJIANG, House

SAMPLE = (DATA / "register-2021.csv").read_bytes().decode("gb18030").splitlines()
OWN = SAMPLE[0].replace(",姓名,", ",成员的姓名,").replace(",户编号,", ",户代号,")
CONTENT = "\n".join([OWN, *SAMPLE[1:30]]).encode("gb18030")
PAIRS = [{"heading": "成员的姓名", "column": "姓名"}, {"heading": "户代号", "column": "户编号"}]
MAPPINGS = "/v1/header-mappings"
OF = {"kind": "register"}
KAILI = "522601000000"


async def tried(house: House, division: str = COUNTY, content: bytes = CONTENT, **query: str) -> dict[str, Any]:
    """The job of a dry run when it has ended, as its sender sees it."""
    params = {"filename": "r.csv", "dry_run": "true", **query}
    async with house.client(division) as client:
        return await house.job(client, await client.post("/v1/imports", params=params, content=content))


async def keep(house: House, division: str = COUNTY, seen: str | None = None, **query: str) -> httpx.Response:
    """Keep the mapping for a unit, by default the caller's own."""
    headers = {"If-Match": seen} if seen else {}
    async with house.client(division) as client:
        return await client.put(MAPPINGS, params=OF | query, json={"columns": PAIRS}, headers=headers)


async def test_what_is_confirmed_once_is_asked_never_again_until_it_is_taken_back(house: House) -> None:
    lost = await tried(house)
    assert (lost["status"], lost["error"]["code"]) == ("failed", "roster.missing_columns")
    form = lost["asks"]["forms"][0]
    assert (lost["asks"]["kind"], lost["asks"]["mapping"], form["form"]) == ("register", None, "2021-2022")
    assert form["headings"] == ["户代号", "成员的姓名"]
    needed = {each["column"]: each["proposal"] for each in form["columns"] if each["required"]}
    assert needed == {"姓名": "成员的姓名", "户编号": "户代号"}

    kept = await keep(house)
    assert (kept.status_code, kept.headers["etag"], kept.json()["unit"]) == (200, '"1"', COUNTY)
    by = {"unit": COUNTY, "version": 1, "columns": PAIRS}
    for division in (COUNTY, XIJIANG):
        job = await tried(house, division)
        assert (job["status"], job["result"]["mapping"]) == ("succeeded", by)
    assert job["result"]["totals"]["accepted"] > 0
    assert (await tried(house, KAILI))["error"]["code"] == "roster.missing_columns"

    async with house.client() as client:
        gone = await client.delete(MAPPINGS, params=OF, headers={"If-Match": kept.headers["etag"]})
    assert gone.status_code == 204
    assert (await tried(house))["error"]["code"] == "roster.missing_columns"


async def test_a_whole_import_by_a_kept_mapping_gives_back_its_bad_rows_under_the_offices_headings(
    house: House,
) -> None:
    await keep(house)
    bad = [SAMPLE[1].replace(SAMPLE[1].split(",")[9], '"=""12"""'), *SAMPLE[3:20]]
    content = "\n".join([OWN, *bad]).encode("gb18030")
    async with house.client() as client:
        answer = await client.post("/v1/imports", params={"filename": "r.csv"}, content=content)
        result = await house.result(client, answer)
        assert result["totals"]["refused"] == 1
        assert result["totals"]["accepted"] > 0
        query = {"reason": "更正被退回的行后重新导入"}
        path = result["refused_file"].removeprefix("/registry")
        sheet = await client.get(path, params=query, headers={"Purpose": "correction"})
        again = await client.post(
            "/v1/imports", params={"filename": "r.xlsx", "dry_run": "true"}, content=sheet.content
        )
        assert (await house.job(client, again))["result"]["totals"]["refused"] == 1


async def test_what_is_given_goes_before_what_is_kept(house: House) -> None:
    await keep(house)
    given = await tried(house, mapping='{"成员的姓名":"姓名","户代号":"户编号"}')
    assert given["result"]["mapping"] == {"unit": None, "version": None, "columns": PAIRS}
    bare = await tried(house, mapping="{}")
    assert (bare["error"]["code"], bare["asks"]["mapping"]["columns"]) == ("roster.missing_columns", [])


async def test_a_kept_mapping_does_no_harm_to_a_file_with_our_headings_and_is_named_where_columns_lack(
    house: House,
) -> None:
    await keep(house)
    ours = await tried(house, content="\n".join(SAMPLE[:30]).encode("gb18030"))
    assert ours["status"] == "succeeded"
    lost = await tried(house, content=CONTENT.replace("户代号".encode("gb18030"), "户号码".encode("gb18030")))
    assert lost["asks"]["mapping"] == {"unit": COUNTY, "version": 1, "columns": PAIRS}
    assert lost["asks"]["forms"][0]["headings"] == ["户号码"]


async def test_only_who_sent_the_file_reads_its_headings(house: House) -> None:
    lost = await tried(house, XIJIANG)
    async with house.client(COUNTY) as above:
        seen = (await above.get(f"/v1/jobs/{lost['id']}")).json()
    assert lost["asks"] is not None
    assert (seen["status"], seen["asks"]) == ("failed", None)
    assert "成员的姓名" not in str(seen)
    stored = await house.runtime.pool.fetchrow("SELECT * FROM jobs WHERE asks IS NULL AND sealed_asks IS NOT NULL")
    assert stored is not None
    assert "成员的姓名" not in str(dict(stored))


async def test_rights_and_versions_over_http(house: House) -> None:
    assert (await keep(house, XIJIANG, unit=COUNTY)).status_code == 404
    assert (await keep(house, COUNTY, unit=XIJIANG)).status_code == 200
    assert (await keep(house, XIJIANG)).json()["code"] == "mapping.stale"
    assert (await keep(house, XIJIANG, seen='"1"')).json()["version"] == 1
    async with house.client(XIJIANG) as client:
        read = await client.get(f"{MAPPINGS}/in-force", params=OF)
        assert (read.json()["columns"], read.headers["etag"]) == (PAIRS, '"1"')
        for way, wrong in (("/in-force", {"kind": "lists"}), ("", {"kind": "lists"})):
            refused = await client.get(f"{MAPPINGS}{way}", params=wrong)
            assert (refused.status_code, refused.json()["code"]) == (422, "mapping.unknown_kind")
        assert (await client.get(f"{MAPPINGS}/in-force", params=OF | {"unit": COUNTY})).status_code == 404
        assert [item["unit"] for item in (await client.get(MAPPINGS)).json()["items"]] == [XIJIANG]
        twice = {"columns": [*PAIRS, {"heading": "名字", "column": "姓名"}]}
        refused = await client.put(MAPPINGS, params=OF, json=twice, headers={"If-Match": '"1"'})
        assert (refused.status_code, refused.json()["code"]) == (422, "mapping.column_twice")
        assert (await client.delete(MAPPINGS, params=OF)).status_code == 428
        kinds = (await client.get(f"{MAPPINGS}/kinds")).json()["items"]
        assert {each["kind"] for each in kinds} == {"register", "exits", "incomes", "needs"}
    for role in ("cadre", "reader"):
        async with house.client(COUNTY, role) as other:
            assert (await other.get(MAPPINGS)).status_code == 403
            assert (await other.put(MAPPINGS, params=OF, json={"columns": PAIRS})).status_code == 403
    async with house.client(KAILI) as other:
        assert (await other.get(MAPPINGS)).json()["items"] == []


async def test_an_erased_womans_rows_leave_a_file_that_was_read_by_the_offices_headings(house: House) -> None:
    await keep(house)
    async with house.client() as client:
        answer = await client.post("/v1/imports", params={"filename": "r.csv"}, content=CONTENT)
        assert (await house.result(client, answer))["totals"]["accepted"] > 0
    woman = await house.runtime.pool.fetchval("SELECT person_id FROM persons WHERE woman ORDER BY person_id LIMIT 1")
    place = SAMPLE[0].split(",").index("证件号码")
    token = await house.runtime.pool.fetchval("SELECT id_token FROM persons WHERE person_id = $1", woman)
    ids = [row.split(",")[place].strip('="') for row in SAMPLE[1:30]]
    [hers] = [each for each in ids if house.vault.token("resident_id", each[:18]) == token]
    await erasing.erase(house.runtime, order(woman))
    [kept] = [each async for each in files.all_kept(house.runtime.pool, house.vault)]
    text = kept.raw.read_text("utf-8-sig")
    assert "成员的姓名" in text
    assert [each for each in ids if each in text] == [each for each in ids if each != hers]
