"""A partner follows the events with the program of docs/how-to/follow-the-events.md as it stands, and is killed."""

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx

from tests.e2e.product import COUNTY, DIVISIONS, REGISTER, ROSTERS, Product

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "follow-the-events.md"
UNITS = {"training": COUNTY, "registry": "522634101000"}  # courses are of the unit that reports them
TYPES = (
    "training.attended.v1",
    "training.course-headcount.v1",
    "registry.woman-registered.v1",
    "registry.household-registered.v1",
)
HIDDEN = {"birth_year", "head", "days", "first_day", "kind", "completed", "participants"}
DIES = """
import os, signal, follow
take, left = follow.take, int(os.environ["DIE_AFTER"])
def counted(store, event):
    global left
    take(store, event)
    print(event["id"], flush=True)
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
follow.take = counted
follow.main(*__import__("sys").argv[1:])
"""


def of(product: Product, owner: httpx.Client, feed: str) -> list[dict[str, Any]]:
    """What the owner sees of the same unit and types, by pages of another size."""
    found: list[dict[str, Any]] = []
    types = [each for each in TYPES if each.startswith(feed)]
    while True:
        last = {"lastEventId": found[-1]["id"]} if found else {}
        query = {"unit": UNITS[feed], "type": types, "limit": 333, **last}
        page = owner.get(f"/{feed}/feeds/{feed}", params=query).raise_for_status().json()
        if not page:
            assert found, product.said()
            return found
        found += page


def follower(folder: Path, env: dict[str, str], feed: str, die_after: int) -> "subprocess.Popen[str]":
    environment = {**os.environ, **env, "DIE_AFTER": str(die_after), "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", DIES, feed, str(folder / f"{feed}.db")]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_partner_follows_by_the_guide_through_kills_and_sees_what_was_agreed(fresh: Product, tmp_path: Path) -> None:
    program = re.search(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert program is not None
    (tmp_path / "follow.py").write_text(program[1], encoding="utf-8")
    fresh.start()
    fresh.cli("divisions", "import", DIVISIONS)
    fresh.cli("register", "import", REGISTER)
    fresh.cli("training", "import", ROSTERS[0], "--unit", COUNTY)
    fresh.cli(
        "agreements", "add", "2016-03", "--partner", "bank", "--division", COUNTY, "--scope", "feeds:read",
        "--field", "reference", "--field", "place", "--field", "poverty", "--measure", "all",
        *(word for each in TYPES for word in ("--event-type", each)),
        "--valid-from", "2016-03-01", "--reason", "contract of March 2016",
    )  # fmt: skip
    with fresh.client() as owner:
        for feed, unit in UNITS.items():
            env = client_of(fresh, unit)
            expected = of(fresh, owner, feed)
            stored = followed(tmp_path, env, feed, [event["id"] for event in expected])
            assert [event["id"] for event in stored] == [event["id"] for event in expected], "each once, in order"
            assert {event["type"] for event in stored} <= set(TYPES)
            names = {name for event in stored for name in event["data"]}
            assert names
            assert names.isdisjoint(HIDDEN)
            assert all("subject" in event for event in stored)
            units = {event["data"][name] for event in stored for name in ("division", "unit") if name in event["data"]}
            assert units
            assert all(each.startswith(unit.rstrip("0")) for each in units)
    fresh.cli("agreements", "close", "2016-03", "--reason", "the contract has ended")
    with follower(tmp_path, env, "training", 1) as late:
        _, told = late.communicate(timeout=60)
    assert late.returncode == 1
    assert "401" in told


def client_of(product: Product, unit: str) -> dict[str, str]:
    """A new client of this unit, as the program is told of it."""
    told = ("bank", "--division", unit, "--agreement", "2016-03", "--scope", "feeds:read", "--format", "json")
    made = product.json("clients", "add", *told)
    return {
        "JINGUO_URL": product.url,
        "CLIENT_ID": made["client"]["client_id"],
        "CLIENT_SECRET": made["client_secret"],
    }


def followed(folder: Path, env: dict[str, str], feed: str, expected: list[str]) -> list[dict[str, Any]]:
    """Killed after 1, 2 and 5 events, then let run until it has the last one; what lies in its store."""
    seen: list[str] = []
    for die_after in (1, 2, 5, -1):
        with follower(folder, env, feed, die_after) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            for line in process.stdout:
                seen.append(line.strip())
                if seen[-1] == expected[-1] and die_after < 0:
                    process.kill()
            assert process.wait(60) == -signal.SIGKILL, process.stderr.read()
    assert seen == expected, "no event was taken twice"
    with closing(sqlite3.connect(folder / f"{feed}.db")) as store:
        return [json.loads(event) for (event,) in store.execute("SELECT event FROM events ORDER BY id")]
