"""`clients add`, `list`, `secret`, `close` and `open`: the programs of partners that may ask for tokens."""

from typing import Annotated, Any

import typer

from jinguo.cli.agreements import agreement_id
from jinguo.cli.client import Api, with_api
from jinguo.cli.options import Output
from jinguo.cli.output import Format, put, put_item, put_items

clients = typer.Typer(help="Programs of partners.", no_args_is_help=True)

ClientId = Annotated[str, typer.Argument(metavar="CLIENT_ID", help="As `jinguo clients list` shows it.")]
_FIELDS = ("client_id", "name", "division", "agreement", "standing", "scopes", "disabled")


@clients.command(
    "add",
    epilog="Example: jinguo clients add bank --division 522634000000 --agreement 2016-03 --scope registry:read",
)
@with_api
def add(
    api: Api,
    name: Annotated[str, typer.Argument(help="The partner's name as shown.")],
    division: Annotated[str, typer.Option("--division", help="12-digit code of the unit it may see.")],
    agreement: Annotated[str, typer.Option("--agreement", help="Under which agreement it works: its name or id.")],
    scope: Annotated[list[str], typer.Option("--scope", help="What it may do; give it again for each.")],
    expires_at: Annotated[
        str | None, typer.Option("--expires-at", help="When it ends, e.g. 2017-01-01T00:00:00+08:00.")
    ] = None,
    output: Output = Format.text,
) -> None:
    """Make a client; its secret is printed once."""
    under = agreement_id(api, agreement, division)
    body = {"name": name, "division": division, "agreement_id": under, "scopes": scope, "expires_at": expires_at}
    put_item(api.post("access/v1/clients", body), _lines, output)


@clients.command("list", epilog="Example: jinguo clients list")
@with_api
def list_clients(api: Api, output: Output = Format.text) -> None:
    """List the clients."""
    put_items(api.all("access/v1/clients"), _FIELDS, output)


@clients.command("secret", epilog="Example: jinguo clients secret 01a21155-0000-7000-8000-000000000000 --keep-hours 24")
@with_api
def secret(
    api: Api,
    client_id: ClientId,
    keep_hours: Annotated[
        int, typer.Option("--keep-hours", help="How long the present secret stays good.", min=0, max=720)
    ] = 168,
    output: Output = Format.text,
) -> None:
    """Give a client a new secret, printed once; 0 hours end the present one at once."""
    path = f"access/v1/clients/{client_id}"
    made = api.post(f"{path}/secrets", {"keep_hours": keep_hours}, version=api.version(path))
    put_item(made, _lines, output)


@clients.command("close", epilog="Example: jinguo clients close 01a21155-0000-7000-8000-000000000000")
@with_api
def close(api: Api, client_id: ClientId) -> None:
    """Close a client: it gets no more tokens, and its last one ends within ten minutes."""
    _disable(api, client_id, disabled=True)


@clients.command("open", epilog="Example: jinguo clients open 01a21155-0000-7000-8000-000000000000")
@with_api
def reopen(api: Api, client_id: ClientId) -> None:
    """Open a closed client again."""
    _disable(api, client_id, disabled=False)


def _disable(api: Api, client_id: str, *, disabled: bool) -> None:
    path = f"access/v1/clients/{client_id}"
    made = api.patch(path, {"disabled": disabled}, version=api.version(path))
    put(f"{made['name']}: {'closed' if made['disabled'] else 'open'}")


def _lines(made: dict[str, Any]) -> list[str]:
    client = made["client"]
    return [
        f"{client['name']} ({client['division']}, {client['agreement']})",
        f"client_id: {client['client_id']}",
        f"client_secret: {made['client_secret']}",
    ]
