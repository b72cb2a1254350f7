"""The result of a register import in the words of the API, from the file's own answers and the register's."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.registry.domain.register import values
from services.registry.handlers.answers import RowAnswer, counted

ERASED = "person_erased"
KEPT = ("accepted", "changed", "unchanged")


def first_answers(register: values.CheckedRegister, sheet: str) -> dict[int, RowAnswer]:
    """What the file's own rules say of each row, by row number."""
    return {item.row: RowAnswer(sheet, item.row, item.outcome, item.findings) for item in register.answers}


def of_erased(answer: RowAnswer) -> bool:
    """Whether the row is of a person whose data were erased."""
    return any(finding.rule == ERASED for finding in answer.findings)


def joined(first: RowAnswer, later: RowAnswer) -> RowAnswer:
    """The register's answer counts; what the file's rules found stays said, but not of an erased person."""
    if of_erased(later):
        return replace(first, outcome=later.outcome, findings=later.findings)
    findings = (*first.findings, *later.findings)
    return replace(first, outcome=later.outcome, findings=findings, changes=later.changes)


def with_answers(register: values.CheckedRegister, answers: Mapping[int, RowAnswer]) -> values.CheckedRegister:
    """The checked file with rows refused by the register refused too, for the file of bad rows."""
    told = tuple(
        replace(
            item,
            outcome="refused" if answers[item.row].outcome == "refused" else item.outcome,
            findings=answers[item.row].findings,
        )
        for item in register.answers
    )
    return replace(register, answers=told)


def totals_of(register: values.CheckedRegister, answers: Mapping[int, RowAnswer]) -> dict[str, int]:
    """`rows` are rows that name a person, whatever their answer; households, persons and women are the good ones."""
    kept = {row for row, answer in answers.items() if answer.outcome in KEPT}
    households = [[person for person in item.persons if person.row in kept] for item in register.households]
    return {
        "rows": sum(item.outcome != "skipped" for item in register.answers),
        "households": sum(bool(persons) for persons in households),
        "persons": sum(len(persons) for persons in households),
        "women": sum(person.sex == "female" for persons in households for person in persons),
        **counted(answers.values()),
    }


def result(
    told: Mapping[str, str],
    answers: Mapping[int, RowAnswer],
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
        "rows": [answers[row].as_json() for row in sorted(answers)],
        "refused_file": f"/registry/v1/imports/{refused}/refused" if refused else None,
        "published": {"number": number} if number is not None else None,
    }
