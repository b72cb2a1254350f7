"""Counts which cells of the table were hit, in whichever worker a world was played; prints the table and judges it."""

from collections import Counter

import pytest

from tests.death.cells import HITS, Cell, cells, table

CELL = "cell"  # the property under which a test says what it has hit
_NAMED = {str(cell): cell for cell in cells()}


class Tally:
    """A plugin of the process that hears of all tests."""

    def __init__(self) -> None:
        self.hit: Counter[Cell] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """What one test hit."""
        if report.when == "call":
            self.hit.update(_NAMED[str(value)] for name, value in report.user_properties if name == CELL)

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
