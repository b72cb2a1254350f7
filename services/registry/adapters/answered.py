"""The answers to the rows of one file on disk until all are given: in the order of the file, and which go back."""

import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson

from libs.rosters.refused import RefusedRow
from services.registry.domain.register.rules import sentence
from services.registry.handlers.answers import RowAnswer

_PRAGMAS: Final = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -8000;"
_TABLE: Final = """
CREATE TABLE answers (row INTEGER PRIMARY KEY, household INT, outcome TEXT, erased INT, said BLOB);
CREATE INDEX answers_refused ON answers (household) WHERE outcome = 'refused';
CREATE INDEX answers_erased ON answers (row) WHERE erased;
"""
_BACK: Final = """
CREATE TEMP TABLE back AS SELECT a.row, a.outcome, a.said FROM answers a
WHERE NOT a.erased AND (a.outcome = 'refused' OR a.household IN (
    SELECT household FROM answers WHERE outcome = 'refused' AND household IS NOT NULL AND NOT erased))
"""


class Answered:
    """Filled while the file is taken in; its folder is the import's own."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base

    @classmethod
    def made(cls, path: Path) -> "Answered":
        """A new one."""
        base = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        base.executescript(_PRAGMAS + _TABLE)
        return cls(base)

    @classmethod
    def opened(cls, path: Path) -> "Answered":
        """One that another process has filled."""
        return cls(sqlite3.connect(path, isolation_level=None))

    def close(self) -> None:
        """The file is the caller's to remove."""
        self._base.close()

    def add(self, answers: Iterable[tuple[RowAnswer, int | None, bool]]) -> None:
        """Answers with the number of the row's household, and whether the row is of an erased person."""
        rows = [
            (answer.row, household, answer.outcome, erased, orjson.dumps(answer.as_json()))
            for answer, household, erased in answers
        ]
        self._base.execute("BEGIN")
        self._base.executemany("INSERT INTO answers VALUES (?, ?, ?, ?, ?)", rows)
        self._base.execute("COMMIT")

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every answer in the order of the file, in the words of the API."""
        for (said,) in self._base.execute("SELECT said FROM answers ORDER BY row"):
            yield orjson.loads(said)

    def erased(self) -> list[int]:
        """Numbers of the rows of erased persons."""
        return [row for (row,) in self._base.execute("SELECT row FROM answers WHERE erased ORDER BY row")]

    def any_returned(self) -> bool:
        """Whether rows go back."""
        refused = self._base.execute("SELECT 1 FROM answers WHERE outcome = 'refused' AND NOT erased LIMIT 1")
        return refused.fetchone() is not None

    def count_returned(self) -> int:
        """How many rows go back: the refused ones, and the good ones of their households."""
        self._base.executescript(f"DROP TABLE IF EXISTS back; {_BACK}; CREATE UNIQUE INDEX back_row ON back (row)")
        [(count,)] = self._base.execute("SELECT count(*) FROM back")
        return int(count)

    def returned(self, row: int) -> RefusedRow | None:
        """What is said beside a row that goes back, once these are counted; None of all others."""
        found = self._base.execute("SELECT outcome, said FROM back WHERE row = ?", (row,)).fetchone()
        if found is None:
            return None
        outcome, said = found
        if outcome != "refused":
            return RefusedRow()
        findings = orjson.loads(said)["findings"]
        return RefusedRow(
            tuple((each["column"], each["severity"], sentence(each["rule"], each["right_answer"])) for each in findings)
        )
