"""The two sample rosters against the sample register: every row as the expected.csv files say."""

from collections import Counter

import pytest

from tests.unit.training.house import TrainingHouse
from tests.unit.training.leishan import REGISTER, SIGN_IN, expected, registry, township_of


@pytest.fixture
def house() -> TrainingHouse:
    return TrainingHouse(registry())


FILES = ((REGISTER, "roster-training"), (SIGN_IN, "roster-training-signin"))


@pytest.mark.parametrize(("path", "name"), FILES)
async def test_every_row_is_answered_as_expected(house: TrainingHouse, path, name) -> None:
    answer = await house.roster(path)
    said = {
        row["row"]: (
            row["match"] or "",
            {(finding["rule"], finding["severity"], finding["right_answer"]) for finding in row["findings"]},
        )
        for row in answer["rows"]
    }
    assert said == expected(name)


async def test_the_totals_of_both_rosters(house: TrainingHouse) -> None:
    register = (await house.roster(REGISTER))["totals"]
    sign_in = (await house.roster(SIGN_IN))["totals"]
    nothing = {"passed": 0, "not_attended": 0, "refused": 0}
    assert register == nothing | {
        "rows": 48, "women_matched": 38, "waiting": 4, "not_in_register": 4, "not_a_woman": 1, "repeated": 1,
    }  # fmt: skip
    assert sign_in == nothing | {
        "rows": 28, "women_matched": 21, "waiting": 4, "not_in_register": 3, "not_a_woman": 0, "repeated": 0,
    }  # fmt: skip
    assert len(house.women()) == 57


async def test_after_all_waiting_rows_are_confirmed(house: TrainingHouse) -> None:
    await house.roster(REGISTER)
    await house.roster(SIGN_IN)
    await house.confirm_all()
    classes = Counter(course for course, _ in house.attended())
    assert sorted(classes.values()) == [25, 42]
    assert len(house.women()) == 65


async def test_the_same_file_twice_adds_no_event(house: TrainingHouse) -> None:
    await house.roster(REGISTER)
    events = len(house.store.log)
    again = await house.roster(REGISTER)
    assert len(house.store.log) == events
    assert again["totals"]["women_matched"] == 38
    assert not again["changed"]
    assert {row["outcome"] for row in again["rows"]} >= {"unchanged", "waiting"}


async def test_decisions_stick_when_the_file_comes_again(house: TrainingHouse) -> None:
    await house.roster(REGISTER)
    refused, *confirmed = sorted(house.waiting())
    await house.decide(refused, "refuse")
    for line_id in confirmed:
        await house.decide(line_id, "confirm")
    events = len(house.store.log)
    again = await house.roster(REGISTER)
    assert len(house.store.log) == events
    assert again["totals"]["women_matched"] == 41
    assert again["totals"]["waiting"] == 0
    assert len(house.women()) == 41


async def test_a_dry_run_answers_the_same_and_writes_nothing(house: TrainingHouse) -> None:
    dry = await house.roster(REGISTER, dry_run=True)
    assert len(house.store.log) == 0
    wet = await house.roster(REGISTER)
    assert [row["outcome"] for row in dry["rows"]] == [
        "enrolled" if row["outcome"] == "unchanged" else row["outcome"] for row in wet["rows"]
    ]


async def test_every_head_is_counted_once(house: TrainingHouse) -> None:
    await house.roster(REGISTER)
    counts = [recorded.event for recorded in house.store.log if recorded.type == "heads-counted"]
    assert (counts[-1].participants, counts[-1].women, counts[-1].registered_women) == (47, 46, 38)
    await house.confirm_all()
    counts = [recorded.event for recorded in house.store.log if recorded.type == "heads-counted"]
    assert (counts[-1].participants, counts[-1].women, counts[-1].registered_women) == (47, 46, 42)


async def test_a_township_is_told_passed_for_strangers_registered_or_not(house: TrainingHouse) -> None:
    unit = township_of("522634198804256703")  # row 4 lives in 永乐镇
    answer = await house.roster(REGISTER, unit)
    rows = {row["row"]: row for row in answer["rows"]}
    assert rows[4]["outcome"] == "enrolled"
    known, unknown = rows[5], rows[15]  # another township's woman; a woman in no register
    for stranger in (known, unknown):
        del stranger["row"]
    assert known == unknown
    assert known["outcome"] == "passed"
    assert answer["totals"]["not_in_register"] == 0
    assert len(house.women()) == 38  # the attendance of the others appears in their own units


async def test_a_township_decides_only_on_its_own_women(house: TrainingHouse) -> None:
    await house.roster(REGISTER)
    mine = township_of("522634196202258702")
    own = [line_id for line_id, line in house.waiting().items() if line.said.division.startswith(mine[:9])]
    assert len(own) == 1
    for line_id in house.waiting():
        if line_id in own:
            await house.decide(line_id, "confirm", mine)
        else:
            with pytest.raises(Exception, match="不属于您的单位"):
                await house.decide(line_id, "confirm", mine)
    assert len(house.women()) == 39
