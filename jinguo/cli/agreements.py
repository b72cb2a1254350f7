"""`agreements add`, `list`, `show`, `change` and `close`: what partners may see, of which units, until when."""

from typing import Annotated, Any

import typer

from jinguo.cli.client import Api, Data, TokenFile, Url, connect
from jinguo.cli.errors import Failure
from jinguo.cli.output import Format, put, put_json, put_rows
from libs.values.division import Division

agreements = typer.Typer(help="Agreements with partners.", no_args_is_help=True)

Output = Annotated[Format, typer.Option("--format", help="text for people, json for scripts.")]
Named = Annotated[str, typer.Argument(metavar="AGREEMENT", help="Its name, or its id where units share a name.")]
Reason = Annotated[str, typer.Option("--reason", help="Why, in words; kept for good.")]
Scopes = Annotated[list[str], typer.Option("--scope", help="What it allows, e.g. feeds:read; again for each.")]
Fields = Annotated[list[str] | None, typer.Option("--field", help="A class of fields, e.g. place; again for each.")]
Types = Annotated[
    list[str] | None, typer.Option("--event-type", help="A type of events to follow, `all` or `none`; again for each.")
]
Measures = Annotated[list[str] | None, typer.Option("--measure", help="A measure, or `all`; again for each.")]
PurposeOf = Annotated[str | None, typer.Option("--purpose", help="Its one purpose, or `none`.")]
From = Annotated[str | None, typer.Option("--valid-from", help="First day, e.g. 2016-03-01.")]
To = Annotated[str | None, typer.Option("--valid-to", help="Last day, or `none`.")]
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
def add(  # noqa: PLR0913, PLR0917 - a command line names each option once
    name: Annotated[str, typer.Argument(help="Name inside its unit, e.g. 2016-03.")],
    partner: Annotated[str, typer.Option("--partner", help="The partner's name.")],
    division: Annotated[str, typer.Option("--division", help="12-digit code of the unit it is about.")],
    scope: Scopes,
    valid_from: Annotated[str, typer.Option("--valid-from", help="First day, e.g. 2016-03-01.")],
    reason: Reason,
    event_type: Annotated[
        list[str], typer.Option("--event-type", help="A type of events to follow, `all` or `none`; again for each.")
    ],
    measure: Annotated[list[str], typer.Option("--measure", help="A measure, or `all`; again for each.")],
    field: Fields = None,
    purpose: PurposeOf = None,
    valid_to: To = None,
    output: Output = Format.text,
    url: Url = None,
    data: Data = None,
    token_file: TokenFile = None,
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
    _shown(connect(url, data, token_file).post(_PATH, body), output)


@agreements.command("list", epilog="Example: jinguo agreements list")
def list_agreements(
    output: Output = Format.text, url: Url = None, data: Data = None, token_file: TokenFile = None
) -> None:
    """List the agreements in their present version."""
    items = connect(url, data, token_file).all(_PATH)
    if output is Format.json:
        put_json({"items": items})
        return
    put_rows(_FIELDS, items)


@agreements.command("show", epilog="Example: jinguo agreements show 2016-03 --versions")
def show(
    agreement: Named,
    versions: Annotated[bool, typer.Option("--versions", help="Every version, the newest first.")] = False,
    output: Output = Format.text,
    url: Url = None,
    data: Data = None,
    token_file: TokenFile = None,
) -> None:
    """Show the terms of an agreement."""
    api = connect(url, data, token_file)
    path = f"{_PATH}/{agreement_id(api, agreement)}"
    if not versions:
        _shown(api.get(path), output)
        return
    found = api.all(f"{path}/versions")
    if output is Format.json:
        put_json({"items": found})
        return
    for each in found:
        _shown(each, output)


@agreements.command("change", epilog="Example: jinguo agreements change 2016-03 --field place --reason 'annex 1'")
def change(  # noqa: PLR0913, PLR0917 - a command line names each option once
    agreement: Named,
    reason: Reason,
    partner: Annotated[str | None, typer.Option("--partner", help="The partner's name.")] = None,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="What it allows from now on; again for each.")
    ] = None,
    field: Fields = None,
    event_type: Types = None,
    measure: Measures = None,
    purpose: PurposeOf = None,
    valid_from: From = None,
    valid_to: To = None,
    output: Output = Format.text,
    url: Url = None,
    data: Data = None,
    token_file: TokenFile = None,
) -> None:
    """Make a new version of an agreement; what is not named stays as it was."""
    named = {"event_types": event_type, "measures": measure, "purpose": purpose, "valid_to": valid_to}
    plain = {"partner": partner, "scopes": scope, "fields": field, "valid_from": valid_from}
    body = {
        **{name: value for name, value in plain.items() if value},
        **_given(**{name: value for name, value in named.items() if value}),
        "reason": reason,
    }
    api = connect(url, data, token_file)
    path = f"{_PATH}/{agreement_id(api, agreement)}"
    _shown(api.patch(path, body, version=_version(api, path)), output)
    if output is Format.text:
        put(_SAYS)


@agreements.command("close", epilog="Example: jinguo agreements close 2016-03 --reason 'the contract has ended'")
def close(
    agreement: Named,
    reason: Reason,
    output: Output = Format.text,
    url: Url = None,
    data: Data = None,
    token_file: TokenFile = None,
) -> None:
    """End an agreement for good: its clients get no more tokens, and their last ones end within ten minutes."""
    api = connect(url, data, token_file)
    path = f"{_PATH}/{agreement_id(api, agreement)}"
    _shown(api.post(f"{path}/closure", {"reason": reason}, version=_version(api, path)), output)


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


def _version(api: Api, path: str) -> int:
    return int(api.get(path)["version"])


def _shown(agreement: dict[str, Any], output: Format) -> None:
    if output is Format.json:
        put_json(agreement)
        return
    put(f"{agreement['name']}@{agreement['version']}")
    for name in _TERMS:
        put(f"  {name}: {_words(name, agreement[name])}")


def _words(name: str, value: Any) -> str:
    if value is None:
        return "all" if name in {"event_types", "measures"} else "-"
    return (" ".join(value) or "none") if isinstance(value, list) else str(value)
