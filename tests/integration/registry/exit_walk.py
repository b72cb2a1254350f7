"""Walks the exit of a household through its steps over the API, under a clock that a test moves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import httpx

from libs.events.wake import Pulse, until
from services.registry.domain.exits.rules import CRITERIA
from services.registry.settings import KeptExits, RegistrySettings
from tests.integration.registry.books import Row, book, rows_of
from tests.integration.registry.house import COUNTY, House

START = datetime(2017, 3, 1, 2, tzinfo=UTC)  # a Wednesday, ten in the morning there
KEPT = KeptExits(unit=COUNTY, first=date(2016, 1, 1), source="县扶贫办〔2016〕12号")
SETTINGS = RegistrySettings(exits=(KEPT,))
LINES: Final = [{"criterion": name, "met": True} for name in CRITERIA]


def state(word: str) -> Callable[[Row], None]:
    """Writes a state of poverty into every row."""

    def change(row: Row) -> None:
        row["脱贫属性"] = word

    return change


ROWS: Final = rows_of("方祥乡", 40)
POOR: Final = book(ROWS, change=state("未脱贫"))
WAYS: Final = ("proposed", "checked", "agreed", "noticed", "notice_ended", "township_checked", "monitored")


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    @property
    def today(self) -> str:
        """The day in Shanghai."""
        return str((self.now + timedelta(hours=8)).date())


@dataclass
class Walk:
    """One household's process; `version` is that of the last answer."""

    house: House
    client: httpx.AsyncClient
    clock: Clock
    household: UUID
    process: str = ""
    version: int = 0
    token: str = field(default="", repr=False)

    async def propose(self, **more: Any) -> httpx.Response:
        """Propose it today, with everything met."""
        body = {
            "household_id": str(self.household), "on": self.clock.today, "year": 2016, "income_fen": 320_000,
            "lines": LINES, **more,
        }  # fmt: skip
        answer = await self.client.post("/v1/exits", json=body)
        if answer.is_success:
            self.process = answer.json()["process_id"]
        return self._seen(answer)

    async def step(self, way: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        """A step at the version last seen; `on` is today unless said otherwise."""
        said = {"on": self.clock.today, **(body or {})}
        if way in ("notice", "return"):
            said.pop("on")
        headers = {"If-Match": f'"{self.version}"'}
        return self._seen(await self.client.post(f"/v1/exits/{self.process}/{way}", json=said, headers=headers))

    async def read(self, **query: Any) -> Any:
        """The process as it is once everything written is read."""
        await settled(self.house)
        answer = await self.client.get(f"/v1/exits/{self.process}", params=query)
        assert answer.status_code == 200, answer.text
        self.version = int(answer.headers["etag"].strip('"'))
        return answer.json()

    async def comes_to(self, step: str) -> Any:
        """Wait until the clock has brought it to a step."""

        async def so() -> bool:
            return bool((await self.read())["step"] == step)

        assert await until(so, Pulse(), 20), await self.read()
        return await self.read()

    async def to(self, place: str) -> "Walk":
        """Bring it to a place of WAYS by the good way, a day for each step."""
        steps = WAYS.index(place)
        assert (await self.propose()).status_code == 201
        ways: tuple[tuple[str, dict[str, Any]], ...] = (
            ("check", {}),
            ("answer", {"agreed": True}),
            ("notice", {"first": None}),
            ("", {}),
            ("township-check", {"visited": True}),
            ("confirmation", {}),
        )
        for way, body in ways[:steps]:
            self.clock.now += timedelta(days=1)
            if not way:
                self.clock.now += timedelta(days=5)
                await self.comes_to("notice_ended")
                continue
            said = {"first": self.clock.today} if way == "notice" else body
            answer = await self.step(way, said)
            assert answer.status_code == 200, answer.text
        return self

    def _seen(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            self.version = int(answer.headers["etag"].strip('"'))
        return answer


async def settled(house: House) -> None:
    """Wait until the clock of exits and every read model have read what was written, and what the clock wrote then.

    By what each has before it, not by the last transaction: one that began before it may commit after it.
    """
    readers = sorted(house.runtime._log.readers, key=lambda each: not each.name.startswith("process."))

    async def nothing_left() -> bool:
        return not any([await reader.pending() for reader in readers])

    assert await until(nothing_left, Pulse(), 20), house.runtime._log.errors


async def households_of(house: House, status: str = "not_exited", women: int = 1) -> list[UUID]:
    """Households in a state with so many registered women, by id."""
    sql = "SELECT household_id FROM households WHERE status = $1 AND women = $2 ORDER BY household_id"
    return [row["household_id"] for row in await house.runtime.pool.fetch(sql, status, women)]


async def women_of(house: House, household: UUID) -> dict[str, str]:
    """Its women and their states."""
    sql = "SELECT woman_id, status FROM women WHERE household_id = $1 ORDER BY 1"
    return {str(row["woman_id"]): row["status"] for row in await house.runtime.pool.fetch(sql, household)}
