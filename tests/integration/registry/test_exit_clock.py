"""The clock of an exit: notices and after-care end once, on their day, by the rule that held when they began."""

import asyncio
import signal
from datetime import date, timedelta
from pathlib import Path

import pytest

from libs.access.tokens import Issuer
from libs.events.runtime import Runtime
from libs.service.clock import system_ids
from services.registry.settings import KeptExits, RegistrySettings
from services.registry.worker import service
from tests.integration.registry.exit_walk import KEPT, POOR, SETTINGS, Clock, Walk, households_of, settled
from tests.integration.registry.filled import with_divisions
from tests.integration.registry.house import COUNTY, House
from tests.support.forks import Forked
from tests.support.postgres import Databases, free_leases

TIMER = "tests.integration.registry.exit_timer"


async def test_a_notice_ends_at_midnight_after_its_last_day_and_not_before(walk: Walk, clock: Clock) -> None:
    await walk.to("noticed")
    shown = await walk.read()
    assert (shown["notice_first"], shown["notice_until"]) == ("2017-03-04", "2017-03-08")
    [timer] = await walk.house.runtime.timers.list()
    assert timer.due_at.isoformat() == "2017-03-09T00:00:00+08:00" or timer.due_at.isoformat().startswith(
        "2017-03-08T16"
    )
    clock.now = timer.due_at - timedelta(seconds=1)
    assert await walk.house.runtime._timer_tasks.fire_due() == 0
    refused = await walk.step("township-check")
    assert (refused.status_code, refused.json()["code"]) == (409, "exits.not_now")
    assert "interrupt" in refused.json()["errors"][0]["right"]
    clock.now = timer.due_at
    assert (await walk.comes_to("notice_ended"))["since"] == "2017-03-09"


async def test_after_a_month_of_standing_still_a_timer_fires_once_for_two_workers(
    own_databases: Databases, issuer: Issuer, clock: Clock
) -> None:
    dsn, keys_dsn = await with_divisions(own_databases)
    async with House.open(dsn, keys_dsn, issuer, clock=clock, settings=SETTINGS) as first:
        await first.take_in(Path("r.xlsx"), COUNTY, content=POOR)
        await settled(first)
        async with first.client() as client:
            walk = Walk(first, client, clock, (await households_of(first, women=2))[0])
            await walk.to("noticed")
            await settled(first)
    clock.now += timedelta(days=35)
    async with House.open(dsn, keys_dsn, issuer, clock=clock, settings=SETTINGS) as one:
        other = await Runtime.open(service(), dsn, vault=one.vault, clock=clock, ids=system_ids)
        try:
            fired = await asyncio.gather(one.runtime._timer_tasks.fire_due(), other._timer_tasks.fire_due())
            assert sum(fired) <= 1, "the started worker's own task may have been first"
            async with one.client() as client:
                again = Walk(one, client, clock, walk.household, walk.process)
                shown = await again.comes_to("notice_ended")
        finally:
            await other.stop()
    assert shown["since"] == "2017-03-09", "the notice ended on its day, however late that was noticed"
    assert [line["kind"] for line in shown["timeline"]].count("notice-ended") == 1


async def test_another_rule_does_not_change_a_notice_that_hangs(
    own_databases: Databases, issuer: Issuer, clock: Clock
) -> None:
    dsn, keys_dsn = await with_divisions(own_databases)
    async with House.open(dsn, keys_dsn, issuer, clock=clock, settings=SETTINGS) as first:
        await first.take_in(Path("r.xlsx"), COUNTY, content=POOR)
        await settled(first)
        async with first.client() as client:
            walk = await Walk(first, client, clock, (await households_of(first, women=2))[0]).to("noticed")
            await settled(first)
    longer = RegistrySettings(exits=(KEPT.model_copy(update={"notice_days": 20}),))
    async with House.open(dsn, keys_dsn, issuer, clock=clock, settings=longer) as later, later.client() as client:
        same = Walk(later, client, clock, walk.household, walk.process)
        assert (await same.read())["notice_until"] == "2017-03-08"
        clock.now += timedelta(days=6)
        await same.comes_to("notice_ended")
        other = await Walk(later, client, clock, (await households_of(later, women=2))[1]).to("noticed")
        shown = await other.read()
        first_day = date.fromisoformat(shown["notice_first"])
        assert date.fromisoformat(shown["notice_until"]) - first_day == timedelta(days=19)


async def test_where_no_unit_keeps_it_the_offices_word_is_all(
    own_databases: Databases, issuer: Issuer, clock: Clock
) -> None:
    dsns = await with_divisions(own_databases)
    async with House.open(*dsns, issuer, clock=clock) as plain:
        await plain.take_in(Path("r.xlsx"), COUNTY, content=POOR)
        await settled(plain)
        async with plain.client() as client:
            answer = await Walk(plain, client, clock, (await households_of(plain))[0]).propose()
    assert (answer.status_code, answer.json()["code"]) == (422, "exits.not_kept")


async def test_working_days_of_an_unknown_year_are_entered_by_hand(
    own_databases: Databases, issuer: Issuer, clock: Clock
) -> None:
    dsns = await with_divisions(own_databases)
    working = KeptExits(unit=COUNTY, first=date(2016, 1, 1), counted="working", source="县")
    async with House.open(*dsns, issuer, clock=clock, settings=RegistrySettings(exits=(working,))) as opened:
        await opened.take_in(Path("r.xlsx"), COUNTY, content=POOR)
        clock.now += timedelta(days=365 * 14)
        await settled(opened)
        async with opened.client() as client:
            walk = Walk(opened, client, clock, (await households_of(opened, women=2))[0])
            assert (await walk.propose(year=2030, line_fen=295_200)).status_code == 201
            await walk.step("check")
            await walk.step("answer", {"agreed": True})
            asked = await walk.step("notice", {"first": clock.today})
            assert (asked.status_code, asked.json()["code"]) == (422, "working_days.year_not_covered")
            short = await walk.step("notice", {"first": clock.today, "until": clock.today})
            assert (short.status_code, short.json()["code"]) == (409, "exits.notice_short")
            last = str(date.fromisoformat(clock.today) + timedelta(days=8))
            assert (await walk.step("notice", {"first": clock.today, "until": last})).status_code == 200


@pytest.mark.parametrize("point", ["timer.locked", "timer.appended", "timer.deleted", "timer.committed"])
async def test_killed_while_it_ends_a_notice_the_next_process_ends_it_once(
    own_databases: Databases, issuer: Issuer, clock: Clock, point: str
) -> None:
    dsn, keys_dsn = await with_divisions(own_databases)
    async with House.open(dsn, keys_dsn, issuer, clock=clock, settings=SETTINGS) as first:
        await first.take_in(Path("r.xlsx"), COUNTY, content=POOR)
        await settled(first)
        async with first.client() as client:
            walk = await Walk(first, client, clock, (await households_of(first, women=2))[0]).to("noticed")
            await settled(first)
    clock.now += timedelta(days=31)
    later = clock.now.isoformat()
    killed = Forked(TIMER, dsn, keys_dsn, later, env={"JINGUO_FAILPOINT": f"{point}:1"})
    assert await killed.ended() == -signal.SIGKILL
    await free_leases(dsn)
    async with House.open(dsn, keys_dsn, issuer, clock=clock, settings=SETTINGS) as again, again.client() as client:
        shown = await Walk(again, client, clock, walk.household, walk.process).comes_to("notice_ended")
        assert await again.runtime.timers.list() == []
    assert [line["kind"] for line in shown["timeline"]].count("notice-ended") == 1
    assert shown["since"] == "2017-03-09"
