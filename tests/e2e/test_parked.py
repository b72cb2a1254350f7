"""A technician's day with events that reporting cannot take, by the real command line, running and stopped."""

import asyncio
import io
import json
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from jinguo.cli.app import run
from jinguo.cli.errors import FAILED, USAGE
from tests.e2e.figures import REGISTER as FIGURES
from tests.e2e.figures import some
from tests.e2e.product import DIVISIONS, REGISTER, Product, copy, product

NAME = "reporting.registry"
POISON = (300, 700)  # numbers of registry's published log, in the middle of its import
FAULT = f"""
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '杨花 cannot be counted'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON facts FOR EACH ROW
    WHEN (new.source = 'registry' AND new.number IN {POISON}) EXECUTE FUNCTION refuse();
"""
MENDED = "DROP TRIGGER refuse ON facts; DROP FUNCTION refuse;"


@dataclass
class Day:
    """What was printed, by step."""

    said: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, step: str) -> Any:
        return self.said[step]


@pytest.fixture(scope="module")
def day(empty: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """The whole day; every test looks at a part of it."""
    folder = tmp_path_factory.mktemp("day") / "data"
    copy(empty, folder)
    with product(folder) as running:
        running.start()
        told = Day()
        _park(running, told)
        _wrong(running, told)
        _control(running, told)
        _mend(running, told)
        running.stop()
        _stopped(running, told)
        yield told


def _park(running: Product, told: Day) -> None:
    running.cli("divisions", "import", DIVISIONS)
    _sql(running, FAULT)
    told.said["import"] = running.cli("register", "import", REGISTER)
    told.said["parked"] = _items(running, "parked", "list", NAME)
    told.said["parked text"] = running.cli("parked", "list")
    told.said["doctor"] = _here(running, "doctor", "--json")
    told.said["failed retry"] = _here(running, "parked", "retry", NAME, "--all")
    with running.client() as client:
        query = {"source": "registry", "number": POISON[0], "wait": 30}
        told.said["waiting"] = client.get("/reporting/v1/freshness", params=query)


def _wrong(running: Product, told: Day) -> None:
    """Commands that make no sense."""
    told.said["wrong"] = {
        " ".join(map(str, words[:2])) + f" {i}": _here(running, *words)
        for i, words in enumerate(
            [
                ("parked", "list", "reporting.nobody"),
                ("parked", "retry", NAME),
                ("parked", "retry", NAME, "--all", "--number", 3),
                ("parked", "retry", NAME, "--number", 3),
                ("parked", "retry", NAME, "--key", "0197d2c8-6a50-7cc2-a14a-1a1f5c8f2b01"),
                ("parked", "retry", NAME, "--key", "nonsense"),
                ("parked", "discard", NAME, "--number", 3, "--reason", "x"),
                ("parked", "discard", NAME, "--number", POISON[0]),
                ("parked", "discard", NAME, "--number", POISON[0], "--reason", " "),
                ("consumer", "pause", "nobody", "--reason", "x"),
                ("consumer", "pause", NAME),
                ("consumer", "resume", NAME),
                ("consumer", "start", NAME, "--at", 0),
                ("consumer", "start", NAME, "--at", 99_999_999, "--yes"),
                ("consumer", "start", NAME, "--at", 1, "--yes"),
                ("consumer", "list", "--data", running.folder.path.with_name("nothing")),
            ]
        )
    }


def _here(running: Product, *words: object) -> "subprocess.CompletedProcess[str]":
    """A command run in this process, which is quicker than one of its own."""
    out, err = io.StringIO(), io.StringIO()
    given = [] if "--data" in words else ["--data", str(running.folder.path)]
    with redirect_stderr(err), redirect_stdout(out):
        status = run([*map(str, words), *given])
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())


def _items(running: Product, *words: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_here(running, *words, "--format", "json").stdout)["items"]
    return found


def _control(running: Product, told: Day) -> None:
    told.said["pause"] = running.cli("consumer", "pause", NAME, "--reason", "the list is wrong")
    told.said["list"] = _items(running, "consumer", "list")
    told.said["list text"] = _here(running, "consumer", "list")
    told.said["doctor paused"] = _here(running, "doctor", "--json")
    told.said["unasked"] = _here(running, "consumer", "start", NAME, "--at", 1)
    running.stop()
    running.start()
    told.said["after a restart"] = _items(running, "consumer", "list")
    told.said["resume"] = _here(running, "consumer", "resume", NAME)


