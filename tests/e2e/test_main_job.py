"""The main job by the command line, once through; each test looks at one part of what came out."""

import csv
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from jinguo.cli.errors import ROWS_REFUSED
from tests.e2e.figures import AFTER_CONFIRMING, AT_ONCE, BY_TOWNSHIP, REGISTER, plain, some
from tests.e2e.product import COUNTY, DIVISIONS, ROSTERS, Product, product
from tests.e2e.product import REGISTER as REGISTER_FILE

DIRTY = Path(__file__).parents[1] / "data" / "register-2016-dirty.xlsx"


@dataclass
class Story:
    """What each step of the job printed."""

    answers: dict[str, Any] = field(default_factory=dict)
    table: str = ""
    csv: str = ""
    stderr: str = ""

    def __getitem__(self, step: str) -> Any:
        return self.answers[step]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """The whole job, as a newcomer does it."""
    folder = tmp_path_factory.mktemp("story")
    with product(folder / "data") as running:
        running.start()
        yield _tell(running, folder)


def _tell(running: Product, folder: Path) -> Story:
    told = Story()
    steps = told.answers
    running.cli("divisions", "import", DIVISIONS)
    steps["dry run"] = running.json("register", "import", REGISTER_FILE, "--dry-run", "--format", "json")
    steps["report after the dry run"] = running.report()
    imported = running.cli("register", "import", REGISTER_FILE, "--format", "json")
    told.stderr, steps["register"] = imported.stderr, json.loads(imported.stdout)
    steps["rosters"] = running.json("training", "import", *ROSTERS, "--unit", COUNTY, "--format", "json")
    steps["report"] = running.report()
    match = ("report", "match", "--division", COUNTY, "--format")
    told.table, told.csv = running.cli(*match, "table").stdout, running.cli(*match, "csv").stdout
    _again(running, steps)
    _decide(running, steps, folder)
    steps["corrected"] = running.json(
        "training", "import", _without_one_woman(steps, folder), "--unit", COUNTY, "--format", "json"
    )
    steps["report after the corrected roster"] = running.report()
    dirty = Path(shutil.copy(DIRTY, folder))
    done = running.cli("register", "import", dirty, "--strict", "--format", "json", ok=False)
    steps["dirty"], steps["dirty status"] = json.loads(done.stdout), done.returncode
    return told


def _again(running: Product, steps: dict[str, Any]) -> None:
    running.cli("divisions", "import", DIVISIONS)
    steps["register again"] = running.json("register", "import", REGISTER_FILE, "--format", "json")
    steps["rosters again"] = running.json("training", "import", *ROSTERS, "--unit", COUNTY, "--format", "json")
    steps["report again"] = running.report()


def _decide(running: Product, steps: dict[str, Any], folder: Path) -> None:
    """Confirm one row by its id, the others by the edited list."""
    waiting = running.json("training", "decide", "--list", "--format", "json")["items"]
    steps["waiting"] = waiting
    running.cli("training", "decide", "--confirm", waiting[0]["id"], "--reason", "seen her booklet")
    listed = running.cli("training", "decide", "--list", "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(listed)))
    steps["still waiting"] = rows
    file = folder / "decisions.csv"
    with file.open("w", newline="", encoding="utf-8-sig") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "decision": "confirm", "reason": "asked the village"} for row in rows)
    running.cli("training", "decide", "--file", file)
    steps["report after confirming"] = running.report()
    steps["waiting at the end"] = running.json("training", "decide", "--list", "--format", "json")["items"]


def _without_one_woman(steps: dict[str, Any], folder: Path) -> Path:
    """The first roster, as its office corrects it: a woman who was matched without doubt was never there."""
    sure = [row for row in steps["rosters"][0]["rows"] if row["match"] == "exact" and not row["findings"]]
    exact = sure[1]  # the first of them is named twice in the file
    book = openpyxl.load_workbook(ROSTERS[0])
    sheet = book[exact["sheet"]] if exact.get("sheet") in book.sheetnames else book.worksheets[0]
    sheet.delete_rows(exact["row"])
    file = folder / "roster-training-corrected.xlsx"
    book.save(file)
    return file


def test_a_dry_run_answers_every_row_and_writes_nothing(story: Story) -> None:
    assert story["dry run"]["totals"]["rows"] == 2064
    assert len(story["dry run"]["rows"]) == 2064
    assert story["report after the dry run"]["total"]["population"] == 0


def test_the_dry_run_predicts_the_import(story: Story) -> None:
    assert story["dry run"]["totals"] == story["register"]["totals"]


def test_the_register_reaches_the_totals_of_the_file(story: Story) -> None:
    expected = {"rows": 2064, "households": 600, "persons": 2064, "women": 941, "accepted": 2064, "refused": 0}
    assert some(story["register"]["totals"], expected) == expected


def test_the_report_shows_the_register(story: Story) -> None:
    assert some(story["report"]["total"], REGISTER) == REGISTER
    assert story["report"]["total"]["able_adults"] == 341


