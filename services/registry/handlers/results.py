"""The result of a register import in the words of the API, from the file's own answers and the register's."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.registry.handlers.answers import RowAnswer, counted
from services.registry.handlers.entries import HouseholdEntry

ERASED = "person_erased"
KEPT = ("accepted", "changed", "unchanged")


def of_erased(answer: RowAnswer) -> bool:
    """Whether the row is of a person whose data were erased."""
    return any(finding.rule == ERASED for finding in answer.findings)


def joined(first: RowAnswer, later: RowAnswer) -> RowAnswer:
    """The register's answer counts; what the file's rules found stays said, but not of an erased person."""
    if of_erased(later):
        return replace(first, outcome=later.outcome, findings=later.findings)
    findings = (*first.findings, *later.findings)
    return replace(first, outcome=later.outcome, findings=findings, changes=later.changes)


class Tally:
    """The totals of a file, part by part."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self.rows = 0
        """Rows that name a person, whatever their answer."""

    def add(self, answers: Iterable[RowAnswer], entries: Iterable[HouseholdEntry]) -> None:
        """The answers to all rows of a part, and the households of which some rows may have gone in."""
        answers = list(answers)
        self.rows += sum(answer.outcome != "skipped" for answer in answers)
        self._counts.update(counted(answers))
        kept = {answer.row for answer in answers if answer.outcome in KEPT}
        for entry in entries:
            persons = [person for person in entry.persons if person.row in kept]
            self._counts["households"] += bool(persons)
            self._counts["persons"] += len(persons)
            self._counts["women"] += sum(person.sex == "female" for person in persons)

    @property
    def totals(self) -> dict[str, int]:
        """Households, persons and women are the good ones."""
        of_all = {name: self._counts[name] for name in ("households", "persons", "women")}
        return {"rows": self.rows, **of_all, **counted(()), **self._counts}


def result(
    told: Mapping[str, str],
    totals: Mapping[str, int],
    refused: UUID | None = None,
    number: int | None = None,
    *,
    proposal: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The job's result; `told` names file, edition and as-of day, `proposal` what the file seems to be full for."""
    return {
        **told,
        "totals": dict(totals),
        **({"cover": dict(proposal)} if proposal is not None else {}),
        "refused_file": f"/registry/v1/imports/{refused}/refused" if refused else None,
        "published": {"number": number} if number is not None else None,
    }
