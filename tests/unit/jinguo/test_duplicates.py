"""Likely duplicates from the command line: listed so that one can see what to look at, scanned to the end."""

import json
from inspect import unwrap

import httpx
import pytest

from jinguo.cli.duplicates import PairState, Strength, list_pairs, scan
from jinguo.cli.output import Format
from tests.unit.jinguo.server import answering

PAIR = {
    "pair_id": "0190c2c0-7f00-7000-8000-000000000001", "state": "open", "strength": "strong", "score": 80,
    "signs": ["same_name", "id_one_digit"],
    "one": {"own": True, "name": "杨*", "birth_year": 1974, "division": "522634103201", "division_name": "乌尧村"},
    "other": {"own": False, "name": None, "birth_year": 1974, "division": "522601000000", "division_name": "凯里市"},
}  # fmt: skip
JOB = {"id": "j1", "status": "running", "progress": {"done": 1, "total": 2}}


def test_pairs_are_listed_by_what_agrees_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[httpx.Request] = []
    api = answering({"GET /registry/v1/duplicates": {"items": [PAIR], "next": None}}, seen)
    unwrap(list_pairs)(api, PairState.waiting, Strength.strong)
    shown = capsys.readouterr().out
    assert "same_name id_one_digit" in shown
    assert "杨* 1974 乌尧村" in shown
    assert "(another unit's) 1974 凯里市" in shown
    assert dict(seen[0].url.params) == {"limit": "100", "state": "waiting", "strength": "strong"}


def test_a_scan_is_followed_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    seen: list[httpx.Request] = []
    done = JOB | {"status": "succeeded", "result": {"totals": {"women": 2, "found": 1}}}
    routes = {"POST /registry/v1/duplicates/scans": JOB, "GET /registry/v1/jobs/j1": [JOB, done]}
    unwrap(scan)(answering(routes, seen), full=True)
    assert "women 2  found 1" in capsys.readouterr().out
    assert json.loads(seen[0].content) == {"full": True, "division": None}
    unwrap(scan)(answering(routes), output=Format.json)
    assert '"found": 1' in capsys.readouterr().out
