"""An exit goes on where its household's village is after a change of divisions: lists, rights and steps."""

from typing import Any

from services.registry.domain.keys import exit_process_id
from tests.integration.registry.exit_walk import Walk, settled
from tests.integration.registry.test_division_changes import HEADER, villages_of

OLD, NEW = "522634204000", "522634111000"


async def recode(walk: Walk) -> None:
    rows = [f"R1,2017-01-01,recode,{OLD},方祥乡,{NEW},方祥乡\n"]
    for code, name in (await villages_of(walk.house, OLD)).items():
        rows.append(f"R1,2017-01-01,recode,{code},{name},{NEW[:9]}{code[9:]},{name}\n")
    done = await walk.house.changes((HEADER + "".join(rows)).encode())
    assert done["totals"]["accepted"] == len(rows)


async def listed(walk: Walk, unit: str) -> list[str]:
    await settled(walk.house)
    async with walk.house.client(unit) as client:
        items: list[dict[str, Any]] = (await client.get("/v1/exits")).json()["items"]
    return [item["process_id"] for item in items]


async def test_a_running_exit_and_one_that_is_over_follow_their_household_once(walk: Walk) -> None:
    await walk.propose()
    await walk.step("withdrawal", {"reason": "民主评议有误"})
    over = walk.process
    assert over == str(exit_process_id(walk.household, 1))
    await walk.propose()
    assert await listed(walk, OLD) == sorted([over, walk.process])
    await recode(walk)
    assert await listed(walk, OLD) == []
    assert await listed(walk, NEW) == sorted([over, walk.process])
    shown = await walk.read()
    assert shown["division"].startswith(NEW[:9])
    assert [each["kind"] for each in shown["timeline"]] == ["exit-proposed", "exit-recoded"]
    async with walk.house.client(OLD) as before, walk.house.client(NEW) as now:
        assert (await before.get(f"/v1/exits/{walk.process}")).status_code == 404
        step = {"json": {"on": walk.clock.today}, "headers": {"If-Match": f'"{walk.version}"'}}
        assert (await before.post(f"/v1/exits/{walk.process}/check", **step)).status_code == 404
        done = await now.post(f"/v1/exits/{walk.process}/check", **step)
        assert done.status_code == 200, done.text
    again = await walk.house.runtime.pool.fetchval("SELECT count(*) FROM events WHERE type = 'exit-recoded'")
    assert again == 2
