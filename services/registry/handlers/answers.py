"""The answer to each row of a register file, and the totals over them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from libs.rosters.findings import Finding

Outcome: TypeAlias = Literal["accepted", "changed", "unchanged", "refused", "skipped"]


@dataclass(frozen=True, slots=True)
class RowAnswer:
    """What became of one row; `row` is the spreadsheet's row number, `changes` are words of `handlers/changes.py`."""

    sheet: str
    row: int
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    changes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The shape of the import's result."""
        changes = {"changes": list(self.changes)} if self.changes else {}
        return {
            "sheet": self.sheet,
            "row": self.row,
            "outcome": self.outcome,
            **changes,
            "findings": [finding.as_json() for finding in self.findings],
        }


def counted(rows: Iterable[RowAnswer]) -> dict[str, int]:
    """accepted, changed, unchanged, refused, the number of warnings, and of each kind of change under its word."""
    outcomes: Counter[str] = Counter()
    changes: Counter[str] = Counter()
    warnings = 0
    for row in rows:
        outcomes[row.outcome] += 1
        changes.update(row.changes)
        warnings += sum(finding.severity == "warning" for finding in row.findings)
    words = ("accepted", "changed", "unchanged", "refused")
    return {**{word: outcomes[word] for word in words}, "warnings": warnings, **changes}
