"""A change killed while people follow it is finished by bringing the same list again: everybody follows once."""

import signal
from pathlib import Path

import pytest

from libs.access.tokens import Issuer
from tests.integration.registry.filled import with_register
from tests.integration.registry.house import House
from tests.integration.registry.test_division_changes import (
    WOMEN_OF_XIJIANG,
    assert_everybody_stands_once,
    transfer,
)
from tests.support.forks import Forked
from tests.support.postgres import Databases, free_leases


@pytest.mark.parametrize(
    "point",
    [
        "append.after:1",  # the change is written, not committed
        "division.households_followed:3",  # some villages' households stand under the new code, their women do not
        "division.persons_followed:5",
    ],
)
async def test_killed_while_people_follow_it_is_finished_by_the_same_list(
    point: str, own_databases: Databases, issuer: Issuer, tmp_path: Path
) -> None:
    dsn, keys_dsn = await with_register(own_databases)
    file = tmp_path / "changes.csv"
    async with House.open(dsn, keys_dsn, issuer) as house:
        file.write_bytes(await transfer(house))
    await free_leases(dsn)
    process = Forked("tests.integration.registry.changer", dsn, keys_dsn, file, env={"JINGUO_FAILPOINT": point})
    assert await process.ended() == -signal.SIGKILL
    await free_leases(dsn)
    async with House.open(dsn, keys_dsn, issuer) as house:
        done = await house.changes(file.read_bytes())
        assert done["totals"]["refused"] == 0
        await assert_everybody_stands_once(house, WOMEN_OF_XIJIANG)
