"""`keys rotate`: a new key signs tokens."""

from typing import Annotated

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.output import put

keys = typer.Typer(help="The key that signs tokens.", no_args_is_help=True)


@keys.command("rotate", epilog="Example: jinguo keys rotate")
@with_api
def rotate(
    api: Api,
    at_once: Annotated[
        bool,
        typer.Option(
            "--at-once", help="A key was stolen: every token of all older keys ends, here now, elsewhere within 30 s."
        ),
    ] = False,
) -> None:
    """Sign with a new key; tokens of older ones stay good until they end, 7 days at most."""
    made = api.post("access/v1/keys/rotation", {"at_once": at_once})
    put(f"new key: {made['kid']}")
