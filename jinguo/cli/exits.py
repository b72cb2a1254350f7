"""`exits import`, `list` and `differences`: the poverty office's lists, and exits by household that a unit keeps."""

from pathlib import Path
from typing import Annotated

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.headings import Columns, mapping_of
from jinguo.cli.imports import DryRun, Strict, finish, totals_line
from jinguo.cli.jobs import import_file
from jinguo.cli.options import Output
from jinguo.cli.output import Format, put_items

exits = typer.Typer(
    help="Exits from poverty (脱贫): lists of the office, households in the process.", no_args_is_help=True
)

_FIELDS = ("process_id", "division", "division_name", "step", "since", "due", "persons", "women", "objections")
_DIFFERENCE = ("process_id", "division", "division_name", "ours", "ours_since", "office", "valid", "source", "state")


@exits.command("import", epilog="Example: jinguo exits import 脱贫名单-2016.xlsx --dry-run")
@with_api
def import_exits(
    api: Api,
    file: Annotated[Path, typer.Argument(help="A list with 脱贫时间 or 返贫时间, .xlsx, .xls or .csv.")],
    dry_run: DryRun = False,
    column: Columns = None,
    output: Output = Format.text,
    strict: Strict = False,
) -> None:
    """Import a list of exits or returns; the same file again changes nothing."""
    done = import_file(api, "registry", "registry/v1/exits/imports", file, dry_run=dry_run, mapping=mapping_of(column))
    finish([done], output, strict, totals_line)


@exits.command("list", epilog="Example: jinguo exits list --division 522634101000 --due-before 2017-04-01")
@with_api
def list_exits(
    api: Api,
    division: Annotated[str | None, typer.Option("--division", help="12-digit code; your unit without it.")] = None,
    step: Annotated[str | None, typer.Option("--step", help="Only at this step, e.g. noticed.")] = None,
    due_before: Annotated[str | None, typer.Option("--due-before", help="Only what ends before this day.")] = None,
    output: Output = Format.text,
) -> None:
    """List the processes of a unit with their steps and what is due."""
    query = {"division": division, "step": step, "due_before": due_before}
    put_items(api.all("registry/v1/exits", **query), _FIELDS, output)


@exits.command("differences", epilog="Example: jinguo exits differences")
@with_api
def list_differences(api: Api, output: Output = Format.text) -> None:
    """List where a process and the poverty office say otherwise, and nobody has settled it."""
    put_items(api.all("registry/v1/exit-differences", state="open"), _DIFFERENCE, output)
