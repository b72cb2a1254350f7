"""`agreements add`, `list`, `show`, `change` and `close`: what partners may see, of which units, until when."""

from typing import Annotated, Any

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.errors import Failure
from jinguo.cli.options import Output
from jinguo.cli.output import Format, put, put_item, put_items, put_json
from libs.values.division import Division

agreements = typer.Typer(help="Agreements with partners.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="AGREEMENT", help="Its name, or its id where units share a name.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in words; kept for good.")]
Fields = Annotated[list[str] | None, typer.Option("--field", help="A class of fields, e.g. place; again for each.")]
PurposeOf = Annotated[str | None, typer.Option("--purpose", help="Its one purpose, or `none`.")]
To = Annotated[str | None, typer.Option("--valid-to", help="Last day, or `none`.")]
PARTNER = typer.Option("--partner", help="The partner's name.")
EVENT_TYPE = typer.Option("--event-type", help="A type of events to follow, `all` or `none`; again for each.")
MEASURE = typer.Option("--measure", help="A measure, or `all`; again for each.")
VALID_FROM = typer.Option("--valid-from", help="First day, e.g. 2016-03-01.")
_PATH = "access/v1/agreements"
_FIELDS = ("name", "version", "partner", "division", "standing", "valid_from", "valid_to", "agreement_id")
_TERMS = ("partner", "division", "standing", "scopes", "fields", "event_types", "measures", "purpose", "valid_from",
          "valid_to", "closed_at", "reason", "made_at", "made_by")  # fmt: skip
_SAYS = "Works with the next token of each client, within 10 minutes."
ADD = (
    "Example: jinguo agreements add 2016-03 --partner bank --division 522634000000 --scope feeds:read --field place "
    "--event-type training.attended.v1 --measure all --valid-from 2016-03-01 --reason 'contract of March 2016'"
)


@agreements.command("add", epilog=ADD)
@with_api
def add(  # noqa: PLR0913, PLR0917 - a command line names each option once
    api: Api,
    name: Annotated[str, typer.Argument(help="Name inside its unit, e.g. 2016-03.")],
    partner: Annotated[str, PARTNER],
    division: Annotated[str, typer.Option("--division", help="12-digit code of the unit it is about.")],
    scope: Annotated[list[str], typer.Option("--scope", help="What it allows, e.g. feeds:read; again for each.")],
    valid_from: Annotated[str, VALID_FROM],
    reason: Reason,
    event_type: Annotated[list[str], EVENT_TYPE],
    measure: Annotated[list[str], MEASURE],
    field: Fields = None,
    purpose: PurposeOf = None,
    valid_to: To = None,
    output: Output = Format.text,
) -> None:
    """Make an agreement."""
    body = {
        "name": name,
        "partner": partner,
        "division": division,
        "scopes": scope,
        "fields": field or [],
        **_given(event_types=event_type, measures=measure, purpose=purpose, valid_from=valid_from, valid_to=valid_to),
        "reason": reason,
    }
    put_item(api.post(_PATH, body), _lines, output)


@agreements.command("list", epilog="Example: jinguo agreements list")
@with_api
def list_agreements(api: Api, output: Output = Format.text) -> None:
    """List the agreements in their present version."""
    put_items(api.all(_PATH), _FIELDS, output)


@agreements.command("show", epilog="Example: jinguo agreements show 2016-03 --versions")
@with_api
def show(
    api: Api,
    agreement: Named,
    versions: Annotated[bool, typer.Option("--versions", help="Every version, the newest first.")] = False,
    output: Output = Format.text,
) -> None:
    """Show the terms of an agreement."""
    path = f"{_PATH}/{agreement_id(api, agreement)}"
    if not versions:
        put_item(api.get(path), _lines, output)
        return
    found = api.all(f"{path}/versions")
    if output is Format.json:
        put_json({"items": found})
        return
    for each in found:
        put_item(each, _lines, output)


@agreements.command("change", epilog="Example: jinguo agreements change 2016-03 --field place --reason 'annex 1'")
@with_api
def change(  # noqa: PLR0913, PLR0917 - a command line names each option once
    api: Api,
    agreement: Named,
    reason: Reason,
    partner: Annotated[str | None, PARTNER] = None,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="What it allows from now on; again for each.")
    ] = None,
    field: Fields = None,
    event_type: Annotated[list[str] | None, EVENT_TYPE] = None,
    measure: Annotated[list[str] | None, MEASURE] = None,
    purpose: PurposeOf = None,
    valid_from: Annotated[str | None, VALID_FROM] = None,
    valid_to: To = None,
    output: Output = Format.text,
) -> None:
    """Make a new version of an agreement; what is not named stays as it was."""
    named = {"event_types": event_type, "measures": measure, "purpose": purpose, "valid_to": valid_to}
    plain = {"partner": partner, "scopes": scope, "fields": field, "valid_from": valid_from}
    body = {
        **{name: value for name, value in plain.items() if value},
        **_given(**{name: value for name, value in named.items() if value}),
        "reason": reason,
    }
    path = f"{_PATH}/{agreement_id(api, agreement)}"
    put_item(api.patch(path, body, version=api.version(path)), _lines, output)
    if output is Format.text:
        put(_SAYS)


@agreements.command("close", epilog="Example: jinguo agreements close 2016-03 --reason 'the contract has ended'")
@with_api
def close(api: Api, agreement: Named, reason: Reason, output: Output = Format.text) -> None:
    """End an agreement for good: its clients get no more tokens, and their last ones end within ten minutes."""
    path = f"{_PATH}/{agreement_id(api, agreement)}"
    put_item(api.post(f"{path}/closure", {"reason": reason}, version=api.version(path)), _lines, output)


def agreement_id(api: Api, named: str, division: str | None = None) -> str:
    """The id of an agreement; a name must be the only one, or the only one whose unit covers `division`."""
    found = [each for each in api.all(_PATH) if named in {each["name"], each["agreement_id"]}]
    if len(found) > 1 and division is not None:
        found = [each for each in found if Division(each["division"]).covers(Division(division))]
    if len(found) != 1:
        many = "More than one agreement is called" if found else "There is no agreement"
        raise Failure("agreements.unknown", f"{many} {named} in your units: see jinguo agreements list")
    return str(found[0]["agreement_id"])


def _given(**options: Any) -> dict[str, Any]:
    """`all` lifts a limit, `none` is an empty list, or nothing where one value stands."""
    return {name: _one(name, value) for name, value in options.items()}


def _one(name: str, value: Any) -> Any:
    if value in (["all"], "none"):
        return None
    if value == ["none"]:
        if name == "measures":
            raise Failure("agreements.measures", "--measure takes measures or `all`; one without any allows nothing.")
        return []
    return value


def _lines(agreement: dict[str, Any]) -> list[str]:
    terms = [f"  {name}: {_words(name, agreement[name])}" for name in _TERMS]
    return [f"{agreement['name']}@{agreement['version']}", *terms]


def _words(name: str, value: Any) -> str:
    if value is None:
        return "all" if name in {"event_types", "measures"} else "-"
    return (" ".join(value) or "none") if isinstance(value, list) else str(value)
