"""The kernel under a thousand seeds of faults: nothing lost, doubled or reordered; and what is broken is caught."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from libs.events.testing.simulation.__main__ import main
from libs.events.testing.simulation.run import run

SEEDS = 1_000
SIMULATION = [sys.executable, "-m", "libs.events.testing.simulation"]
ROOT = Path(__file__).resolve().parents[3]


def _start(*arguments: str, hash_seed: str = "0") -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONHASHSEED": hash_seed}
    return subprocess.Popen([*SIMULATION, *arguments], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def _said(*started: subprocess.Popen[str]) -> list[str]:
    return [process.communicate()[0] for process in started]


def test_every_guarantee_holds_under_a_thousand_seeds_of_faults() -> None:
    half = SEEDS // 2
    said = _said(_start("--seeds", f"1-{half}"), _start("--seeds", f"{half + 1}-{SEEDS}"))
    for half_said in said:
        assert f"{half} seeds, 0 failed" in half_said, half_said
        counts = {what: int(n.replace(",", "")) for n, what in re.findall(r"(\d[\d,]*) (\w+)", half_said)}
        assert counts["events"] > 10 * half
        assert counts["waits"] > half
        assert counts["incidents"] > half


def test_a_seed_leaves_the_same_trace_in_every_process() -> None:
    said = _said(*(_start("--seed", "15", hash_seed=hash_seed) for hash_seed in ("1", "2")))
    assert said[0] == said[1]
    assert f"fingerprint: {run(15).fingerprint}\n" in said[0]


def test_different_seeds_are_different_runs() -> None:
    assert len({run(seed).fingerprint for seed in range(1, 6)}) == 5


def test_a_replay_prints_the_whole_trace(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seed", "3"]) == 0
    said = capsys.readouterr().out
    assert "every guarantee held" in said
    assert "faults: lost_before=" in said
    assert said.count("append_command") > 3


def test_many_seeds_are_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--seeds", "1-15"]) == 0
    assert "15 seeds, 0 failed" in capsys.readouterr().out
