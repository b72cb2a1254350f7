"""A register of any size taken in by the running product: rows a second until the reports show it, memory, waiting.

`JINGUO_BENCH_ROWS` is about how many rows; the file is made by the seed before the clock starts. A county has some ten
thousand poor people in some hundred villages, so a larger register is of several counties.
"""

import asyncio
import csv
import math
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx
import psutil

from bench.figure import figure, percentile
from bench.product import DIVISIONS, shown, upload
from bench.running import COUNTY, DEMO, Product, product
from jinguo.seed.files import write_register
from jinguo.seed.people import Spec
from jinguo.seed.villages import areas_from, villages_of

ROWS: Final = int(os.environ.get("JINGUO_BENCH_ROWS", "200000"))
ROWS_OF_A_COUNTY: Final = 60_000
WOMEN_SHARE: Final = 0.45
MEGABYTE: Final = 1024**2


@dataclass
class Watched:
    """What was seen while the file was taken in."""

    waits: list[float] = field(default_factory=list)
    done: list[tuple[float, int]] = field(default_factory=list)
    service: int = 0
    child: int = 0

    def rate(self, first: float, last: float) -> float:
        """Rows a second between two shares of the rows taken in."""
        rows = self.done[-1][1]
        began = next(at for at, done in self.done if done >= first * rows)
        ended, there = next((at, done) for at, done in self.done if done >= last * rows)
        return (there - first * rows) / max(ended - began, 1e-9)


async def county_import() -> list[str]:
    """One file, by REST, with all rules, dedupe and sealing."""
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-") as folder:
        villages = villages_of(DEMO / DIVISIONS, _counties(math.ceil(ROWS / ROWS_OF_A_COUNTY)))
        spec = Spec(round(ROWS * WOMEN_SHARE), villages, areas_from(COUNTY), 1)
        register = write_register(spec, 2016, Path(folder))
        async with product() as running, running.client() as client, running.client() as reader:
            await upload(client, "/registry/v1/divisions/imports", DIVISIONS)
            watched = Watched()
            reading = asyncio.create_task(_read_on(reader, watched))
            weighing = asyncio.create_task(_weigh(running, watched))
            before, began = _cpu(running), time.monotonic()
            result = await _import(client, register, watched)
            await shown(client, "registry", result["published"]["number"])
            seconds = time.monotonic() - began
            spent = {name: used - before.get(name, 0.0) for name, used in _cpu(running).items()}
            reading.cancel()
            weighing.cancel()
    rows = result["totals"]["rows"]
    first, last = watched.rate(0.0, 0.1), watched.rate(0.9, 1.0)
    print("  processor:", ", ".join(f"{name} {used / rows * 1e6:.0f} µs/row" for name, used in spent.items()))
    return [
        figure("county_import_rows", rows, "rows", ROWS * 0.9, "≥"),
        figure("county_import", rows / seconds, "rows/s", 2_500, "≥"),
        figure("county_import_interactive_p99", percentile(watched.waits, 99) * 1_000, "ms", 1_000, "<"),
        figure("county_import_last_tenth", last / first * 100, "% of the first", 90, "≥"),
        figure("county_import_service_memory", watched.service / MEGABYTE, "MB", 400, "<"),
        figure("county_import_reader_memory", watched.child / MEGABYTE, "MB", 400, "<"),
    ]


def _counties(count: int) -> list[str]:
    """The sample's county and as many others of its prefecture as are asked for, if there are so many."""
    with (DEMO / DIVISIONS).open(encoding="utf-8-sig") as lines:
        others = [row["code"] for row in csv.DictReader(lines) if row["level"] == "county" and row["code"] != COUNTY]
    return [COUNTY, *others][:count]


async def _import(client: httpx.AsyncClient, register: Path, watched: Watched) -> dict[str, Any]:
    content = await asyncio.to_thread(register.read_bytes)
    key = {"Idempotency-Key": str(uuid4())}
    query = {"filename": register.name}
    answer = await client.post("/registry/v1/imports", params=query, content=content, headers=key)
    location = answer.raise_for_status().headers["location"]
    while True:
        job = (await client.get(location, headers={"Prefer": "wait=1"})).json()
        if job["progress"]["total"]:
            watched.done.append((time.monotonic(), job["progress"]["done"]))
        if job["status"] not in {"queued", "running"}:
            assert job["status"] == "succeeded", job
            result: dict[str, Any] = job["result"]
            return result


async def _read_on(client: httpx.AsyncClient, watched: Watched) -> None:
    while True:
        began = time.monotonic()
        (await client.get(f"/registry/v1/women?division={COUNTY}&limit=20")).raise_for_status()
        watched.waits.append(time.monotonic() - began)
        await asyncio.sleep(0.05)


async def _weigh(running: Product, watched: Watched) -> None:
    """The service's and its readers' own memory, now and then."""
    assert running.process is not None
    service = psutil.Process(running.process.pid)
    while True:
        watched.service = max(watched.service, service.memory_full_info().uss)
        for child in service.children(recursive=True):
            try:
                if "postgres" not in child.name():
                    watched.child = max(watched.child, child.memory_full_info().uss)
            except psutil.NoSuchProcess:
                continue
        await asyncio.sleep(0.5)


def _cpu(running: Product) -> dict[str, float]:
    """Seconds of processor by kind of process; those that ended count for their parents."""
    assert running.process is not None
    used = {"service": 0.0, "postgres": 0.0}
    for process in running.processes():
        times = process.cpu_times()
        kind = "postgres" if "postgres" in process.name() else "service"
        used[kind] += times.user + times.system + times.children_user + times.children_system
    return used


CASES = {"county_import": county_import}
