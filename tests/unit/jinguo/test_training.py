"""Decisions about rows that wait: from options, from an edited list, refused ones shown."""

import csv
import io
import json
from pathlib import Path

import pytest

from jinguo.cli.errors import Failure
from jinguo.cli.output import ListFormat
from jinguo.cli.training import _send, _show_waiting, read_decisions
from tests.unit.jinguo.server import answering

WAITING = [{"id": "a", "name": "杨*", "row": 7, "note": "=1+1"}, {"id": "b", "name": "李*", "row": 9, "note": ""}]


def test_the_list_can_be_edited_and_fed_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _show_waiting(WAITING, ListFormat.csv)
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert rows[0]["note"] == "'=1+1"
    rows[0]["decision"] = "confirm"
    file = tmp_path / "decisions.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    assert read_decisions(file, "seen") == [{"id": "a", "decision": "confirm", "reason": "seen"}]


def test_the_json_list_can_be_edited_and_fed_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _show_waiting(WAITING, ListFormat.json)
    items = json.loads(capsys.readouterr().out)["items"]
    items[1] |= {"decision": "refuse", "reason": "another woman"}
    file = tmp_path / "decisions.json"
    file.write_text(json.dumps({"items": items}))
    assert read_decisions(file, "") == [{"id": "b", "decision": "refuse", "reason": "another woman"}]


def test_another_word_is_refused_with_row_and_column(tmp_path: Path) -> None:
    file = tmp_path / "decisions.csv"
    file.write_text("id,decision\na,yes\n")
    with pytest.raises(Failure, match="row 2, column decision: yes is neither confirm nor refuse"):
        read_decisions(file, "")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "decisions.csv"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Failure, match="Save it as UTF-8"):
        read_decisions(file, "")


def test_a_decision_that_was_not_taken_ends_with_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    refused = {"id": "b", "status": 409, "problem": {"detail": "decided already"}}
    api = answering({"POST /training/v1/waiting/decisions": {"items": [{"id": "a", "status": 200}, refused]}})
    with pytest.raises(Failure, match="Some rows were not decided"):
        _send(api, [{"id": "a", "decision": "confirm", "reason": ""}], ListFormat.text)
    shown = capsys.readouterr().out
    assert "b: decided already" in shown
    assert "1 of 2 rows decided" in shown
