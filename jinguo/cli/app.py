"""All commands in one application, and the one place where errors become lines and exit statuses."""

import os
import sys
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from jinguo.cli import (
    access,
    accounts,
    agreements,
    assessments,
    audit,
    clients,
    consumers,
    courses,
    doctor,
    duplicates,
    events,
    exits,
    follow_ups,
    imports,
    keys,
    local,
    mappings,
    outreach,
    parked,
    projection,
    report,
    retention,
    seed,
    standing,
    subject,
    timers,
    training,
    verify,
)
from jinguo.cli.errors import FAILED, Failure, from_domain
from jinguo.cli.output import say
from libs.values.errors import DomainError

INTERRUPTED = 130

app = typer.Typer(
    name="jinguo",
    help="Support registered poor women one by one, and prove it.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Example: jinguo up --demo   (then: jinguo report match --division 522634000000)",
)
app.add_typer(imports.divisions, name="divisions")
app.add_typer(imports.register, name="register")
app.add_typer(exits.exits, name="exits")
app.add_typer(assessments.incomes, name="incomes")
app.add_typer(assessments.needs, name="needs")
app.add_typer(mappings.mappings, name="mappings")
app.add_typer(duplicates.duplicates, name="duplicates")
training.training.add_typer(courses.courses)
app.add_typer(training.training, name="training")
app.add_typer(outreach.outreach, name="outreach")
app.add_typer(report.report, name="report")
app.add_typer(report.woman, name="woman")
app.add_typer(accounts.accounts, name="accounts")
app.add_typer(access.access, name="access")
app.add_typer(audit.audit, name="audit")
app.add_typer(agreements.agreements, name="agreements")
app.add_typer(clients.clients, name="clients")
app.add_typer(keys.keys, name="keys")
app.add_typer(events.events, name="events")
app.add_typer(projection.projection, name="projection")
app.add_typer(timers.timers, name="timers")
app.add_typer(standing.publish, name="publish")
app.add_typer(consumers.consumer, name="consumer")
app.add_typer(parked.parked, name="parked")
app.add_typer(subject.subject, name="subject")
follow_ups.add_to(training.training)
doctor.add_to(app)
local.add_to(app)
app.command("verify", epilog="Example: jinguo verify --service reporting")(verify.verify)
app.command("retention", epilog="Example: jinguo retention   (then: jinguo retention --destroy)")(retention.retention)
app.command("seed", epilog="Example: jinguo seed --women 1000 --units 522634000000 --until 2021")(seed.seed)


def run(arguments: Sequence[str]) -> int:
    """Run one command; gives the exit status."""
    try:
        status = app(args=list(arguments), standalone_mode=False)
    except typer.Exit as end:
        return end.exit_code
    except (typer.Abort, KeyboardInterrupt):
        say("Stopped. What was done stays; run the same command again to finish the rest.")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output went away
        return FAILED
    except Exception as error:  # noqa: BLE001 - the last wall: a person gets a sentence, not a traceback
        return _explain(error)
    return status if isinstance(status, int) else 0


def _explain(error: Exception) -> int:
    if isinstance(error, TyperException):
        show = getattr(error, "show", None)
        show() if show else say(f"error: {error.message}")
        return error.exit_code
    if os.environ.get("JINGUO_DEBUG"):
        raise error
    failure = _failure(error)
    for line in failure.lines():
        say(line)
    return failure.exit_status


def _failure(error: Exception) -> Failure:
    match error:
        case Failure():
            return error
        case DomainError():
            return from_domain(error)
        case OSError():
            place = f": {error.filename}" if error.filename else ""
            return Failure(f"system.{error.errno}", f"{error.strerror or error}{place}")
        case _:
            hint = "Run it again with JINGUO_DEBUG=1 to see where, and tell us."
            return Failure("internal", f"Something unforeseen happened: {type(error).__name__}: {error}. {hint}")
