"""Counts which cells of the table were hit, in whichever worker a world was played; prints the table and judges it.

KEEP (environment) names a file of the rounds that have passed, so that a soak can be cut off and gone on with later.
"""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from tests.death.cells import HITS, cells, table

ROUND = "round"  # the properties under which a test says which round it was
CELL = "cell"  # and what it has hit
KEPT = Path(os.environ["KEEP"]) if os.environ.get("KEEP") else None
_NAMED = {str(cell): cell for cell in cells()}


def passed() -> dict[str, list[str]]:
    """What was hit by each round that is kept as passed."""
    if KEPT is None or not KEPT.exists():
        return {}
    return dict(map(json.loads, KEPT.read_text().splitlines()))


class Tally:
    """A plugin of the process that hears of all tests."""

    def __init__(self) -> None:
        self.hit = Counter(_NAMED[name] for names in passed().values() for name in names)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """What one test hit."""
        if report.when != "call":
            return
        hit = [str(value) for name, value in report.user_properties if name == CELL]
        self.hit.update(_NAMED[name] for name in hit)
        if KEPT is not None and report.passed:
            [played] = [value for name, value in report.user_properties if name == ROUND]
            with KEPT.open("a") as kept:
                kept.write(json.dumps([played, hit]) + "\n")

    def missed(self) -> list[str]:
        """Cells hit too rarely by as many hits as every cell needs; few worlds promise nothing of each cell."""
        enough = self.hit.total() >= HITS * len(_NAMED)
        return [str(cell) for cell in cells() if self.hit[cell] < HITS] if enough else []

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """A table with gaps is a failure."""
        if self.missed():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """The table, and what it lacks."""
        if self.hit:
            terminalreporter.write_line("\n".join(table(self.hit)))
        for cell in self.missed():
            terminalreporter.write_line(f"hit less than {HITS} times: {cell}")


def pytest_configure(config: pytest.Config) -> None:
    """Workers report to the process that started them."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Tally(), "tally of death")
