"""`python -m bench.compare`: runs every comparison, writes docs/performance.json and the tables in docs/performance.md.

Names of cases run only these and print, and write nothing. A quiet machine needs less than ten minutes for all.
"""

import asyncio
import importlib.metadata
import logging
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import psutil

from bench import appends, forwarding, latency, reading
from bench.disks import server
from bench.results import Measure, Outcome
from bench.scale import SCALE
from bench.table import rendered

DOCS = Path(__file__).resolve().parents[1] / "docs"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
MEASURES: dict[str, Measure] = {
    **appends.COMPARISONS,
    **reading.COMPARISONS,
    **latency.COMPARISONS,
    **forwarding.COMPARISONS,
}
PACKAGES = ("asyncpg", "aiokafka", "eventsourcing", "psycopg", "pydantic", "orjson")


async def measured(names: list[str]) -> dict[str, Outcome]:
    """Run them one after another, telling each line as it is known."""
    found: dict[str, Outcome] = {}
    for name in names:
        began = time.monotonic()
        found[name] = await MEASURES[name]()
        print(*found[name].lines(), f"bench: {name} took {time.monotonic() - began:.0f} s", sep="\n", flush=True)
    return found


async def about() -> dict[str, Any]:
    """Machine, versions, command, date: what a figure is worth nothing without."""
    async with server() as running:
        postgres = await running.version()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": "python -m bench.compare",
        "machine": f"{_processor()}, {psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GB",
        "system": platform.platform(),
        "load": psutil.getloadavg()[0],
        "postgresql": postgres,
        "python": platform.python_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "scale": {"rounds": SCALE.rounds, "seconds": SCALE.seconds, "events": SCALE.events},
    }


def written(document: dict[str, Any], folder: Path = DOCS) -> None:
    """Both files; the text of the page outside the two marks stays as it is."""
    (folder / "performance.json").write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")
    page = folder / "performance.md"
    head, rest = page.read_text("utf-8").split(BEGIN)
    page.write_text(f"{head}{BEGIN}\n{rendered(document)}\n{END}{rest.split(END)[1]}", "utf-8")


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


async def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        print(f"bench: no comparison {', '.join(unknown)}; there are: {', '.join(MEASURES)}")
        return 2
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # it tells of every new topic's first seconds
    told = await about()
    found = await measured(names or list(MEASURES))
    if not names:
        written({"about": told, "cases": {name: outcome.as_json() for name, outcome in found.items()}})
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main([name for name in sys.argv[1:] if name])))
