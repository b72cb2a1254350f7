"""`outreach import` and `outreach reach`: publicity statistics sheets, and who was reached."""

from pathlib import Path
from typing import Annotated, Any

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.headings import Columns, mapping_of
from jinguo.cli.imports import DryRun, Strict, finish, totals_line
from jinguo.cli.jobs import import_file
from jinguo.cli.options import Output
from jinguo.cli.output import Format, ListFormat, put, put_csv, put_json, put_table, say

outreach = typer.Typer(help="Publicity activities (宣传发动): sheets of counts, and reach.", no_args_is_help=True)

_FIGURES = (
    "registered_women", "reached_women", "activities", "sessions", "attendances", "women_attendances",
    "registered_attendances", "materials",
)  # fmt: skip


@outreach.command("import", epilog="Example: jinguo outreach import roster-publicity.xlsx --dry-run")
@with_api
def import_sheets(
    api: Api,
    files: Annotated[list[Path], typer.Argument(help="Publicity statistics sheets, .xlsx, .xls or .csv.")],
    unit: Annotated[str | None, typer.Option("--unit", help="Code of the unit that reports, if not yours.")] = None,
    column: Columns = None,
    dry_run: DryRun = False,
    output: Output = Format.text,
    strict: Strict = False,
) -> None:
    """Import sheets: each good row is an activity with its counts; the same sheet again changes nothing."""
    query = {"dry_run": dry_run, "unit": unit, "mapping": mapping_of(column)}
    done = [import_file(api, "outreach", "outreach/v1/imports", file, **query) for file in files]
    finish(done, output, strict, totals_line)
    left_out = sum(len(one.result.get("left_out") or ()) for one in done)
    if left_out:
        say(f"{left_out} activities of these periods were reported before and stand in no sheet now; see left_out")


@outreach.command("reach", epilog="Example: jinguo outreach reach --division 522634000000 --period 2017-Q3")
@with_api
def reach(
    api: Api,
    period: Annotated[str, typer.Option("--period", help="A year, quarter or month: 2017, 2017-Q3, 2017-07.")],
    division: Annotated[str | None, typer.Option("--division", help="12-digit code; your unit without it.")] = None,
    topic: Annotated[str | None, typer.Option("--topic", help="Of one topic only, such as screening.")] = None,
    output: Annotated[ListFormat, typer.Option("--format", help="text for people, json and csv for programs.")] = (
        ListFormat.text
    ),
) -> None:
    """Per unit: registered women, those reached by name (人), and apart 场次, 人次 and 份 of activities."""
    answer: dict[str, Any] = api.get("outreach/v1/reach", division=division, period=period, topic=topic)
    rows = [*answer["rows"], answer["whole"]]
    headings = ("division", "name", *_FIGURES)
    if output is ListFormat.json:
        put_json(answer)
    elif output is ListFormat.csv:
        put_csv(list(headings), rows)
    else:
        put(f"{answer['whole']['name']} {answer['division']}, {answer['first_day']} to {answer['last_day']}")
        put_table(headings, [[row[name] for name in headings] for row in rows], total=True)
