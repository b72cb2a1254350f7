"""Names of divisions on pages: asked again after a minute, so that a changed one is shown; else the last is."""

from datetime import UTC, datetime, timedelta

import httpx

from services.console.adapters.services import Services
from services.console.places import FRESH, MOST, Places


class Registry:
    """Answers with the unit's present name, or not at all."""

    def __init__(self) -> None:
        self.name: str | None = "西江镇"
        self.asked = 0
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        client = httpx.AsyncClient(transport=httpx.MockTransport(self._answer), base_url="http://services")
        self.services = Services(client, "token", "zh")
        self.places = Places(lambda: self.now)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.name is None:
            return httpx.Response(503, json={"code": "database.unavailable", "detail": ""})
        return httpx.Response(200, json={"code": request.url.path.rsplit("/")[-1], "name": self.name})

    async def shown(self, code: str = "522634101000") -> str:
        return str((await self.places.find(self.services, code))["name"])


async def test_a_changed_name_is_shown_after_a_minute_and_not_asked_before() -> None:
    registry = Registry()
    assert await registry.shown() == "西江镇"
    registry.name = "西江苗镇"
    registry.now += FRESH - timedelta(seconds=1)
    assert (await registry.shown(), registry.asked) == ("西江镇", 1)
    registry.now += timedelta(seconds=1)
    assert (await registry.shown(), registry.asked) == ("西江苗镇", 2)


async def test_the_last_name_stands_while_the_registry_does_not_answer_and_else_the_code() -> None:
    registry = Registry()
    await registry.shown()
    registry.name = None
    registry.now += FRESH
    assert await registry.shown() == "西江镇"
    assert await registry.shown("522634102000") == "522634102000"


async def test_no_more_are_kept_than_a_bound_and_the_oldest_goes_first() -> None:
    registry = Registry()
    for number in range(1, MOST + 2):
        await registry.shown(f"{number:012}")
    await registry.shown(f"{MOST + 1:012}")
    assert registry.asked == MOST + 1
    await registry.shown("000000000001")
    assert registry.asked == MOST + 2