def _mend(running: Product, told: Day) -> None:
    _sql(running, MENDED)
    told.said["retry"] = running.cli("parked", "retry", NAME, "--all")
    told.said["report"] = running.report()
    told.said["doctor mended"] = _here(running, "doctor", "--json")


def _stopped(running: Product, told: Day) -> None:
    told.said["stopped"] = _items(running, "consumer", "list")
    told.said["stopped parked"] = _here(running, "parked", "list", NAME)
    told.said["stopped start"] = _here(running, "consumer", "start", "reporting.training", "--at", 1, "--yes")
    told.said["begun anew"] = _items(running, "consumer", "list")


def _sql(running: Product, statements: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(running.postgres.dsn("reporting"))
        await connection.execute(statements)
        await connection.close()

    asyncio.run(run())


def _of(items: list[dict[str, Any]], name: str = NAME) -> dict[str, Any]:
    return next(item for item in items if item["consumer"] == name)


def _check(printed: Any, name: str = f"reporting.{NAME}") -> dict[str, str]:
    return next(check for check in json.loads(printed.stdout)["checks"] if check["name"] == name)


def test_an_import_goes_through_and_what_cannot_be_counted_is_set_aside_without_names(day: Day) -> None:
    assert set(POISON) <= {item["number"] for item in day["parked"]}
    assert {item["number"] for item in day["parked"] if item["error"]} == set(POISON)
    assert all(
        item["error"].startswith("RaiseError P0001 in services.reporting") for item in day["parked"] if item["error"]
    )
    assert "杨花" not in day["parked text"].stdout + day["parked text"].stderr
    assert f"jinguo parked retry {NAME} --all" in day["parked text"].stderr


def test_the_doctor_names_the_next_step(day: Day) -> None:
    found = _check(day["doctor"])
    assert (found["state"], found["fix"]) == ("WARN", f"jinguo parked list {NAME}")
    assert _check(day["doctor paused"])["message"] == "paused: the list is wrong"
    assert _check(day["doctor mended"])["state"] == "OK"


def test_who_waits_for_a_parked_event_is_answered_with_a_conflict(day: Day) -> None:
    assert (day["waiting"].status_code, day["waiting"].json()["code"]) == (409, "event.parked")


def test_a_retry_before_the_fault_is_mended_says_so_and_loses_nothing(day: Day) -> None:
    assert day["failed retry"].returncode == FAILED
    assert f"event {POISON[0]} still fails: RaiseError" in day["failed retry"].stdout


def test_wrong_commands_are_refused_with_what_is_right(day: Day) -> None:
    wanted = [
        (FAILED, "There is no consumer reporting.nobody"), (USAGE, "Name one of"), (USAGE, "Name one of"),
        (FAILED, "No event 3 is parked"), (FAILED, "Nothing of key"), (USAGE, "--key"),
        (FAILED, "No event 3 is parked"), (USAGE, "--reason"), (FAILED, "needs a reason"),
        (FAILED, "reporting.registry, reporting.training"), (USAGE, "--reason"), (FAILED, "is not paused"),
        (USAGE, "--at"), (FAILED, "is not in the log"), (FAILED, "is reading now"), (FAILED, "holds no data of jinguo"),
    ]  # fmt: skip
    for (name, done), (status, words) in zip(day["wrong"].items(), wanted, strict=True):
        assert (done.returncode, words in done.stderr) == (status, True), (name, done)
        assert "Traceback" not in done.stderr


def test_a_pause_is_shown_with_its_reason_and_stays_over_a_restart(day: Day) -> None:
    for step in ("list", "after a restart"):
        found = _of(day[step])
        assert (found["paused"], found["reason"]) == (True, "the list is wrong")
    assert "paused since" in day["list text"].stdout
    assert f"jinguo consumer resume {NAME}" in day["pause"].stderr
    assert (day["unasked"].returncode, "add --yes" in day["unasked"].stderr) == (USAGE, True)
    assert "would be taken a second time" in day["unasked"].stderr


def test_after_mending_a_retry_brings_the_figures_of_an_undisturbed_run(day: Day) -> None:
    assert f"applied {POISON[0]}" in day["retry"].stdout
    assert some(day["report"]["total"], FIGURES) == FIGURES


def test_the_commands_work_while_jinguo_is_stopped(day: Day) -> None:
    found = _of(day["stopped"])
    assert (found["parked"], found["waiting"], found["paused"]) == (0, 0, False)
    assert found["number"] == found["head"] > POISON[1]
    assert "Nothing is parked" in day["stopped parked"].stderr
    assert "reads from event 1 on" in day["stopped start"].stdout
    assert _of(day["begun anew"], "reporting.training")["number"] == 0
