"""What is said about one cell or row of a roster, in the words of the answer a user gets."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from libs.values.records import sent_by_values

Severity = Literal["error", "warning", "accepted"]


@sent_by_values
@dataclass(frozen=True, slots=True)
class Finding:
    """`error` refuses the row, `warning` goes in and onto the office's list, `accepted` was put right without loss.

    `column` is the header text (empty: the whole row), `rule` a stable code, `right_answer` the stored value or a
    hint. `value` and `right_answer` may be personal data: for the user who sent the file, never for a log, so their
    repr is hidden.
    """

    column: str
    rule: str
    severity: Severity
    value: str = field(default="", repr=False)
    right_answer: str = field(default="", repr=False)

    def as_json(self) -> dict[str, str]:
        """The shape of the import's answer."""
        return {
            "column": self.column,
            "rule": self.rule,
            "severity": self.severity,
            "value": self.value,
            "right_answer": self.right_answer,
        }


def has_error(findings: Iterable[Finding]) -> bool:
    """Whether one of them refuses the row."""
    return any(finding.severity == "error" for finding in findings)
