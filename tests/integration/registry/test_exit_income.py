"""The sign-off form takes the assessed income of its year over, and says why where it does not."""

from typing import Any

from tests.integration.registry.exit_walk import Walk
from tests.integration.registry.house import key

LINES = {
    "operating_fen": 640_000, "property_fen": 0, "wages_fen": 0, "operating_cost_fen": 0, "transfers_fen": 0,
}  # fmt: skip


async def assess(walk: Walk, **said: Any) -> None:
    body = {"year": 2016, "on": "2017-01-10", "persons": 2, **LINES, **said}
    answer = await walk.client.post(f"/v1/households/{walk.household}/incomes", json=body, headers=key())
    assert answer.status_code == 201, answer.text


async def test_without_a_figure_the_assessed_income_of_the_year_counts(walk: Walk) -> None:
    missing = await walk.propose(income_fen=None)
    assert (missing.status_code, missing.json()["code"]) == (422, "exits.income_missing")
    await assess(walk)
    made = await walk.propose(income_fen=None)
    assert made.status_code == 201, made.text
    assert (await walk.read())["income_fen"] == 320_000


async def test_another_figure_than_the_assessed_one_needs_a_reason_that_is_kept(walk: Walk) -> None:
    await assess(walk)
    bare = await walk.propose(income_fen=330_000)
    assert (bare.status_code, bare.json()["code"]) == (422, "exits.income_differs")
    assert bare.json()["errors"][0]["right"] == "320000"
    said = await walk.propose(income_fen=330_000, income_reason="核算后新增务工收入")
    assert said.status_code == 201, said.text
    shown = await walk.read(clear=True, reason="checking")
    assert shown["income_fen"] == 330_000
    assert shown["timeline"][0]["says"]["income"] == "核算后新增务工收入"
    assert (await walk.read())["timeline"][0]["says"] == {"income": None}, "sealed like every reason"


async def test_an_assessment_of_another_year_says_nothing_of_this_one(walk: Walk) -> None:
    await assess(walk, year=2015)
    assert (await walk.propose(income_fen=330_000)).status_code == 201
