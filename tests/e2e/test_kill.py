"""kill -9 in the middle of an import: after a restart the import is run again and every figure is that of a quiet run.

ROUNDS and SEED (environment) say how many moments are tried and which; `make soak-product` tries 200. Each round is a
fresh copy of a prepared folder; it kills jinguo, PostgreSQL or both, at random or at a named moment (failpoint.py).
"""

import itertools
import os
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.failpoint import MOMENTS, Failpoint
from tests.e2e.figures import AT_ONCE, plain, some
from tests.e2e.product import COUNTY, DIVISIONS, REGISTER, ROSTERS, Product, copy, product

ROUNDS = int(os.environ.get("ROUNDS", "4"))
SEED = int(os.environ.get("SEED", "1"))
AT_RANDOM = "at random"
VICTIMS = ("jinguo", "postgresql", "both")
STEPS = ("registry", "training", "update")
SERVICE = {"registry": "registry", "training": "training", "update": "registry"}
UPDATE = Path("tests/data/register-2021.csv")
UPDATED = ("522634101000", "522634204000")  # the townships for which it is full
HELD_LIMIT = 60.0


@dataclass(frozen=True)
class Round:
    """One kill: during which import, at which moment, of whom."""

    number: int
    step: str
    moment: str
    victim: str

    def __str__(self) -> str:
        return f"{self.number:02}: {self.victim} killed, {self.moment}, importing {self.step}"


def rounds() -> list[Round]:
    """Every cell once in a shuffled order, then again, until there are enough."""
    dice = random.Random(SEED)
    cells = list(itertools.product(STEPS, (AT_RANDOM, *MOMENTS), VICTIMS))
    found: list[tuple[str, str, str]] = []
    while len(found) < ROUNDS:
        found += dice.sample(cells, len(cells))
    return [Round(number, *cell) for number, cell in enumerate(found[:ROUNDS], 1)]


@dataclass
class Prepared:
    """Stopped folders to copy from, and what a quiet run ends with."""

    before: dict[str, Path]
    classes: dict[str, Any]
    figures: dict[str, Any]
    seconds: dict[str, float]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """Divisions in, then the register, the rosters and the register of five years later: the quiet run."""
    parent = tmp_path_factory.mktemp("prepared")
    with product(parent / "running") as quiet:
        quiet.start()
        quiet.cli("divisions", "import", DIVISIONS)
        before: dict[str, Path] = {}
        seconds: dict[str, float] = {}
        classes: dict[str, Any] = {}
        for step in STEPS:
            before[step] = _kept(quiet, parent / step)
            seconds[step] = _timed(quiet, step)
            classes = figures(quiet) if step == "training" else classes
        yield Prepared(before, classes, figures(quiet), seconds)


def _kept(running: Product, target: Path) -> Path:
    """A copy of the folder, taken while it is stopped."""
    running.stop()
    copy(running.folder.path, target)
    running.start()
    return target


def _timed(running: Product, step: str) -> float:
    began = time.monotonic()
    running.cli(*command(step))
    return time.monotonic() - began


def command(step: str) -> tuple[object, ...]:
    """One import."""
    if step == "training":
        return ("training", "import", *ROSTERS, "--unit", COUNTY)
    cover = [word for unit in UPDATED for word in ("--cover", unit)]
    return ("register", "import", UPDATE, *cover) if step == "update" else ("register", "import", REGISTER)


def figures(running: Product) -> dict[str, Any]:
    """County, townships, and every woman without her id."""
    with running.client() as client:
        reports = {COUNTY: plain(running.report())}
        for row in reports[COUNTY]["rows"]:
            query = {"division": row["division"]}
            answer = client.get("/reporting/v1/reports/match", params=query).raise_for_status()
            reports[row["division"]] = plain(answer.json())
        women: Counter[str] = Counter()
        url: str | None = f"/reporting/v1/reports/match/women?division={COUNTY}&column=population&limit=500"
        while url:
            page = client.get(url).raise_for_status().json()
            women.update(str({name: item[name] for name in item if not name.endswith("_id")}) for item in page["items"])
            url = page["next"]
    return {"reports": reports, "women": women}


def test_the_quiet_run_reaches_the_expected_figures(prepared: Prepared) -> None:
    assert some(prepared.classes["reports"][COUNTY]["total"], AT_ONCE) == AT_ONCE
    assert prepared.classes["women"].total() == 941
    assert prepared.figures["women"].total() > 941


@pytest.mark.parametrize("kill", rounds(), ids=str)
def test_an_import_that_was_killed_is_finished_by_running_it_again(
    prepared: Prepared, kill: Round, tmp_path: Path
) -> None:
    copy(prepared.before[kill.step], tmp_path / "data")
    with product(tmp_path / "data") as running:
        running.start()
        _disturb(running, kill, prepared.seconds[kill.step])
        for again in STEPS[STEPS.index(kill.step) :]:
            running.cli(*command(again))
        assert figures(running) == prepared.figures
        assert running.stop() == 0


def _disturb(running: Product, kill: Round, seconds: float) -> None:
    """Start the import, kill at the moment, bring everything up again."""
    dice = random.Random(f"{SEED} {kill}")
    point = None
    if kill.moment in MOMENTS:
        point = Failpoint(running.postgres, SERVICE[kill.step], kill.moment, hit=dice.randint(1, 2))
        point.set()
    importing = running.spawn(*command(kill.step))
    if point is None:
        time.sleep(dice.uniform(0.3, seconds))
    else:
        _wait_held(point, importing, running)
    _kill(running, kill.victim)
    if kill.victim != "jinguo":
        assert running.process is not None
    if point is not None and kill.victim != "both":
        point.lift()
    out, err = importing.communicate(timeout=120)
    assert "Traceback" not in out + err
    if kill.victim != "postgresql":
        running.start()
    if point is not None and kill.victim == "both":
        point.lift()


def _wait_held(point: Failpoint, importing: "subprocess.Popen[str]", running: Product) -> None:
    end = time.monotonic() + HELD_LIMIT
    while not point.held():
        assert importing.poll() is None, f"the import ended before the moment: {running.said()[-2000:]}"
        assert time.monotonic() < end, f"the moment was not reached: {running.said()[-2000:]}"
        time.sleep(0.01)


def _kill(running: Product, victim: str) -> None:
    if victim in {"jinguo", "both"}:
        running.kill()
    if victim in {"postgresql", "both"}:
        running.kill_postgres()
