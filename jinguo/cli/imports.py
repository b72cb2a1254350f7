"""`divisions import`, `register import`, `training import`: a file goes in, every row is answered."""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.errors import ROWS_REFUSED
from jinguo.cli.headings import Columns, mapping_of, used_line
from jinguo.cli.jobs import Imported, import_file
from jinguo.cli.options import Output
from jinguo.cli.output import Format, put, put_json, say

divisions = typer.Typer(help="Provinces, counties, townships, villages and their codes.", no_args_is_help=True)
register = typer.Typer(help="The register of poor households (建档立卡).", no_args_is_help=True)

_LINES = 200  # findings printed as text; more are in the JSON and in the file of refused rows

DryRun = Annotated[bool, typer.Option("--dry-run", help="Answer every row and write nothing.")]
Strict = Annotated[bool, typer.Option("--strict", help=f"Exit with {ROWS_REFUSED} when a row was refused.")]


@divisions.command(
    "import", epilog="Example: jinguo divisions import divisions-guizhou-qiandongnan-2016.csv --edition 2016-07"
)
@with_api
def import_divisions(
    api: Api,
    file: Annotated[Path, typer.Argument(help="CSV with code, name, level and parent.")],
    edition: Annotated[str, typer.Option("--edition", help="Date of the list: 2016-07 or 2017.")] = "",
    output: Output = Format.text,
    strict: Strict = False,
) -> None:
    """Import a list of divisions (行政区划); with a date it is compared with the dated list before it."""
    done = import_file(api, "registry", "registry/v1/divisions/imports", file, edition=edition or None)
    finish([done], output, strict, totals_line)


@divisions.command("changes", epilog="Example: jinguo divisions changes division-changes-2018.csv --dry-run")
@with_api
def import_division_changes(
    api: Api,
    file: Annotated[Path, typer.Argument(help="CSV with change_id, date, kind, old and new code and name.")],
    dry_run: DryRun = False,
    output: Output = Format.text,
    strict: Strict = False,
) -> None:
    """Import changes of divisions (区划变更); women follow their villages, the same file again changes nothing."""
    done = import_file(api, "registry", "registry/v1/divisions/changes/imports", file, dry_run=dry_run)
    finish([done], output, strict, totals_line)


@register.command("import", epilog="Example: jinguo register import register-2016-leishan.xlsx --dry-run")
@with_api
def import_register(  # noqa: PLR0913, PLR0917 - a command line names each option once
    api: Api,
    file: Annotated[Path, typer.Argument(help="The register as .xlsx, .xls or .csv, any known edition.")],
    dry_run: DryRun = False,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Day the file describes, YYYY-MM-DD.")] = None,
    cover: Annotated[
        list[str] | None, typer.Option("--cover", help="Unit for which the file names everybody; may be repeated.")
    ] = None,
    status: Annotated[
        str | None, typer.Option("--status", help="exited, not_exited or monitored, where the file does not say.")
    ] = None,
    column: Columns = None,
    output: Output = Format.text,
    strict: Strict = False,
) -> None:
    """Import a register; the same file again changes nothing, a newer one updates.

    Whom a file leaves out of the units it covers is listed as missing, for a person to decide; a dry run proposes them.
    """
    options = {"dry_run": dry_run, "as_of": as_of, "cover": ",".join(cover or ()) or None, "status": status}
    done = import_file(api, "registry", "registry/v1/imports", file, mapping=mapping_of(column), **options)
    finish([done], output, strict, register_lines)


def finish(files: list[Imported], output: Format, strict: bool, summary: Callable[[Mapping[str, Any]], str]) -> None:
    """Print what came of the files and end with the right exit status."""
    if output is Format.json:
        answers = [done.as_json() for done in files]
        put_json(answers[0] if len(answers) == 1 else answers)
    for done in files:
        if output is Format.text:
            _as_text(done, summary)
        if line := used_line(done.result):
            say(line)
        if done.refused_file:
            say(f"Refused rows, to mend and import again: {done.refused_file}")
        if not done.reporting_has_it:
            say("The reports do not show all of it yet; see `jinguo doctor`.")
    if strict and any(refused(done.result) for done in files):
        raise typer.Exit(ROWS_REFUSED)


def refused(result: Mapping[str, Any]) -> int:
    """How many rows were refused."""
    return int(result.get("totals", {}).get("refused") or 0)


def _as_text(done: Imported, summary: Callable[[Mapping[str, Any]], str]) -> None:
    lines = list(islice(finding_lines(done.job.rows("findings")), _LINES + 1))
    for line in lines[:_LINES]:
        put(line)
    if len(lines) > _LINES:
        put("… and more: --format json shows all")
    put(summary(done.result))


def finding_lines(rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """One line per error and warning: sheet, row, column, rule, value, right form."""
    for row in rows:
        for finding in row.get("findings") or ():
            if finding.get("severity") != "accepted":
                yield _finding_line(row, finding)


def _finding_line(row: Mapping[str, Any], finding: Mapping[str, Any]) -> str:
    sheet = f"{row['sheet']} " if row.get("sheet") else ""
    value = f" {finding['value']}" if finding.get("value") not in {None, ""} else ""
    right = f" → {finding['right_answer']}" if finding.get("right_answer") else ""
    column = finding.get("column") or ""
    return f"{sheet}row {row['row']} {column}: {finding['severity']} {finding['rule']}{value}{right}"


def register_lines(result: Mapping[str, Any]) -> str:
    """The totals, and what a dry run proposes that the file is full for."""
    units = (result.get("cover") or {}).get("units") or ()
    lines = [
        f"{'covers' if unit['full'] else 'partly '} {unit['code']} {unit['name']}: "
        f"{unit['women_in_file']} women in the file, {unit['women_named']} of {unit['women_known']} known ones named"
        for unit in units
    ]
    return "\n".join((*lines, totals_line(result)))


def totals_line(result: Mapping[str, Any]) -> str:
    """The totals of a file in one line."""
    totals = result.get("totals") or {}
    words = "  ".join(f"{name.replace('_', ' ')} {value}" for name, value in totals.items() if value is not None)
    dry = " (dry run, nothing written)" if result.get("dry_run") else ""
    return f"{result.get('file', 'file')}{dry}: {words}"
