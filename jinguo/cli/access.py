"""`access explain`: why somebody may or may not do something, rule by rule."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.errors import FAILED, Failure
from jinguo.cli.options import Output
from jinguo.cli.output import Format, put_item

access = typer.Typer(help="Who may do what, and why.", no_args_is_help=True)
_WOMAN = "registry:woman:"


@access.callback()
def _group() -> None:
    """Keep `explain` a command of its own: a group of one is not folded into it."""


@access.command("explain", epilog="Example: jinguo access explain xijiang registry:read 522634102000")
@with_api
def explain(
    api: Api,
    user: Annotated[str, typer.Argument(help="User name of the account, or id of a partner's client.")],
    action: Annotated[str, typer.Argument(help="An action of libs/access/policy.toml, e.g. registry:read.")],
    resource: Annotated[str, typer.Argument(help="12-digit code of a division, or registry:woman:ID.")],
    purpose: Annotated[str | None, typer.Option("--purpose", help="The purpose that is stated.")] = None,
    output: Output = Format.text,
) -> None:
    """Print the decision and every rule that held or failed; exit status 0 when allowed, 1 when not."""
    division = _division(api, resource)
    said = api.get("access/v1/explain", user=user, action=action, division=division, purpose=purpose)
    put_item(said, _lines, output)
    if not said["allowed"]:
        raise typer.Exit(FAILED)


def _lines(said: dict[str, Any]) -> Iterator[str]:
    yield f"{'allowed' if said['allowed'] else 'refused: ' + said['code']}  (policy version {said['version']})"
    for line in said["rules"]:
        yield f"  {'holds' if line['holds'] else 'FAILS'}  {line['rule']}: {line['said']}  [{line['reason']}]"


def _division(api: Api, resource: str) -> str:
    """The unit a resource lies in; a woman is asked for with the rights of who runs the command."""
    if resource.startswith(_WOMAN):
        return str(api.get(f"registry/v1/women/{resource.removeprefix(_WOMAN)}")["division"])
    if len(resource) == 12 and resource.isdigit():
        return resource
    raise Failure("access.resource", f"RESOURCE is a 12-digit code or {_WOMAN}ID, and is {resource}")
