"""How often a caller may ask, what he is told of it, and that counting costs no memory without end."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpx
import pytest
from fastapi import FastAPI

from libs.service.rates import Meter, Rates
from libs.values.network import network_of

Bearer = Callable[..., dict[str, str]]


@dataclass
class Watch:
    """A clock that a test moves."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def hurried(app: FastAPI, watch: Watch) -> AsyncIterator[httpx.AsyncClient]:
    """The sample service with 3 requests in 60 seconds for a client, 2 for an address."""
    app.state.rates = Rates(Meter("client", 3, 60, now=watch), Meter("address", 2, 60, now=watch))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sample") as made:
        yield made


async def test_answers_tell_what_is_left_and_the_fourth_has_to_wait(
    hurried: httpx.AsyncClient, bearer: Bearer, watch: Watch
) -> None:
    answers = [await hurried.get("/v1/women/522634000000", headers=bearer()) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit"] for answer in answers] == [
        '"client";r=2;t=20',
        '"client";r=1;t=40',
        '"client";r=0;t=60',
        '"client";r=0;t=60',
    ]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"client";q=3;w=60'}
    assert (answers[3].json()["code"], answers[3].headers["retry-after"]) == ("common.too_many", "20")
    watch.seconds = 20
    assert (await hurried.get("/v1/women/522634000000", headers=bearer())).status_code == 200


async def test_each_client_and_each_scope_has_a_quota_of_its_own(hurried: httpx.AsyncClient, bearer: Bearer) -> None:
    for _ in range(3):
        await hurried.get("/v1/women/522634000000", headers=bearer())
    other = await hurried.get("/v1/women/522634000000", headers=bearer(sub="another"))
    write = await hurried.post("/v1/items", json={"name": "a"}, headers=bearer() | {"Idempotency-Key": "k"})
    assert (other.status_code, write.status_code) == (200, 201)
    assert (await hurried.get("/v1/women/522634000000", headers=bearer())).status_code == 429


async def test_who_has_no_good_token_is_counted_by_address(hurried: httpx.AsyncClient) -> None:
    wrong = {"Authorization": "Bearer no-token"}
    answers = [await hurried.get("/v1/women/522634000000", headers=wrong) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert answers[0].headers["ratelimit-policy"] == '"address";q=2;w=60'
    assert (await hurried.get("/v1/open")).status_code == 429


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("GET", "/v1/nowhere", {}, 404),
        ("PUT", "/v1/open", {}, 405),
        ("POST", "/v1/items", {"Content-Encoding": "gzip"}, 415),
        ("POST", "/v1/items", {"Content-Length": "999999999"}, 413),
        ("POST", "/v1/items", {"Content-Type": "application/json"}, 400),
    ],
)
async def test_what_is_refused_before_any_route_is_counted_by_address(
    hurried: httpx.AsyncClient, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    answers = [await hurried.request(method, path, headers=headers, content=b"{") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 429]
    assert answers[0].headers["ratelimit-policy"] == '"address";q=2;w=60'
    assert (answers[2].json()["code"], answers[2].headers["retry-after"]) == ("common.too_many", "30")


async def test_monitors_are_never_told_to_come_later(hurried: httpx.AsyncClient) -> None:
    assert {(await hurried.get("/health/live")).status_code for _ in range(9)} == {200}


async def test_a_quota_of_zero_counts_nothing(app: FastAPI, hurried: httpx.AsyncClient) -> None:
    app.state.rates = Rates(Meter("client", 0, 60), Meter("address", 0, 60))
    answers = [await hurried.get("/v1/open") for _ in range(9)]
    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit" not in answers[0].headers


def test_the_one_silent_longest_is_forgotten_first(watch: Watch) -> None:
    meter = Meter("address", 2, 60, now=watch, most=3)
    for key in ("a", "b", "a", "c", "d"):
        watch.seconds += 1
        meter.take(key)
    assert len(meter) == 3
    standing = meter.take("a")
    assert standing is not None
    assert standing.wait > 0  # still known: b had to go


def test_the_quota_comes_back_evenly_and_never_exceeds_itself(watch: Watch) -> None:
    meter = Meter("client", 60, 60, now=watch)

    def granted() -> int:
        count = 0
        while (standing := meter.take("a")) is not None and not standing.wait:
            count += 1
        return count

    assert granted() == 60
    watch.seconds = 7
    assert granted() == 7
    watch.seconds = 7_000
    assert granted() == 60


def test_one_machine_is_one_network() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::2:3") == "2001:db8::/64"
    assert network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("local") == "local"
