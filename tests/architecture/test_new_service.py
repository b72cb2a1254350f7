"""A service made by scripts/new-service in a copy of the code: linted, type-checked, documented, its tests run.

What the template says is held to what the code demands by this alone, so it cannot rot.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from scripts.new_service import main, plural, words_of
from scripts.sizes import too_long

ROOT = Path(__file__).resolve().parents[2]
WORDS = ("orchard", "harvest", "果园", "采收")
LEFT_OUT = frozenset({".git", ".venv", "node_modules", "data", "htmlcov", ".hypothesis", ".pytest_cache"})
TESTS = (
    "tests/unit/orchard",
    "tests/contract/orchard",
    "tests/integration/orchard",
    "tests/unit/reporting/test_mapping.py",
    "tests/unit/console/test_words.py",
    "tests/unit/service/test_wording.py",
    "tests/contract/test_contract_schemas.py",
    "tests/deploy/test_container.py",
    "tests/deploy/test_keycloak.py",
    "tests/architecture/test_routes.py",
    "tests/contract/test_openapi.py",
    "tests/contract/conventions/test_every_route.py",
)


def run(where: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """A module of Python in a folder, as its own code has it."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "JINGUO_TEST_MEAS"))}
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(
        command, cwd=where, env=env | {"PYTHONPATH": str(where)}, capture_output=True, text=True, check=False
    )


def left_out(folder: str, names: Sequence[str]) -> set[str]:
    """What a copy does not need."""
    top = LEFT_OUT if Path(folder) == ROOT else set()
    return {name for name in names if name in top or name == "__pycache__"}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the code in which the service was made."""
    made = tmp_path_factory.mktemp("made") / "code"
    shutil.copytree(ROOT, made, ignore=left_out)
    done = run(made, "scripts.new_service", *WORDS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "services/orchard is made" in done.stdout
    return made


@pytest.mark.parametrize("check", [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)], ids=" ".join)
def test_it_passes_the_checks_of_the_code(copy: Path, check: tuple[str, ...]) -> None:
    done = run(copy, *check)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_keeps_the_rules_of_imports_and_sizes(copy: Path) -> None:
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [lint, "--no-cache"], cwd=copy, env={"PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
    files = [*(copy / "services" / "orchard").rglob("*.py"), *(copy / "tests").rglob("orchard/*.py")]
    assert len(files) > 15
    assert [line for file in files for line in too_long(file, file.read_text("utf-8"))] == []


def test_its_own_tests_and_those_of_every_service_pass(copy: Path) -> None:
    chosen = "orchard or not (registry or training or reporting or access or console)"
    done = run(copy, "pytest", "-q", "-p", "no:cacheprovider", "-k", chosen, *TESTS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout or "%" in done.stdout


def test_a_name_that_is_taken_or_is_no_name_is_refused_and_nothing_is_written(
    copy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in (copy / "services").rglob("*.py")}
    for arguments, said in (
        (WORDS, "is there already"),
        (("Orchard2", *WORDS[1:]), "must be 3 to 16 letters"),
        (("garden", "garden", "园", "园"), "is the service's own name"),
        (("garden", "bed", '"园"', "床"), "without quotes"),
        (("garden",), "usage:"),
    ):
        assert main(arguments, copy) == 2
        assert said in capsys.readouterr().err
    assert {path: path.read_bytes() for path in (copy / "services").rglob("*.py")} == before


def test_a_list_that_lost_its_place_is_named(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lists = copy / "docker-compose.yml"
    text = lists.read_text("utf-8")
    lists.write_text(text.replace("x-reporting:", "x-figures:"), "utf-8")
    assert main(("garden", "bed", "园", "床"), copy) == 2
    assert "docker-compose.yml: 'x-reporting:' is not there" in capsys.readouterr().err
    assert not (copy / "services" / "garden").exists()
    lists.write_text(text, "utf-8")


def test_names_of_tables_are_plurals() -> None:
    assert [plural(word) for word in ("activity", "survey", "visit", "address", "box")] == [
        "activities", "surveys", "visits", "addresses", "boxes",
    ]  # fmt: skip
    assert words_of(*WORDS)["things"] == "harvests"
