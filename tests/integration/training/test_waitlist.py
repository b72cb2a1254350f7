"""A full course and those who wait: offered in turn, lapsed by the clock, given or refused, shown with the reason."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.access.tokens import Issuer
from libs.events.contracts.registry import ProcessingRestricted, WomanErased, WomanMerged
from libs.events.wake import Pulse, until
from services.registry.worker import MIGRATIONS as REGISTRY_MIGRATIONS
from tests.conftest import MakeDatabase
from tests.integration.training.house import COUNTY, MIGRATIONS, SERVICE_MIGRATIONS, House
from tests.integration.training.test_courses import WOMEN, enrol, opened
from tests.unit.training.leishan import registry, women

START = datetime(2030, 2, 1, 8, tzinfo=UTC)
SEATED, FIRST, SECOND, RETURNED, OTHER = WOMEN[:5]
LEFT = "SELECT woman_id, problem FROM waitlist WHERE state = 'left'"
NEVER = 3_600.0  # seconds: longer than any test


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def house(
    make_database: MakeDatabase, keys_dsn: str, clock: Clock, request: pytest.FixtureRequest
) -> AsyncIterator[House]:
    """Training in the February before the course; one woman has fallen back into poverty."""
    from joserfc.jwk import OKPKey

    from libs.service.clock import system_ids

    issuer = Issuer(OKPKey.generate_key("Ed25519", private=True), clock=clock, ids=system_ids)
    dsn = await make_database(SERVICE_MIGRATIONS, MIGRATIONS)
    source = await make_database(SERVICE_MIGRATIONS, REGISTRY_MIGRATIONS)
    every = getattr(request, "param", 0.05)
    async with House.open(dsn, keys_dsn, issuer, registry(), {"registry": source}, clock, every) as opened_house:
        await opened_house.registered(women())
        await opened_house.runtime.pool.execute("UPDATE women SET status = 'returned' WHERE woman_id = $1", RETURNED)
        yield opened_house


@asynccontextmanager
async def full(house: House) -> AsyncIterator[tuple[httpx.AsyncClient, UUID]]:
    """A course of one seat, which is taken."""
    async with house.client() as client:
        course = await opened(client, capacity=1)
        assert (await enrol(client, course, SEATED)).status_code == 201
        yield client, course


async def queue(client: httpx.AsyncClient, course: UUID, *asking: UUID) -> None:
    for woman in asking:
        answer = await client.post(f"/v1/courses/{course}/waitlist", json={"woman_id": str(woman)})
        assert answer.status_code == 201, answer.text


async def say(client: httpx.AsyncClient, course: UUID, woman: UUID, word: str) -> httpx.Response:
    body = {"woman_id": str(woman), "answer": word}
    return await client.post(f"/v1/courses/{course}/waitlist/answers", json=body)


async def states(client: httpx.AsyncClient, course: UUID) -> dict[UUID, tuple[str, int | None]]:
    items = (await client.get(f"/v1/courses/{course}/waitlist")).json()["items"]
    return {UUID(item["woman_id"]): (item["state"], item["turn"]) for item in items}


async def becomes(client: httpx.AsyncClient, course: UUID, **expected: tuple[str, int | None]) -> None:
    """Wait until the list says so; the process runs beside the request."""
    names = {"first": FIRST, "second": SECOND, "returned": RETURNED, "other": OTHER}
    wanted = {names[name]: state for name, state in expected.items()}

    async def so() -> bool:
        found = await states(client, course)
        return {woman: found.get(woman) for woman in wanted} == wanted

    assert await until(so, Pulse(), 20), await states(client, course)


async def no_timers(house: House) -> bool:
    """The process takes them back beside the request."""
    return await house.runtime.timers.list() == []


async def leave(house: House, client: httpx.AsyncClient, course: UUID, woman: UUID) -> None:
    seen = await house.enrolment_seen(client, course, woman)
    answer = await client.post(f"/v1/courses/{course}/enrolments/{woman}/leave", headers=seen)
    assert answer.status_code == 200, answer.text


async def test_a_freed_seat_goes_to_the_next_by_an_order_that_is_shown(house: House) -> None:
    async with full(house) as (client, course):
        await queue(client, course, FIRST, SECOND, RETURNED)
        await becomes(client, course, returned=("waiting", 1), first=("waiting", 2), second=("waiting", 3))
        await leave(house, client, course, SEATED)
        await becomes(client, course, returned=("offered", None), first=("waiting", 1))
        row = (await client.get(f"/v1/courses/{course}/waitlist")).json()["items"][0]
        assert (row["woman_id"], row["status"], row["since"][:10]) == (str(RETURNED), "returned", "2030-02-01")
        assert row["until"][:10] == "2030-02-04"
        stranger = await enrol(client, course, WOMEN[5])
        assert stranger.json()["code"] == "training.seats_offered", "the seat is kept for whom it was offered to"

        answer = await say(client, course, RETURNED, "accept")
        assert answer.status_code == 200, answer.text
        token = {"Read-Token": answer.headers["Read-Token"], "Prefer": "wait=5"}
        assert (await client.get(f"/v1/courses/{course}/waitlist", headers=token)).status_code == 200
        await becomes(client, course, returned=("seated", None), first=("waiting", 1), second=("waiting", 2))
        await house.projected()
        listed = (await client.get(f"/v1/courses/{course}/enrolments")).json()["items"]
        assert [item["woman_id"] for item in listed] == [str(RETURNED)]
        assert await until(lambda: no_timers(house), Pulse(), 20), await house.runtime.timers.list()
        sql = "SELECT meta FROM events WHERE type = 'woman-enrolled' ORDER BY position DESC LIMIT 1"
        meta = await house.runtime.pool.fetchval(sql)
        assert (meta["actor"], meta["unit"]) == ("service:training", COUNTY)


async def test_an_offer_that_nobody_answers_lapses_and_the_next_is_asked(house: House, clock: Clock) -> None:
    async with full(house) as (client, course):
        await queue(client, course, FIRST, SECOND)
        await leave(house, client, course, SEATED)
        await becomes(client, course, first=("offered", None), second=("waiting", 1))
        clock.now += timedelta(days=4)
        client.headers["Authorization"] = house.client().headers["Authorization"]  # the old token has expired
        await becomes(client, course, first=("lapsed", None), second=("offered", None))
        late = await say(client, course, FIRST, "accept")
        assert late.json()["code"] == "training.no_offer"
        assert (await say(client, course, SECOND, "decline")).status_code == 200
        await becomes(client, course, second=("declined", None))
        await house.projected()
        assert await until(lambda: no_timers(house), Pulse(), 20), await house.runtime.timers.list()
        assert (await enrol(client, course, FIRST)).status_code == 201, "nobody waits any more"


async def test_a_yes_that_comes_when_the_course_is_over_is_refused_where_a_person_sees_it(
    house: House, clock: Clock
) -> None:
    async with full(house) as (client, course):
        await queue(client, course, FIRST)
        await leave(house, client, course, SEATED)
        await becomes(client, course, first=("offered", None))
        seen = await house.course_seen(client, course)
        assert (await client.post(f"/v1/courses/{course}/finish", headers=seen)).status_code == 200
        assert (await say(client, course, FIRST, "accept")).status_code == 200
        await becomes(client, course, first=("refused", None))
        row = (await client.get(f"/v1/courses/{course}/waitlist")).json()["items"][0]
        assert row["problem"] == "training.course_finished"
        await house.projected()
        assert (await client.get(f"/v1/courses/{course}/enrolments")).json()["items"] == []
        errors = [each.error for each in (await house.runtime.status()).cursors]
        assert set(errors) == {None}


@pytest.mark.parametrize(
    ("which", "code"), [("free", "training.seats_free"), ("twice", "training.already_waiting"),
                        ("sits", "training.already_enrolled"), ("stranger", "training.woman_not_found")],
)  # fmt: skip
async def test_who_needs_not_or_may_not_wait_is_told_so(house: House, which: str, code: str) -> None:
    async with full(house) as (client, course):
        woman = {"free": FIRST, "twice": FIRST, "sits": SEATED, "stranger": UUID(int=5)}[which]
        asked = await opened(client, capacity=5, place="西江镇") if which == "free" else course
        if which == "twice":
            await queue(client, course, FIRST)
        answer = await client.post(f"/v1/courses/{asked}/waitlist", json={"woman_id": str(woman)})
        assert answer.json()["code"] == code


async def test_a_township_sees_its_own_women_and_their_turn_among_all(house: House) -> None:
    async with full(house) as (client, course):
        await queue(client, course, FIRST, SECOND, RETURNED)
        await becomes(client, course, second=("waiting", 3))
        homes: dict[UUID, Any] = dict(women())
        home = homes[SECOND]
        async with house.client(home) as village:
            seen = await states(village, course)
    assert seen[SECOND] == ("waiting", 3)
    assert set(seen) == {woman for woman in (FIRST, SECOND, RETURNED) if homes[woman] == home}


def merged(merged_id: UUID, survivor_id: UUID) -> WomanMerged:
    return WomanMerged(merged_id=merged_id, survivor_id=survivor_id, on=START.date())


async def offers(house: House) -> list[UUID]:
    """To whom a seat was ever offered, in order."""
    sql = "SELECT data ->> 'woman_id' AS id FROM events WHERE type = 'place-offered' ORDER BY position"
    return [UUID(row["id"]) for row in await house.runtime.pool.fetch(sql)]


async def kept_timers(house: House) -> list[UUID]:
    """Of whom an answer is waited for."""
    await house.projected()
    return [UUID(str(timer.payload["woman_id"])) for timer in await house.runtime.timers.list()]


async def test_who_is_erased_leaves_the_list_and_her_offer_goes_to_the_next(house: House) -> None:
    async with full(house) as (client, course):
        await queue(client, course, FIRST, SECOND, RETURNED, OTHER)
        await leave(house, client, course, SEATED)
        await becomes(client, course, returned=("offered", None), first=("waiting", 1))
        await house.told([WomanErased(woman_id=SECOND), WomanErased(woman_id=RETURNED)], 90)
        await becomes(client, course, returned=("left", None), second=("left", None), first=("offered", None))
        await becomes(client, course, other=("waiting", 1))
        reasons = {row["problem"] for row in await house.runtime.pool.fetch(LEFT)}
        assert reasons == {"erased"}
        assert await until(lambda: _holds(house, [FIRST]), Pulse(), 10)


async def test_a_merged_place_keeps_its_turn_and_its_offer_under_the_surviving_id(house: House) -> None:
    async with full(house) as (client, course):
        await queue(client, course, FIRST, SECOND)
        await house.told([merged(FIRST, RETURNED)], 90)
        await becomes(client, course, returned=("waiting", 1), second=("waiting", 2), first=("passed", None))
        await leave(house, client, course, SEATED)
        await becomes(client, course, returned=("offered", None))
        await house.told([merged(RETURNED, OTHER)], 91)
        await becomes(client, course, other=("offered", None), returned=("passed", None), second=("waiting", 1))
        assert await until(lambda: _holds(house, [OTHER]), Pulse(), 10)
        assert (await say(client, course, FIRST, "accept")).status_code == 200, "any id she ever had is hers"
        await becomes(client, course, other=("seated", None), second=("waiting", 1))
        assert await until(lambda: _holds(house, []), Pulse(), 10)
        assert await offers(house) == [RETURNED]


async def test_of_two_places_of_one_woman_the_better_stays(house: House) -> None:
    async with full(house) as (client, course):
        await queue(client, course, FIRST, SECOND, RETURNED)
        await house.told([merged(RETURNED, SECOND)], 90)
        await becomes(client, course, second=("waiting", 1), first=("waiting", 2), returned=("passed", None))
        await house.told([merged(FIRST, SEATED)], 91)
        await becomes(client, course, second=("waiting", 1), first=("left", None))
        row = await house.runtime.pool.fetchrow(LEFT)
        assert row is not None
        assert row["problem"] == "seated"


async def test_who_waits_leaves_when_another_record_of_hers_sits_in_the_course(house: House) -> None:
    async with full(house) as (client, course):
        await queue(client, course, FIRST)
        await house.projected()
        await house.told([merged(SEATED, FIRST)], 90)
        await becomes(client, course, first=("left", None))
        assert await offers(house) == []


@pytest.mark.parametrize("house", [NEVER], indirect=True)
async def test_no_seat_is_offered_under_an_id_that_the_register_gave_up(house: House) -> None:
    async with full(house) as (client, course):
        await queue(client, course, FIRST, RETURNED, SECOND)
        await house.told([WomanErased(woman_id=FIRST), merged(RETURNED, OTHER)], 90)
        await leave(house, client, course, SEATED)
        await becomes(client, course, first=("left", None), other=("offered", None), second=("waiting", 1))
        assert await offers(house) == [OTHER]


async def _holds(house: House, women: list[UUID]) -> bool:
    return await kept_timers(house) == women


async def test_who_may_not_be_processed_keeps_her_place_and_is_offered_nothing(house: House) -> None:
    async with full(house) as (client, course):
        await queue(client, course, FIRST, SECOND)
        await house.told([ProcessingRestricted(woman_id=FIRST, ground="accuracy", on=START.date())], 90)
        await leave(house, client, course, SEATED)
        await becomes(client, course, second=("offered", None), first=("waiting", 1))
        assert await offers(house) == [SECOND]
