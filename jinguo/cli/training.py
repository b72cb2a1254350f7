"""`training import` and `training decide`: rosters of classes, and the rows a person must decide."""

import csv
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.errors import USAGE, Failure
from jinguo.cli.headings import Columns, mapping_of
from jinguo.cli.imports import DryRun, Strict, finish, totals_line
from jinguo.cli.jobs import await_reporting, import_file
from jinguo.cli.options import Output
from jinguo.cli.output import Format, ListFormat, put, put_csv, put_json, put_table, say

training = typer.Typer(
    help="Training classes: rosters, attendance, rows that wait for a decision.", no_args_is_help=True
)

_SHOWN = ("id", "course_title", "sheet", "row", "name", "resident_id", "village", "match", "reasons")
_BATCH = 500  # decisions sent in one request


class Decision(StrEnum):
    """What a person may say about a row that waits."""

    confirm = "confirm"
    refuse = "refuse"


@training.command("import", epilog="Example: jinguo training import roster-training*.xlsx --unit 522634000000")
@with_api
def import_rosters(
    api: Api,
    files: Annotated[list[Path], typer.Argument(help="Rosters or sign-in sheets, .xlsx, .xls or .csv.")],
    unit: Annotated[
        str | None, typer.Option("--unit", help="Code of the unit that held the classes, if not yours.")
    ] = None,
    column: Columns = None,
    dry_run: DryRun = False,
    output: Output = Format.text,
    strict: Strict = False,
) -> None:
    """Import rosters: course, enrolments and attendance; a corrected roster updates its course."""
    query = {"dry_run": dry_run, "unit": unit, "mapping": mapping_of(column)}
    done = [import_file(api, "training", "training/v1/imports", file, **query) for file in files]
    finish(done, output, strict, totals_line)
    waiting = sum(int(one.result.get("totals", {}).get("waiting") or 0) for one in done)
    if waiting and not dry_run:
        say(f"{waiting} rows wait for a decision: jinguo training decide --list")


@training.command(
    "decide",
    epilog="""\b
Examples:
  jinguo training decide --list
  jinguo training decide --confirm ID --refuse ID --reason 'two women'
  jinguo training decide --list --format csv > decisions.csv   (then fill in the column decision)
  jinguo training decide --file decisions.csv""",
)
@with_api
def decide(
    api: Api,
    list_only: Annotated[
        bool, typer.Option("--list", help="List the rows that wait (also without any option).")
    ] = False,
    confirm: Annotated[
        list[str] | None, typer.Option("--confirm", help="Id of a row: it means the proposed woman.")
    ] = None,
    refuse: Annotated[list[str] | None, typer.Option("--refuse", help="Id of a row: it does not.")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="The list as CSV or JSON with decision filled in.")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")] = "",
    output: Annotated[ListFormat, typer.Option("--format", help="Of the list and of the answers.")] = ListFormat.text,
) -> None:
    """List, confirm or refuse rows of rosters that only a person can match to a woman."""
    decisions = [*_said(Decision.confirm, confirm, reason), *_said(Decision.refuse, refuse, reason)]
    if file is not None:
        decisions += read_decisions(file, reason)
    if list_only and decisions:
        raise Failure("decide.list_or_decide", "Either --list, or decisions: not both.", exit_status=USAGE)
    if list_only or (not decisions and file is None):
        _show_waiting(api.all("training/v1/waiting"), output)
        return
    _send(api, decisions, output)


def _said(decision: Decision, ids: list[str] | None, reason: str) -> list[dict[str, str]]:
    return [{"id": id_, "decision": decision.value, "reason": reason} for id_ in ids or ()]


def read_decisions(file: Path, reason: str) -> list[dict[str, str]]:
    """The decisions of an edited list; rows without a decision still wait."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
        rows = json.loads(text) if file.suffix == ".json" else list(csv.DictReader(text.splitlines()))
        rows = rows.get("items", []) if isinstance(rows, dict) else rows
    except OSError as error:
        raise Failure("file.unreadable", f"{file} cannot be read: {error.strerror}.") from None
    except ValueError:
        right = "Save it as UTF-8 CSV or as JSON, as `--list --format csv` or json writes it."
        raise Failure("file.form", f"{file} is not a list of decisions. {right}") from None
    return [decision for number, row in enumerate(rows, 2) if (decision := _decision(file, number, row, reason))]


def _decision(file: Path, number: int, row: dict[str, Any], reason: str) -> dict[str, str] | None:
    word = str(row.get("decision") or "").strip().lower()
    if not word:
        return None
    if word not in set(Decision):
        message = f"{file} row {number}, column decision: {word} is neither confirm nor refuse."
        raise Failure("decide.word", message, exit_status=USAGE)
    if not row.get("id"):
        raise Failure("decide.id", f"{file} row {number}, column id: it is empty.", exit_status=USAGE)
    return {"id": str(row["id"]).strip(), "decision": word, "reason": str(row.get("reason") or reason)}


def _show_waiting(rows: list[dict[str, Any]], output: ListFormat) -> None:
    editable = [{**row, "decision": "", "reason": ""} for row in rows]
    headings = list(editable[0]) if editable else ["id", "decision", "reason"]
    if output is ListFormat.json:
        put_json({"items": editable})
    elif output is ListFormat.csv:
        put_csv(headings, editable)
    elif not rows:
        put("No row waits for a decision.")
    else:
        shown = [name for name in _SHOWN if name in headings]
        put_table(shown, [[_short(row[name]) for name in shown] for row in rows], figures_from=len(shown))
        say(
            f"{len(rows)} rows wait: --confirm ID or --refuse ID, or edit the list: --list --format csv > decisions.csv"
        )


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _send(api: Api, decisions: list[dict[str, str]], output: ListFormat) -> None:
    answers: list[dict[str, Any]] = []
    for start in range(0, len(decisions), _BATCH):
        answer = api.post("training/v1/waiting/decisions", {"decisions": decisions[start : start + _BATCH]})
        answers += answer["items"]
        await_reporting(api, "training", answer)
    if output is ListFormat.json:
        put_json({"items": answers})
    elif output is ListFormat.csv:
        put_csv(list(answers[0]) if answers else ["id"], answers)
    else:
        _show_answers(answers)
    if any(_failed(answer) for answer in answers):
        raise Failure("decide.some_failed", "Some rows were not decided; see above.")


def _failed(answer: dict[str, Any]) -> bool:
    return bool(answer.get("problem")) or int(answer.get("status") or 200) >= 400


def _show_answers(answers: list[dict[str, Any]]) -> None:
    for answer in answers:
        problem = answer.get("problem") or {}
        outcome = (
            problem.get("detail") or problem.get("title") or answer.get("outcome") or answer.get("status") or "done"
        )
        put(f"{answer['id']}: {outcome}")
    put(f"{sum(not _failed(answer) for answer in answers)} of {len(answers)} rows decided.")