def test_both_rosters_match_57_women_at_once(story: Story) -> None:
    assert some(story["report"]["total"], AT_ONCE) == AT_ONCE
    assert {row["name"]: row["matched"] for row in story["report"]["rows"]} == BY_TOWNSHIP


def test_each_roster_answers_its_rows(story: Story) -> None:
    first, second = (answer["totals"] for answer in story["rosters"])
    expected = {"women_matched": 38, "waiting": 4, "not_in_register": 4, "not_a_woman": 1, "repeated": 1}
    assert some(first, expected) == expected
    expected = {"women_matched": 21, "waiting": 4, "not_in_register": 3, "not_a_woman": 0, "repeated": 0}
    assert some(second, expected) == expected


def test_the_rows_of_the_report_sum_to_its_total(story: Story) -> None:
    report = story["report"]
    for name in ("households", "population", *AT_ONCE, *REGISTER, "able_adults"):
        assert sum(row[name] for row in report["rows"]) == report["total"][name], name
    for name in ("women", "attendances", "days"):
        total = report["total"]["measures"]["training"][name]
        assert sum(row["measures"]["training"][name] for row in report["rows"]) == total, name


def test_the_same_files_again_change_nothing(story: Story) -> None:
    assert story["report again"] == story["report"]
    assert story["register again"]["totals"]["changed"] == 0
    assert story["rosters again"][0]["totals"] == story["rosters"][0]["totals"]


def test_after_confirming_65_women_are_matched(story: Story) -> None:
    assert len(story["still waiting"]) == len(story["waiting"]) - 1
    assert story["waiting at the end"] == []
    assert some(story["report after confirming"]["total"], AFTER_CONFIRMING) == AFTER_CONFIRMING


def test_a_corrected_roster_updates_its_course(story: Story) -> None:
    before, after = story["report after confirming"]["total"], story["report after the corrected roster"]["total"]
    before, after = before["measures"]["training"], after["measures"]["training"]
    assert after["attendances"] == before["attendances"] - 1
    assert after["days"] < before["days"]
    assert after["classes"] == before["classes"]


def test_a_dirty_register_is_answered_row_by_row_and_its_refused_rows_come_back(story: Story) -> None:
    with DIRTY.with_suffix(".expected.csv").open(encoding="utf-8-sig", newline="") as file:
        expected = {
            (int(line["row_number"]), line["rule"])
            for line in csv.DictReader(file)
            if line["severity"] in {"error", "warning"}
        }
    found = {
        (row["row"], finding["rule"])
        for row in story["dirty"]["rows"]
        for finding in row["findings"]
        if finding["severity"] in {"error", "warning"}
    }
    assert found == expected
    refused = openpyxl.load_workbook(story["dirty"]["refused_file"]).worksheets[0]
    assert len(list(refused.rows)) > story["dirty"]["totals"]["refused"]
    assert story["dirty status"] == ROWS_REFUSED


def test_no_name_and_no_id_is_shown_among_the_rows_that_wait(story: Story) -> None:
    assert all("*" in row["name"] for row in story["waiting"] if row.get("name"))


def test_csv_and_table_show_the_figures_of_the_json(story: Story) -> None:
    rows = list(csv.DictReader(io.StringIO(story.csv)))
    assert [int(row["matched"]) for row in rows[:-1]] == [row["matched"] for row in story["report"]["rows"]]
    assert int(rows[-1]["training.days"]) == story["report"]["total"]["measures"]["training"]["days"]
    assert all(name in story.table for name in BY_TOWNSHIP)


def test_progress_is_kept_out_of_the_result(story: Story) -> None:
    assert all(json.loads(line)["progress"] == REGISTER_FILE.name for line in story.stderr.splitlines())


def test_the_report_as_known_before_stays_what_it_was(story: Story) -> None:
    assert story["report after confirming"]["as_known"] > story["report"]["as_known"]


def test_a_woman_behind_a_figure_is_shown_with_her_timeline(loaded: Product) -> None:
    with loaded.client() as client:
        query = {"division": COUNTY, "column": "matched", "limit": 5}
        women = client.get("/reporting/v1/reports/match/women", params=query).raise_for_status().json()["items"]
    shown = loaded.json("woman", "show", women[0]["woman_id"], "--format", "json")
    assert shown["woman_id"] == women[0]["woman_id"]
    assert len(shown["timeline"]) >= 2
    text = loaded.cli("woman", "show", women[0]["woman_id"]).stdout
    assert women[0]["woman_id"] in text


def test_every_township_opens_into_its_villages(loaded: Product) -> None:
    report = loaded.report()
    for row in report["rows"]:
        below = loaded.report(row["division"])
        assert plain(below)["total"]["matched"] == row["matched"]


def test_the_doctor_finds_a_running_product_well(loaded: Product) -> None:
    done = loaded.cli("doctor", "--json", ok=False)
    answer = json.loads(done.stdout)
    states = {check["name"]: check["state"] for check in answer["checks"]}
    assert done.returncode < 2, answer
    assert states["server"] == states["postgres"] == "OK"
    assert "FAIL" not in states.values()
