"""`clients add`, `list`, `secret`, `close` and `open`: the programs of partners that may ask for tokens."""

from typing import Annotated, Any

import typer

from jinguo.cli.agreements import agreement_id
from jinguo.cli.client import Api, Data, TokenFile, Url, connect
from jinguo.cli.output import Format, put, put_json, put_rows

clients = typer.Typer(help="Programs of partners.", no_args_is_help=True)

Output = Annotated[Format, typer.Option("--format", help="text for people, json for scripts.")]
ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="As `jinguo clients list` shows it.")]
_FIELDS = ("client_id", "name", "division", "agreement", "standing", "scopes", "disabled")


@clients.command(
    "add",
    epilog="Example: jinguo clients add bank --division 522634000000 --agreement 2016-03 --scope registry:read",
)
def add(  # noqa: PLR0913, PLR0917 - a command line names each option once
    name: Annotated[str, typer.Argument(help="The partner's name as shown.")],
    division: Annotated[str, typer.Option("--division", help="12-digit code of the unit it may see.")],
    agreement: Annotated[str, typer.Option("--agreement", help="Under which agreement it works: its name or id.")],
    scope: Annotated[list[str], typer.Option("--scope", help="What it may do; give it again for each.")],
    expires_at: Annotated[
        str | None, typer.Option("--expires-at", help="When it ends, e.g. 2017-01-01T00:00:00+08:00.")
    ] = None,
    output: Output = Format.text,
    url: Url = None,
    data: Data = None,
    token_file: TokenFile = None,
) -> None:
    """Make a client; its secret is printed once."""
    api = connect(url, data, token_file)
    under = agreement_id(api, agreement, division)
    body = {"name": name, "division": division, "agreement_id": under, "scopes": scope, "expires_at": expires_at}
    _shown(api.post("access/v1/clients", body), output)


@clients.command("list", epilog="Example: jinguo clients list")
def list_clients(
    output: Output = Format.text, url: Url = None, data: Data = None, token_file: TokenFile = None
) -> None:
    """List the clients."""
    items = connect(url, data, token_file).all("access/v1/clients")
    if output is Format.json:
        put_json({"items": items})
        return
    put_rows(_FIELDS, items)


@clients.command("secret", epilog="Example: jinguo clients secret 01a21155-0000-7000-8000-000000000000 --keep-hours 24")
def secret(
    client_id: ClientId,
    keep_hours: Annotated[
        int, typer.Option("--keep-hours", help="How long the present secret stays good.", min=0, max=720)
    ] = 168,
    output: Output = Format.text,
    url: Url = None,
    data: Data = None,
    token_file: TokenFile = None,
) -> None:
    """Give a client a new secret, printed once; 0 hours end the present one at once."""
    api = connect(url, data, token_file)
    path = f"access/v1/clients/{client_id}"
    made = api.post(f"{path}/secrets", {"keep_hours": keep_hours}, version=_version(api, path))
    _shown(made, output)


@clients.command("close", epilog="Example: jinguo clients close 01a21155-0000-7000-8000-000000000000")
def close(client_id: ClientId, url: Url = None, data: Data = None, token_file: TokenFile = None) -> None:
    """Close a client: it gets no more tokens, and its last one ends within ten minutes."""
    _disable(connect(url, data, token_file), client_id, disabled=True)


@clients.command("open", epilog="Example: jinguo clients open 01a21155-0000-7000-8000-000000000000")
def reopen(client_id: ClientId, url: Url = None, data: Data = None, token_file: TokenFile = None) -> None:
    """Open a closed client again."""
    _disable(connect(url, data, token_file), client_id, disabled=False)


def _disable(api: Api, client_id: str, *, disabled: bool) -> None:
    path = f"access/v1/clients/{client_id}"
    made = api.patch(path, {"disabled": disabled}, version=_version(api, path))
    put(f"{made['name']}: {'closed' if made['disabled'] else 'open'}")


def _version(api: Api, path: str) -> int:
    return int(api.get(path)["version"])


def _shown(made: dict[str, Any], output: Format) -> None:
    if output is Format.json:
        put_json(made)
        return
    client = made["client"]
    put(f"{client['name']} ({client['division']}, {client['agreement']})")
    put(f"client_id: {client['client_id']}")
    put(f"client_secret: {made['client_secret']}")
