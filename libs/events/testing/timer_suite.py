"""What every keeper of timers must do. Subclass it in a test module and give the fixture `timers`."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from libs.events.meta import Meta
from libs.events.timers import Timer, Timers, new_timer

NOON = datetime(2016, 5, 3, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
META = Meta("suite", "tester", "522634000000", UUID(int=1), traceparent=None, valid="2016-05")


def a_timer(due_at: datetime = NOON, process: str = "suite", timer_id: UUID | None = None, **payload: Any) -> Timer:
    """A timer of the suite."""
    return new_timer(timer_id or uuid7(), process, due_at, payload, META)


class TimerSuite:
    """Set, moved, cancelled, fired once, put off."""

    async def test_a_timer_fires_when_its_time_has_come_and_once(self, timers: Timers) -> None:
        timer, fired = a_timer(note="7"), Fired()
        await timers.set(None, timer)
        assert await timers.fire(NOON - MINUTE, ["suite"], fired) is None
        assert await timers.fire(NOON, ["suite"], fired) == timer
        assert await timers.fire(NOON + MINUTE, ["suite"], fired) is None
        assert fired.timers == [timer]

    async def test_the_earliest_fires_first_and_only_for_who_is_there(self, timers: Timers) -> None:
        late, early, other = a_timer(NOON), a_timer(NOON - MINUTE), a_timer(NOON - 2 * MINUTE, "other")
        for timer in (late, early, other):
            await timers.set(None, timer)
        assert [each.id for each in await timers.list()] == [other.id, early.id, late.id]
        assert await timers.list(1) == [other]
        assert await timers.next_at(["suite"]) == early.due_at
        fired = Fired()
        while await timers.fire(NOON, ["suite"], fired):
            pass
        assert fired.timers == [early, late]
        assert await timers.next_at(["suite"]) is None
        assert await timers.list() == [other]

    async def test_a_timer_set_again_is_moved(self, timers: Timers) -> None:
        timer = a_timer(NOON)
        moved = a_timer(NOON + MINUTE, timer_id=timer.id, n=2)
        await timers.set(None, timer)
        await timers.set(None, moved)
        assert await timers.fire(NOON, ["suite"], Fired()) is None
        assert await timers.fire(NOON + MINUTE, ["suite"], Fired()) == moved

    async def test_a_cancelled_timer_never_fires(self, timers: Timers) -> None:
        timer = a_timer()
        await timers.set(None, timer)
        await timers.cancel(None, timer.id)
        await timers.cancel(None, timer.id)
        assert await timers.fire(NOON, ["suite"], Fired()) is None

    async def test_one_that_fails_is_put_off_and_tells_why_while_the_others_fire(self, timers: Timers) -> None:
        bad, good = a_timer(NOON - MINUTE), a_timer(NOON)
        for timer in (bad, good):
            await timers.set(None, timer)
        fired = Fired(failing=bad.id)
        put_off = await timers.fire(NOON, ["suite"], fired)
        assert put_off is not None
        assert (put_off.id, put_off.attempts, put_off.error) == (bad.id, 1, "LookupError")
        assert await timers.fire(NOON, ["suite"], fired) == good
        assert await timers.fire(NOON, ["suite"], fired) is None
        assert await timers.list() == [put_off]
        fired.failing = None
        again = await timers.fire(put_off.next_at, ["suite"], fired)
        assert again is not None
        assert (again.id, again.due_at) == (bad.id, bad.due_at)
        assert await timers.list() == []

    async def test_it_is_put_off_ever_longer_but_never_for_more_than_an_hour(self, timers: Timers) -> None:
        await timers.set(None, a_timer())
        now, rests = NOON, []
        for _ in range(14):
            put_off = await timers.fire(now, ["suite"], Fired(failing=True))
            assert put_off is not None
            rests.append((put_off.next_at - now).total_seconds())
            now = put_off.next_at
        assert rests[:3] == [1, 2, 4]
        assert rests[-1] == 3600
        assert rests == sorted(rests)

    def test_a_time_without_an_offset_is_a_mistake(self) -> None:
        with pytest.raises(ValueError, match="offset"):
            a_timer(datetime(2016, 5, 3))  # noqa: DTZ001 - the mistake itself


class Fired:
    """Remembers what was fired; fails for one timer, or for all with `failing=True`."""

    def __init__(self, failing: UUID | bool | None = None) -> None:
        """Nothing fired yet."""
        self.failing = failing
        self.timers: list[Timer] = []

    async def __call__(self, _tx: Any, timer: Timer) -> None:
        """The answer of a process."""
        if self.failing is True or self.failing == timer.id:
            raise LookupError("the suite's own")
        self.timers.append(timer)
