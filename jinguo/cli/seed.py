"""`seed`: a synthetic register of any size with its history and its classes, written as files and imported."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.imports import totals_line
from jinguo.cli.jobs import import_file
from jinguo.cli.output import put

FIRST_YEAR = 2016


class Make(StrEnum):
    """How far to go."""

    files = "files"
    register = "register"
    classes = "classes"


@with_api
def seed(
    api: Api,
    women: Annotated[int, typer.Option("--women", min=1, help="How many women the register of 2016 holds.")],
    units: Annotated[list[str], typer.Option("--units", help="12-digit code of a unit they live in; repeat for more.")],
    number: Annotated[int, typer.Option("--seed", help="The same number makes the same people.")] = 1,
    until: Annotated[int, typer.Option("--until", min=FIRST_YEAR, max=2022, help="Last year.")] = FIRST_YEAR,
    make: Annotated[
        Make, typer.Option("--make", help="Write all files only, or bring in the registers, or the classes as well.")
    ] = Make.register,
    out: Annotated[Path, typer.Option("--out", help="Folder for the files.")] = Path("seed"),
    divisions: Annotated[Path | None, typer.Option("--divisions", help="List of divisions; default: the demo's.")] = (
        None
    ),
) -> None:
    """Make invented people and bring them in, year by year, as offices would."""
    from jinguo.demo.load import DATA  # noqa: PLC0415 - the registry's code is slow to load
    from jinguo.seed.files import write_classes, write_register  # noqa: PLC0415
    from jinguo.seed.people import Spec  # noqa: PLC0415
    from jinguo.seed.villages import areas_from, villages_of  # noqa: PLC0415

    listed = divisions or next(iter(sorted(DATA.glob("divisions-*.csv"))))
    spec = Spec(women, villages_of(listed, units), areas_from(units[0]), number)
    out.mkdir(parents=True, exist_ok=True)
    for year in range(FIRST_YEAR, until + 1):
        register = write_register(spec, year, out)
        rosters = write_classes(spec, year, out) if make is not Make.register else []
        put(f"{register} and {len(rosters)} classes")
        if make is not Make.files:
            _bring(api, register, rosters, units)


def _bring(api: Api, register: Path, rosters: list[Path], units: list[str]) -> None:
    done = import_file(api, "registry", "registry/v1/imports", register, cover=",".join(units))
    put(totals_line(done.result))
    for roster in rosters:
        put(totals_line(import_file(api, "training", "training/v1/imports", roster, unit=units[0]).result))
