"""What the tests do not run is found: a line, a branch, a module that nobody imports; and too much of it is refused."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOMAIN = """
def sign(number: int) -> str:
    if number < 0:
        return "minus"
    return "plus"
"""
TEST = """
import libs.events.whole, libs.values.whole
from services.one.domain.half import sign

def test_plus() -> None:
    assert sign(1) == "plus"
"""


def _run(where: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env |= {
        "PYTHONPATH": str(ROOT),
        "PYTEST_PLUGINS": "scripts.measured",
        "JINGUO_TEST_MEASURED": str(where / "measured"),
    }
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=where, env=env, capture_output=True, text=True, check=False)


def test_what_was_not_run_counts_and_too_little_is_refused(tmp_path: Path) -> None:
    sources = {
        "libs/events/whole.py": "A = 1\n",
        "libs/values/whole.py": "A = 1\n",
        "services/one/domain/half.py": DOMAIN,
        "services/one/forgotten.py": "A = 1\n",
        "jinguo/whole.py": "",
        "test_half.py": TEST,
    }
    for name, text in sources.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        for folder in path.parents:
            if folder.is_relative_to(tmp_path) and folder != tmp_path:
                (folder / "__init__.py").touch()
    (tmp_path / "measured").mkdir()
    done = _run(tmp_path, "pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "test_half.py")
    assert done.returncode == 0, done.stdout + done.stderr
    judged = _run(tmp_path, "scripts.covered", str(tmp_path / "measured"))
    assert judged.returncode == 1, judged.stderr
    assert judged.stdout.splitlines() == [
        "coverage libs/events: 100.0 % (floor 97 %) ok",
        "coverage libs/values: 100.0 % (floor 97 %) ok",
        "coverage services/*/domain: 66.7 % (floor 95 %) SHORT",  # three of four lines, one of two branches
        "coverage all: 66.7 % (floor 88 %) SHORT",  # and of the two files that were imported, but not the third
    ]
