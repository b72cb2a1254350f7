"""`accounts add` and `accounts list`: who may sign in."""

from typing import Annotated, Any

import typer

from jinguo.cli.client import Api, Data, TokenFile, Url, connect
from jinguo.cli.errors import Failure
from jinguo.cli.output import Format, put, put_json, put_rows
from libs.access.policy import ACCOUNT_ROLES

accounts = typer.Typer(help="Who may sign in.", no_args_is_help=True)

Output = Annotated[Format, typer.Option("--format", help="text for people, json for scripts.")]
_FIELDS = ("username", "name", "role", "division", "measures")


@accounts.command("add", epilog="Example: jinguo accounts add xijiang --role cadre --division 522634101000")
def add(  # noqa: PLR0913, PLR0917 - a command line names each option once
    username: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[str, typer.Option("--role", help=f"One of: {', '.join(sorted(ACCOUNT_ROLES))}.")],
    division: Annotated[str, typer.Option("--division", help="12-digit code of the unit she works for.")],
    name: Annotated[str | None, typer.Option("--name", help="Her name as shown; default: the user name.")] = None,
    measure: Annotated[
        list[str] | None, typer.Option("--measure", help="Only this measure; again for each. Without: all.")
    ] = None,
    output: Output = Format.text,
    url: Url = None,
    data: Data = None,
    token_file: TokenFile = None,
) -> None:
    """Make an account; its one-time password is printed once."""
    api = connect(url, data, token_file)
    body = {
        "username": username,
        "name": name or username,
        "role": role,
        "division": division,
        "measures": measure or None,
    }
    made = api.post("access/v1/accounts", body)
    if output is Format.json:
        put_json(made)
        return
    account = made["account"]
    put(f"{account['username']} ({account['role']}, {account['division']})")
    put(f"one-time password: {made['one_time_password']}")


@accounts.command("reset", epilog="Example: jinguo accounts reset admin")
def reset(
    username: Annotated[str, typer.Argument(help="Whose password is lost.")],
    output: Output = Format.text,
    url: Url = None,
    data: Data = None,
    token_file: TokenFile = None,
) -> None:
    """Give an account a new one-time password, printed once; her sessions end."""
    api = connect(url, data, token_file)
    account = _account(api, username)
    made = api.post(f"access/v1/accounts/{account['id']}/password-reset", None, version=account["version"])
    if output is Format.json:
        put_json(made)
        return
    put(f"one-time password: {made['one_time_password']}")


@accounts.command("reset-factor", epilog="Example: jinguo accounts reset-factor xijiang")
def reset_factor(
    username: Annotated[str, typer.Argument(help="Whose telephone is lost.")],
    url: Url = None,
    data: Data = None,
    token_file: TokenFile = None,
) -> None:
    """Take away an account's second factor; her sessions end and she binds a new one at the next sign-in."""
    api = connect(url, data, token_file)
    account = _account(api, username)
    api.post(f"access/v1/accounts/{account['id']}/second-factor-reset", None, version=account["version"])
    put(f"{username}: second factor taken away")


@accounts.command("list", epilog="Example: jinguo accounts list")
def list_accounts(
    output: Output = Format.text, url: Url = None, data: Data = None, token_file: TokenFile = None
) -> None:
    """List the accounts."""
    items = connect(url, data, token_file).all("access/v1/accounts")
    if output is Format.json:
        put_json({"items": items})
        return
    put_rows(_FIELDS, items)


def _account(api: Api, username: str) -> dict[str, Any]:
    found = next((item for item in api.all("access/v1/accounts") if item["username"] == username.casefold()), None)
    if found is None:
        raise Failure("accounts.unknown", f"There is no account {username} in your units: see jinguo accounts list")
    return found
