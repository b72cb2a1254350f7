"""A register file goes in once, wholly, by whoever may; and says of every row what became of it."""

import csv
import io
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from libs.events.store import MAX_EVENTS
from tests.integration.registry.books import Row, rows_of
from tests.integration.registry.house import COUNTY, DEMO, House
from tests.unit.registry_rosters.making import an_id

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


def a_giant_between(first: list[Row], last: list[Row], rows: int) -> bytes:
    """A csv with so many women under one number of a household, between two good households."""
    born = [date(1950, 1, 1) + timedelta(days=day) for day in range(rows)]
    one = next(row for row in first if row["与户主关系"] == "户主")
    giant = [
        one
        | {"户编号": "77", "人编号": f"77{n}", "证件号码": an_id(f"{day:%Y%m%d}", 4), "姓名": f"杨{chr(0x4E00 + n)}"}
        for n, day in enumerate(born)
    ]
    out = io.StringIO()
    table = csv.DictWriter(out, list(one))
    table.writeheader()
    table.writerows([*first, *giant, *last])
    return out.getvalue().encode()


async def test_a_household_of_more_rows_than_a_transaction_holds_is_refused_and_all_others_go_in(house: House) -> None:
    rows = rows_of("永乐镇")
    codes = list(dict.fromkeys(row["户编号"] for row in rows))
    first, last = ([row for row in rows if row["户编号"] == code] for code in codes[:2])
    content = a_giant_between(first, last, MAX_EVENTS + 1)
    result = await house.take_in(Path("r.csv"), COUNTY, content=content, as_of="2016-12-31")
    outcomes = [row["outcome"] for row in result["rows"]]
    assert outcomes == ["accepted"] * len(first) + ["refused"] * (MAX_EVENTS + 1) + ["accepted"] * len(last)
    assert (result["totals"]["households"], result["totals"]["persons"]) == (2, len(first) + len(last))
    said = result["rows"][len(first)]["findings"][-1]
    assert (said["rule"], said["column"], said["value"]) == ("household_too_large", "户编号", "77")
    assert said["right_answer"] == "该户编号下有5001行，一户最多200行"
