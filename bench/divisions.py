"""A nation's list of divisions into a registry on a real PostgreSQL: seconds until it is published, and peak memory.

`python -m bench divisions` makes a nation of the real shape (31 provinces, 339 prefectures, 2,850 counties, 40,000
townships, 667,910 villages) and takes it in by a process of its own. `BENCH_DIVISIONS` names a folder with
provinces.csv, cities.csv, areas.csv, streets.csv and villages.csv instead; nothing is fetched.
"""

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from uuid_utils.compat import uuid7

from bench.figure import figure
from jinguo.postgres import EmbeddedPostgres
from libs.events.meta import Meta
from libs.events.pool import connect
from libs.events.runtime import Runtime
from libs.events.schema import migrate
from libs.events.vault import MemoryVault
from libs.service.clock import system_clock
from libs.values.division import NATION
from services.registry.handlers import dividing
from services.registry.worker import service

SHAPE = (31, 339, 2_850, 40_000, 667_910)
FILES = ("provinces", "cities", "areas", "streets", "villages")
META = Meta(actor="bench", role="federation", unit=NATION.code, correlation_id=UUID(int=1))
SECONDS, MEGABYTES = 60, 500


def nation() -> Iterator[tuple[str, str]]:
    """Code and name of every division of a made-up nation, in the order of their codes."""
    provinces, prefectures, counties, townships, villages = SHAPE
    for n in range(provinces):
        province = f"{11 + n}"
        yield f"{province}0000000000", f"第{n}省"
        for m in _share(prefectures, provinces, n):
            prefecture = f"{province}{m - _share(prefectures, provinces, n).start + 1:02}"
            yield f"{prefecture}00000000", f"第{m}市"
            for k in _share(counties, prefectures, m):
                county = f"{prefecture}{k - _share(counties, prefectures, m).start + 1:02}"
                yield f"{county}000000", f"第{k}县"
                yield from _below(county, _share(townships, counties, k), townships, villages)


def _below(county: str, mine: range, townships: int, villages: int) -> Iterator[tuple[str, str]]:
    for t in mine:
        township = f"{county}{100 + t - mine.start:03}"
        yield f"{township}000", f"第{t}镇"
        inside = _share(villages, townships, t)
        for v in inside:
            yield f"{township}{200 + v - inside.start:03}", f"第{v}村民委员会"


def _share(total: int, among: int, n: int) -> range:
    """Which of `total` children belong to the nth of so many parents."""
    return range(total * n // among, total * (n + 1) // among)


def made(folder: Path) -> list[Path]:
    """One file with the nation, in our own form's shortest."""
    path = folder / "divisions.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("code,name\n")
        file.writelines(f"{code},{name}\n" for code, name in nation())
    return [path]


async def take_in(dsn: str, files: list[Path]) -> dict[str, float]:
    """Import the files in order; seconds until the last is published, and the peak memory of this process."""
    runtime = await Runtime.open(service(), dsn, vault=MemoryVault(), clock=system_clock, ids=uuid7)
    await runtime.start({"training": await _silent(dsn)}, alone=True)
    began, rows = time.monotonic(), 0
    for path in files:
        order = dividing.Order(path, path.name, "2016-07", NATION, META)
        result = await dividing.run(runtime, order, _quiet)
        rows += result["totals"]["accepted"]
    seconds = time.monotonic() - began
    await runtime.stop()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    return {"seconds": seconds, "megabytes": peak, "rows": float(rows), "processor": used}


async def _silent(dsn: str) -> str:
    """DSN of a publisher of the same server that says nothing: the registry hears one."""
    connection = await connect(dsn)
    try:
        await connection.execute("CREATE DATABASE training")
    finally:
        await connection.close()
    silent = dsn.replace("/postgres?", "/training?")
    await migrate(silent)
    return silent


async def _quiet(_done: int, _total: int) -> None:
    return None


async def divisions() -> list[str]:
    """The figures, by a server and a process of their own."""
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-") as name:
        folder = Path(name)
        given = os.environ.get("BENCH_DIVISIONS")
        files = [Path(given) / f"{each}.csv" for each in FILES] if given else made(folder)
        postgres = EmbeddedPostgres(folder / "pg")
        postgres.start()
        try:
            command = [sys.executable, "-m", "bench.divisions", postgres.dsn(), *map(str, files)]
            process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
            said, _ = await process.communicate()
        finally:
            postgres.stop()
    found = json.loads(said.splitlines()[-1])
    used = f"{found['processor']:.0f} s of one processor besides the server's"
    return [
        f"bench divisions: {found['rows']:,.0f} rows taken in, {used}",
        figure("divisions, seconds", found["seconds"], "s", SECONDS, "<"),
        figure("divisions, peak memory", found["megabytes"], "MB", MEGABYTES, "<"),
    ]


CASES = {"divisions": divisions}

if __name__ == "__main__":
    print(json.dumps(asyncio.run(take_in(sys.argv[1], [Path(each) for each in sys.argv[2:]]))))
