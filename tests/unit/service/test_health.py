"""Live, ready, readers and status."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from libs.events.status import LogHealth, ReaderStatus, RuntimeStatus, TimerStatus

Bearer = Callable[..., dict[str, str]]
AT = datetime(2026, 1, 2, tzinfo=UTC)


def reader(name: str, **more: Any) -> ReaderStatus:
    plain = {"position": 5, "head": 5, "lag_events": 0, "lag_seconds": 0.0, "owner": None, "error": None}
    return ReaderStatus(name, "projection", **plain | more)


def status(*readers: ReaderStatus, log: LogHealth | None = None, timers: str | None = None) -> RuntimeStatus:
    waiting = TimerStatus(waiting=1, due=1, next_at=AT, error=timers)
    return RuntimeStatus("sample", True, None, 5, 5, readers, (), waiting, AT, log or LogHealth())


class FakeRuntime:
    """Only what health asks of a runtime."""

    def __init__(self, found: RuntimeStatus | Exception) -> None:
        self.found = found

    async def status(self) -> RuntimeStatus:
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


async def test_a_service_without_a_runtime_is_alive_and_ready(client: httpx.AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "alive"}
    assert (await client.get("/health/ready")).json() == {"status": "ready"}
    assert (await client.get("/health/readers")).json() == {"status": "well"}


async def test_a_lost_database_is_not_ready(app: FastAPI, client: httpx.AsyncClient) -> None:
    app.state.runtime = FakeRuntime(ConnectionRefusedError("5432"))
    for kind in ("ready", "readers"):
        answer = await client.get(f"/health/{kind}")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "5432" not in answer.text


@pytest.mark.parametrize(
    "found",
    [
        status(reader("women", error="division by zero")),
        status(reader("women", lag_events=9, lag_seconds=61.0)),
        status(reader("women", parked=1)),
        status(reader("women", paused="stock-taking")),
        status(timers="ValueError"),
        status(log=LogHealth(write_transaction_seconds=90.0)),
        status(log=LogHealth(snapshot_transactions=40_000)),
    ],
    ids=["stopped", "late", "parked", "paused", "timer", "open transaction", "old snapshot"],
)
async def test_a_reader_in_trouble_alarms_but_takes_no_command_away(
    app: FastAPI, client: httpx.AsyncClient, found: RuntimeStatus
) -> None:
    app.state.runtime = FakeRuntime(found)
    ready = await client.get("/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"status": "degraded"})
    alarm = await client.get("/health/readers")
    assert (alarm.status_code, alarm.json()["code"]) == (503, "common.readers_not_well")
    for told in ("women", "division by zero", "stock-taking"):
        assert told not in alarm.text


async def test_a_reader_may_lag_as_long_as_the_setting_allows(app: FastAPI, client: httpx.AsyncClient) -> None:
    app.state.runtime = FakeRuntime(status(reader("women", lag_events=9, lag_seconds=59.0)))
    assert (await client.get("/health/readers")).json() == {"status": "well"}
    app.state.settings = app.state.settings.model_copy(update={"lag_limit": 10.0})
    assert (await client.get("/health/readers")).status_code == 503


async def test_the_status_shows_readers_and_findings_to_those_who_may_see_them(
    app: FastAPI, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    app.state.runtime = FakeRuntime(status(reader("women", error="division by zero"), reader("homes", parked=2)))
    answer = (await client.get("/v1/status", headers=bearer("system-admin", "000000000000"))).json()
    assert [each["name"] for each in answer["cursors"]] == ["women", "homes"]
    assert answer["log"] == {"write_transaction_seconds": 0.0, "snapshot_transactions": 0}
    assert answer["findings"] == [
        {"code": "stopped", "reader": "women", "detail": "division by zero"},
        {"code": "parked", "reader": "homes", "detail": "2 events"},
    ]
    assert (await client.get("/v1/status", headers=bearer("cadre"))).status_code == 403
