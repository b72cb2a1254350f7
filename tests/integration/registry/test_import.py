"""A register file goes in once, wholly, by whoever may; and says of every row what became of it."""

from collections import Counter

from tests.integration.registry.house import COUNTY, DEMO, House

LEISHAN = DEMO / "register-2016-leishan.xlsx"


async def test_the_sample_county_reaches_its_known_totals(house: House) -> None:
    result = await house.take_in(LEISHAN, COUNTY)
    assert {name: result["totals"][name] for name in ("rows", "households", "persons", "women", "refused")} == {
        "rows": 2064,
        "households": 600,
        "persons": 2064,
        "women": 941,
        "refused": 0,
    }
    assert result["edition"] == "2016-2018"
    assert Counter(row["outcome"] for row in result["rows"]) == {"accepted": 2064}
    assert result["rows"][0]["row"] == 4
    assert result["published"]["number"] > 1541
    statuses = dict(await house.runtime.pool.fetch("SELECT status, count(*) FROM women GROUP BY status"))
    assert statuses == {"not_exited": 490, "pre_exit": 52, "returned": 17, "exited": 382}
    baseline = await house.runtime.pool.fetchval("SELECT count(*) FROM women WHERE baseline_exit")
    assert baseline == 382


async def test_the_same_file_again_changes_nothing(registered: House) -> None:
    before = await registered.figures()
    result = await registered.take_in(LEISHAN, COUNTY)
    assert Counter(row["outcome"] for row in result["rows"]) == {"unchanged": 2064}
    assert result["totals"]["unchanged"] == 2064
    assert result["published"] is None
    assert await registered.figures() == before


async def test_a_dry_run_answers_the_same_and_writes_nothing(house: House) -> None:
    before = await house.figures()
    dry = await house.take_in(LEISHAN, COUNTY, dry_run="true")
    assert await house.figures() == before
    assert await house.runtime.pool.fetchval("SELECT count(*) FROM import_files") == 0
    jobs = await house.runtime.pool.fetchval("SELECT count(*) FROM jobs")
    keys = await house.vault._pool.fetchval("SELECT count(*) FROM subject_keys")
    assert keys == jobs, "no key but those of the jobs' own answers"
    wet = await house.take_in(LEISHAN, COUNTY)
    assert dry["rows"] == wet["rows"]
    assert dry["totals"] == wet["totals"]
