"""The list of divisions: checked row by row, taken in once, asked by everybody."""

from tests.integration.registry.house import COUNTY, DANJIANG, DEMO, NATION, House

LIST = DEMO / "divisions-guizhou-qiandongnan-2016.csv"
HEADER = "code,name,level,parent_code,urban_rural\n"


async def test_the_sample_list_is_taken_in_once_and_published_county_by_county(house: House) -> None:
    again = await house.divisions()
    assert again["totals"]["unchanged"] == again["totals"]["rows"] == 3719
    assert again["published"] is None
    pool = house.runtime.pool
    assert await pool.fetchval("SELECT count(*) FROM divisions") == 3719
    published = await pool.fetch("SELECT data FROM published WHERE type = 'registry.divisions-listed.v1'")
    assert len(published) == 17
    by_parent = {row["data"]["parent"]: row["data"]["divisions"] for row in published}
    assert {item["level"] for item in by_parent[NATION]} == {"nation", "province", "prefecture", "county"}
    assert {item["level"] for item in by_parent[COUNTY]} == {"township", "village"}
    assert sum(len(items) for items in by_parent.values()) == 3719


async def test_a_division_and_its_children_are_read_by_code(house: House) -> None:
    async with house.client(DANJIANG, "reader") as client:
        county = (await client.get(f"/v1/divisions/{COUNTY}")).json()
        named = {"code": COUNTY, "name": "雷山县", "level": "county", "parent": "522600000000"}
        assert county == {**named, "valid_from": None, "valid_to": None, "known_from": "unknown"}
        townships = (await client.get(f"/v1/divisions/{COUNTY}/children")).json()["items"]
        assert {"丹江镇", "西江镇", "永乐镇"} <= {item["name"] for item in townships}
        assert [item["code"] for item in townships] == sorted(item["code"] for item in townships)
        assert (await client.get("/v1/divisions/110000000000")).status_code == 404
        assert (await client.get("/v1/divisions/52")).status_code == 422


async def test_wrong_rows_are_refused_one_by_one_and_good_rows_kept(house: House) -> None:
    rows = (
        "522634100299,新村,village,522634100000,\n"  # good
        "52263410029X,坏码,village,522634100000,\n"
        "522634100298,错级,township,522634100000,\n"
        "522634100297,错上级,village,522634101000,\n"
        "522634999201,无上级,village,522634999000,\n"
        "522634100299,重复,village,522634100000,\n"
        "522634100296,,village,522634100000,\n"
    )
    async with house.client(NATION) as client:
        answer = await client.post("/v1/divisions/imports", content=(HEADER + rows).encode())
        result = await house.result(client, answer)
    assert [(row["row"], row["findings"][0]["rule"]) for row in result["rows"]] == [
        (3, "division_bad_code"),
        (4, "level_conflicts_with_code"),
        (5, "parent_conflicts_with_code"),
        (6, "parent_unknown"),
        (7, "code_duplicate"),
        (8, "name_empty"),
    ]
    assert result["totals"]["accepted"] == 1
    assert await house.runtime.pool.fetchval("SELECT name FROM divisions WHERE code = '522634100299'") == "新村"


async def test_gbk_is_read_and_what_is_no_list_is_refused_in_words(house: House) -> None:
    async with house.client(COUNTY) as client:
        line = HEADER + "522634100295,老村,village,522634100000,\n"
        done = await client.post("/v1/divisions/imports", content=line.encode("gbk"))
        assert (await house.result(client, done))["totals"]["accepted"] == 1
        for content, code in (
            (b"a,b\n1,2\n", "registry.not_a_division_list"),
            (b'code,name,level,parent_code\n"x', "registry.not_a_division_list"),
            (b"\xff\xfe\x00", "registry.not_text"),
        ):
            answer = await client.post("/v1/divisions/imports", content=content)
            job = await house.job(client, answer)
            assert job["error"]["code"] == code


async def test_a_unit_lists_only_its_own_divisions(house: House) -> None:
    async with house.client(DANJIANG, "federation") as client:
        line = HEADER + "522634101299,别村,village,522634101000,\n"
        answer = await client.post("/v1/divisions/imports", content=line.encode())
        result = await house.result(client, answer)
    assert result["rows"][0]["findings"][0]["rule"] == "outside_unit"
    async with house.client(DANJIANG, "cadre") as cadre:
        assert (await cadre.post("/v1/divisions/imports", content=LIST.read_bytes())).status_code == 403
