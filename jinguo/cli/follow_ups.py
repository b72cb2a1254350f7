"""`training follow-ups`, `follow-up`, `certificates`: whom to ask after a course, her answers, certificates due."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.options import Output
from jinguo.cli.output import Format, put, put_items

_DUE: Final = ("due_on", "overdue", "division", "woman_id", "course_title", "after_months", "tries", "enrolment_id")
_UNCERTIFIED: Final = ("last_day", "division", "woman_id", "course_title", "enrolment_id")
Day = typer.Option(formats=["%Y-%m-%d"])


def add_to(training: typer.Typer) -> None:
    """What comes after a course, in the group of its own."""
    training.command(
        "follow-ups", epilog="Example: jinguo training follow-ups --division 522634101000 --until 2017-08-31"
    )(list_due)
    training.command(
        "follow-up",
        epilog="Example: jinguo training follow-up ENROLMENT --months 3 --on 2017-08-20 --result employed "
        "--employer workshop --place in_county --income-fen 180000",
    )(record)
    training.command("certificates", epilog="Example: jinguo training certificates --division 522634101000")(
        list_uncertified
    )


@with_api
def list_due(
    api: Api,
    division: Annotated[str | None, typer.Option(help="12-digit code; your unit without it.")] = None,
    since: Annotated[datetime | None, Day] = None,
    until: Annotated[datetime | None, Day] = None,
    output: Output = Format.text,
) -> None:
    """List women who are to be asked what became of them, by village and day; the next 30 days without --until."""
    query = {"division": division, "since": _day(since), "until": _day(until)}
    put_items(api.all("training/v1/follow-ups", **query), _DUE, output)


@with_api
def list_uncertified(
    api: Api,
    division: Annotated[str | None, typer.Option(help="12-digit code; your unit without it.")] = None,
    until: Annotated[datetime | None, Day] = None,
    output: Output = Format.text,
) -> None:
    """List women who passed a course that ended 30 days ago, or by --until, and have no certificate of it."""
    query = {"division": division, "until": _day(until)}
    put_items(api.all("training/v1/certificates/due", **query), _UNCERTIFIED, output)


@with_api
def record(  # noqa: PLR0913, PLR0917 - a command line names each option once
    api: Api,
    enrolment: Annotated[UUID, typer.Argument(help="Id of the enrolment, from the list.")],
    months: Annotated[int, typer.Option(help="Months after the course: 3 or 6.")],
    on: Annotated[datetime, Day],
    result: Annotated[str, typer.Option(help="employed, self_employed, none or not_reached.")],
    employer: Annotated[str | None, typer.Option(help="Of one who is employed, such as enterprise.")] = None,
    place: Annotated[str | None, typer.Option(help="in_county, in_province or elsewhere.")] = None,
    income_fen: Annotated[int | None, typer.Option(help="A month, where she told it.")] = None,
    next_try: Annotated[datetime | None, Day] = None,
) -> None:
    """Write down or correct an answer; of one month the last counts."""
    address = f"training/v1/follow-ups/{enrolment}"
    body = {
        "after_months": months,
        "on": _day(on),
        "result": result,
        "employer_kind": employer,
        "work_place": place,
        "monthly_income_fen": income_fen,
        "next_try": _day(next_try),
    }
    api.post(address, body, version=api.version(address))
    put(f"{enrolment}: {months} months, {result}.")


def _day(said: datetime | None) -> str | None:
    return said.date().isoformat() if said else None
