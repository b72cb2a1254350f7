"""One person taken out of a kept register of a million rows: seconds, and the peak memory of service and reader.

`JINGUO_BENCH_ROWS` is about how many rows (1,000,000 without it).
"""

import asyncio
import csv
import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import psutil
from uuid_utils.compat import uuid7

from bench.figure import figure
from jinguo.postgres import EmbeddedPostgres
from libs.events.runtime import Runtime
from libs.events.vault import MemoryVault
from libs.service.clock import system_clock
from libs.values.division import NATION
from libs.values.resident_id import check_character
from services.registry.adapters.redacting import redact
from services.registry.adapters.taking_out import Words
from services.registry.domain.register import columns as c
from services.registry.domain.register.editions import EDITION_2016
from services.registry.handlers import files
from services.registry.worker import service

ROWS: Final = int(os.environ.get("JINGUO_BENCH_ROWS", "1000000"))
MEGABYTE: Final = 1024**2
TODAY: Final = date(2026, 11, 1)


def made(path: Path, rows: int) -> None:
    """A register (csv) of invented people; id and name differ from row to row."""
    columns = [column.name for column in EDITION_2016.columns.columns]
    first = dict.fromkeys(columns, "是")
    with path.open("w", encoding="utf-8", newline="") as out:
        table = csv.DictWriter(out, columns)
        table.writeheader()
        for n in range(rows):
            told = {c.HOUSEHOLD: n // 4, c.PERSON: n, c.NAME: f"杨{chr(0x4E00 + n % 20000)}", c.ID: an_id(n)}
            table.writerow(first | told)


def an_id(n: int) -> str:
    """A sound id, another one for each number."""
    born = date(1930, 1, 1) + timedelta(days=n // 999 % 30_000)
    first17 = f"522634{born:%Y%m%d}{n % 999:03}"
    return first17 + check_character(first17)


class Peaks:
    """The most own memory of this process and of a process of its own, in MB."""

    service = 0.0
    child = 0.0


@contextmanager
def watched() -> Iterator[Peaks]:
    """Looks ten times a second, from a thread."""
    peaks, ended, here = Peaks(), threading.Event(), psutil.Process()

    def look() -> None:
        while not ended.wait(0.1):
            peaks.service = max(peaks.service, here.memory_full_info().uss / MEGABYTE)
            for child in here.children(recursive=True):
                try:
                    if "postgres" not in child.name():
                        peaks.child = max(peaks.child, child.memory_full_info().uss / MEGABYTE)
                except psutil.NoSuchProcess:
                    continue

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield peaks
    finally:
        ended.set()
        looking.join()


async def erasure() -> list[str]:
    """Keep the file, then take the person of its middle row out of it."""
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-") as name:
        folder = Path(name)
        made(folder / "register.csv", ROWS)
        postgres = EmbeddedPostgres(folder / "pg")
        postgres.start()
        try:
            return await _erasure(postgres.dsn(), folder)
        finally:
            postgres.stop()


async def _erasure(dsn: str, folder: Path) -> list[str]:
    runtime = await Runtime.open(service(), dsn, vault=MemoryVault(), clock=system_clock, ids=uuid7)
    words = Words(frozenset({an_id(ROWS // 2)}), frozenset())
    with watched() as peaks:
        began = time.monotonic()
        await files.keep(runtime.pool, runtime.vault, UUID(int=1), NATION.code, folder / "register.csv")
        kept = time.monotonic()
        changed = await redact(runtime.pool, runtime.vault, words, uuid7, TODAY, folder)
        done = time.monotonic()
    left = await files.kept(runtime.pool, runtime.vault, UUID(int=1), folder)
    with left.raw.open(encoding="utf-8-sig") as lines:
        rows = sum(1 for line in lines if line.strip()) - 1
    await runtime.stop()
    assert (changed, rows) == (1, ROWS - 1), (changed, rows)
    return [
        figure("erasure_keep", kept - began, "s", 60, "<"),
        figure("erasure", done - kept, "s", 180, "<"),
        figure("erasure_service_memory", peaks.service, "MB", 250, "<"),
        figure("erasure_reader_memory", peaks.child, "MB", 250, "<"),
    ]


CASES = {"erasure": erasure}

if __name__ == "__main__":
    print("\n".join(asyncio.run(erasure())))
