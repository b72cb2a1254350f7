"""`accounts add` and `accounts list`: who may sign in."""

from typing import Annotated, Any

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.errors import Failure
from jinguo.cli.options import Output
from jinguo.cli.output import Format, put, put_item, put_items
from libs.access.policy import ACCOUNT_ROLES

accounts = typer.Typer(help="Who may sign in.", no_args_is_help=True)

_FIELDS = ("username", "name", "role", "division", "measures")


@accounts.command("add", epilog="Example: jinguo accounts add xijiang --role cadre --division 522634101000")
@with_api
def add(
    api: Api,
    username: Annotated[str, typer.Argument(help="The name to sign in with.")],
    role: Annotated[str, typer.Option("--role", help=f"One of: {', '.join(sorted(ACCOUNT_ROLES))}.")],
    division: Annotated[str, typer.Option("--division", help="12-digit code of the unit she works for.")],
    name: Annotated[str | None, typer.Option("--name", help="Her name as shown; default: the user name.")] = None,
    measure: Annotated[
        list[str] | None, typer.Option("--measure", help="Only this measure; again for each. Without: all.")
    ] = None,
    output: Output = Format.text,
) -> None:
    """Make an account; its one-time password is printed once."""
    body = {
        "username": username,
        "name": name or username,
        "role": role,
        "division": division,
        "measures": measure or None,
    }
    made = api.post("access/v1/accounts", body)
    put_item(made, _made_lines, output)


@accounts.command("reset", epilog="Example: jinguo accounts reset admin")
@with_api
def reset(
    api: Api, username: Annotated[str, typer.Argument(help="Whose password is lost.")], output: Output = Format.text
) -> None:
    """Give an account a new one-time password, printed once; her sessions end."""
    account = _account(api, username)
    made = api.post(f"access/v1/accounts/{account['id']}/password-reset", None, version=account["version"])
    put_item(made, _password_lines, output)


@accounts.command("reset-factor", epilog="Example: jinguo accounts reset-factor xijiang")
@with_api
def reset_factor(api: Api, username: Annotated[str, typer.Argument(help="Whose telephone is lost.")]) -> None:
    """Take away an account's second factor; her sessions end and she binds a new one at the next sign-in."""
    account = _account(api, username)
    api.post(f"access/v1/accounts/{account['id']}/second-factor-reset", None, version=account["version"])
    put(f"{username}: second factor taken away")


@accounts.command("end-sessions", epilog="Example: jinguo accounts end-sessions xijiang")
@with_api
def end_sessions(api: Api, username: Annotated[str, typer.Argument(help="Whose sessions end.")]) -> None:
    """End all sessions of an account on the console: a browser was lost, or somebody else is in it."""
    api.delete(f"access/v1/accounts/{_account(api, username)['id']}/sessions")
    put(f"{username}: every session has ended")


@accounts.command("list", epilog="Example: jinguo accounts list")
@with_api
def list_accounts(api: Api, output: Output = Format.text) -> None:
    """List the accounts."""
    put_items(api.all("access/v1/accounts"), _FIELDS, output)


def _made_lines(made: dict[str, Any]) -> list[str]:
    account = made["account"]
    return [f"{account['username']} ({account['role']}, {account['division']})", *_password_lines(made)]


def _password_lines(made: dict[str, Any]) -> list[str]:
    return [f"one-time password: {made['one_time_password']}"]


def _account(api: Api, username: str) -> dict[str, Any]:
    found = next((item for item in api.all("access/v1/accounts") if item["username"] == username.casefold()), None)
    if found is None:
        raise Failure("accounts.unknown", f"There is no account {username} in your units: see jinguo accounts list")
    return found
