"""`incomes` and `needs`: sheets of yearly incomes and of women's needs, and whom nobody has assessed."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.headings import Columns, mapping_of
from jinguo.cli.imports import DryRun, Strict, finish, totals_line
from jinguo.cli.jobs import import_file
from jinguo.cli.options import Output
from jinguo.cli.output import Format, put_items

incomes = typer.Typer(help="Yearly incomes of households (人均纯收入).", no_args_is_help=True)
needs = typer.Typer(help="Needs of women (需求评估).", no_args_is_help=True)

AsOf = Annotated[
    datetime | None, typer.Option("--as-of", formats=["%Y-%m-%d"], help="Day of rows without one; today without it.")
]
Unit = Annotated[str | None, typer.Option("--division", help="12-digit code; your unit without it.")]
Year = Annotated[int | None, typer.Option("--year", help="This year without it.")]
_HOME = ("household_id", "division", "division_name", "persons", "status", "income_fen", "as_of")
_WOMAN = ("woman_id", "household_id", "division", "division_name", "birth_year", "labour", "status")


@incomes.command("import", epilog="Example: jinguo incomes import 收入核算表.xlsx --dry-run")
@with_api
def import_incomes(
    api: Api,
    file: Annotated[Path, typer.Argument(help="A sheet under the names of AC07, in yuan, .xlsx, .xls or .csv.")],
    as_of: AsOf = None,
    column: Columns = None,
    dry_run: DryRun = False,
    output: Output = Format.text,
    strict: Strict = False,
) -> None:
    """Import an income sheet; the same file again changes nothing."""
    _import(api, "registry/v1/incomes/imports", file, as_of, column, dry_run=dry_run, output=output, strict=strict)


@needs.command("import", epilog="Example: jinguo needs import 需求评估表.xlsx --dry-run")
@with_api
def import_needs(
    api: Api,
    file: Annotated[Path, typer.Argument(help="A sheet with a row a woman, .xlsx, .xls or .csv.")],
    as_of: AsOf = None,
    column: Columns = None,
    dry_run: DryRun = False,
    output: Output = Format.text,
    strict: Strict = False,
) -> None:
    """Import a needs sheet; the same file again changes nothing."""
    _import(api, "registry/v1/needs/imports", file, as_of, column, dry_run=dry_run, output=output, strict=strict)


@incomes.command("unassessed", epilog="Example: jinguo incomes unassessed --year 2016 --division 522634101000")
@with_api
def list_incomes(api: Api, division: Unit = None, year: Year = None, output: Output = Format.text) -> None:
    """List households whose income of a year nobody has assessed."""
    put_items(api.all("registry/v1/incomes/unassessed", division=division, year=year), _HOME, output)


@needs.command("unassessed", epilog="Example: jinguo needs unassessed --year 2016")
@with_api
def list_needs(api: Api, division: Unit = None, year: Year = None, output: Output = Format.text) -> None:
    """List women whom nobody has asked in a year."""
    put_items(api.all("registry/v1/needs/unassessed", division=division, year=year), _WOMAN, output)


def _import(
    api: Api,
    path: str,
    file: Path,
    as_of: datetime | None,
    column: list[str] | None,
    *,
    dry_run: bool,
    output: Format,
    strict: bool,
) -> None:
    day = as_of.date().isoformat() if as_of else None
    done = import_file(api, "registry", path, file, dry_run=dry_run, as_of=day, mapping=mapping_of(column))
    finish([done], output, strict, totals_line)
