"""Figures of the whole product: imports, commands to the reporting page, start, idle, memory."""

import asyncio
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from bench.figure import figure, percentile
from bench.running import COUNTY, DEMO, Product, command_line, product

DIVISIONS = "divisions-guizhou-qiandongnan-2016.csv"
REGISTER = "register-2016-leishan.xlsx"
IDLE_SECONDS = 60
RATE = 200  # commands a second


async def upload(client: httpx.AsyncClient, path: str, name: str, file: Path | None = None) -> dict[str, Any]:
    """Give a file (without one, that of the demo) to an import route and wait for the job; its result."""
    key = {"Idempotency-Key": str(uuid4())}
    answer = await client.post(path, params={"filename": name}, content=(file or DEMO / name).read_bytes(), headers=key)
    answer.raise_for_status()
    location = answer.headers["location"]
    while True:
        job = (await client.get(location, headers={"Prefer": "wait=5"})).json()
        if job["status"] not in {"queued", "running"}:
            assert job["status"] == "succeeded", job
            result: dict[str, Any] = job["result"]
            return result


async def shown(client: httpx.AsyncClient, source: str, number: int) -> None:
    """Wait until reporting has read the publisher's number."""
    query: dict[str, str | int] = {"source": source, "number": number, "wait": 60}
    answer = await client.get("/reporting/v1/freshness", params=query)
    answer.raise_for_status()


async def register_import() -> list[str]:
    """Rows a second from upload until reporting shows them; a reader's waiting time meanwhile."""
    async with product() as running, running.client() as client, running.client() as reader:
        await upload(client, "/registry/v1/divisions/imports", DIVISIONS)
        waits: list[float] = []
        reading = asyncio.create_task(_read_on(reader, waits))
        began = time.monotonic()
        result = await upload(client, "/registry/v1/imports", REGISTER)
        await shown(client, "registry", result["published"]["number"])
        seconds = time.monotonic() - began
        reading.cancel()
        rows = result["totals"]["rows"]
    return [
        figure("register_import", rows / seconds, "rows/s", 1_000, "≥"),
        figure("register_import_interactive_p99", percentile(waits, 99) * 1_000, "ms", 1_000, "<"),
    ]


async def _read_on(client: httpx.AsyncClient, waits: list[float]) -> None:
    while True:
        began = time.monotonic()
        (await client.get(f"/registry/v1/divisions/{COUNTY}")).raise_for_status()
        waits.append(time.monotonic() - began)
        await asyncio.sleep(0.02)


async def command_to_page() -> list[str]:
    """From a command's answer to the reporting page, under 200 commands a second."""
    async with product() as running, running.client() as client:
        await upload(client, "/registry/v1/divisions/imports", DIVISIONS)
        result = await upload(client, "/registry/v1/imports", REGISTER)
        await shown(client, "registry", result["published"]["number"])
        women = await _women(client)
        waits: list[float] = []
        answers: list[float] = []
        began = time.monotonic()
        tasks = []
        for index, woman in enumerate(women):
            await asyncio.sleep(max(0.0, began + index / RATE - time.monotonic()))
            tasks.append(asyncio.create_task(_exit_and_look(client, woman, waits, answers, look=index % 10 == 0)))
        await asyncio.gather(*tasks)
        rate = len(answers) / (max(answers) - began)
    return [
        figure("command_rate", rate, "commands/s", RATE * 0.9, "≥"),
        figure("command_to_page_p99", percentile(waits, 99), "s", 1, "<"),
    ]


async def _women(client: httpx.AsyncClient) -> list[str]:
    found: list[str] = []
    url: str | None = f"/reporting/v1/reports/match/women?division={COUNTY}&column=not_exited&limit=500"
    while url:
        page = (await client.get(url)).raise_for_status().json()
        found += [item["woman_id"] for item in page["items"]]
        url = page["next"]
    return found


async def _exit_and_look(
    client: httpx.AsyncClient, woman: str, waits: list[float], answers: list[float], *, look: bool
) -> None:
    body = {"valid": "2017-12-31", "source": "poverty_office", "reason": "2017 exit list"}
    headers = {"Idempotency-Key": woman}
    answer = await client.post(f"/registry/v1/women/{woman}/exit", json=body, headers=headers)
    answer.raise_for_status()
    answered = time.monotonic()
    answers.append(answered)
    while look:
        page = (await client.get(f"/reporting/v1/women/{woman}")).json()
        if page["status"] == "exited":
            waits.append(time.monotonic() - answered)
            return
        await asyncio.sleep(0.02)


async def match_report() -> list[str]:
    """The county's report by REST, with register and rosters in."""
    async with product() as running, running.client() as client:
        await upload(client, "/registry/v1/divisions/imports", DIVISIONS)
        await upload(client, "/registry/v1/imports", REGISTER)
        result = await upload(client, "/training/v1/imports", "roster-training.xlsx")
        await shown(client, "training", result["published"]["number"])
        waits = []
        for _ in range(100):
            began = time.monotonic()
            answer = await client.get("/reporting/v1/reports/match", params={"division": COUNTY})
            answer.raise_for_status()
            waits.append(time.monotonic() - began)
    return [figure("match_report_p99", percentile(waits, 99) * 1_000, "ms", 100, "<")]


async def start() -> list[str]:
    """Second start, idle CPU and memory of jinguo and its PostgreSQL."""
    async with product() as running:
        for command in (("divisions", "import", str(DEMO / DIVISIONS)), ("register", "import", str(DEMO / REGISTER))):
            command_line(running, *command)
        running.stop()
        seconds = await running.start()
        await asyncio.sleep(5)  # the caches of the start settle; what follows is idle
        share, memory = await _idle(running)
    return [
        figure("second_start", seconds, "s", 5, "<"),
        figure("idle_cpu", share * 100, "% of a core", 3, "<"),
        figure("memory_pss", memory / 1024**2, "MB", 600, "<"),
    ]


async def _idle(running: Product) -> tuple[float, int]:
    before = _cpu(running)
    await asyncio.sleep(IDLE_SECONDS)
    used = _cpu(running) - before
    memory = sum(process.memory_full_info().pss for process in running.processes())
    return used / IDLE_SECONDS, memory


def _cpu(running: Product) -> float:
    return sum(times.user + times.system for times in (process.cpu_times() for process in running.processes()))


CASES = {
    "match_report": match_report,
    "register_import": register_import,
    "command_to_page": command_to_page,
    "start": start,
}
