"""The import rules hold, and each of them refuses a planted violation."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = Path(sys.executable).parent / "lint-imports"
PLANTED = {
    "The product is on top": ("libs/values/planted.py", "import jinguo.postgres\n"),
    "No service imports another": ("services/training/planted.py", "import services.registry.settings\n"),
    "Inside a service": ("services/training/domain/planted.py", "import services.training.handlers\n"),
    "Domains are pure": ("services/reporting/domain/planted.py", "import asyncpg\n"),
    "The kernel knows no service": ("libs/events/planted.py", "import libs.service.app\n"),
    "Contracts import nothing": ("libs/events/contracts/planted.py", "import libs.values.errors\n"),
    "Values stand alone": ("libs/values/planted_too.py", "import asyncpg\n"),
}


def _lint(folder: Path) -> str:
    done = subprocess.run(
        [LINT, "--no-cache"], check=False, cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(folder)}
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a copy of the code in which every rule is broken once."""
    copy = tmp_path_factory.mktemp("copy")
    for package in ("jinguo", "libs", "services"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__", "vendor", "data"))
    shutil.copy(ROOT / ".importlinter", copy)
    for file, text in PLANTED.values():
        (copy / file).write_text(text)
    return _lint(copy)


@pytest.mark.parametrize("rule", PLANTED)
def test_a_planted_violation_breaks_the_rule(broken: str, rule: str) -> None:
    line = next(line for line in broken.splitlines() if line.startswith(rule))
    assert line.endswith("BROKEN"), broken
