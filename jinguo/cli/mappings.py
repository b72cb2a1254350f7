"""`mappings show`, `keep` and `forget`: headings of an office's own files, confirmed once, used by its imports."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer

from jinguo.cli.client import Api, with_api
from jinguo.cli.errors import USAGE, Failure
from jinguo.cli.headings import pairs_of
from jinguo.cli.options import Output
from jinguo.cli.output import Format, put, put_item, put_items, say
from libs.rosters.mapping import merged

mappings = typer.Typer(
    help="Headings (列名) of an office's own files for our columns: confirmed once, used by its imports.",
    no_args_is_help=True,
)

SERVICES = {
    "register": "registry",
    "exits": "registry",
    "incomes": "registry",
    "needs": "registry",
    "roster": "training",
    "publicity": "outreach",
}
Kind = Annotated[str, typer.Argument(help=f"Kind of file: {', '.join(SERVICES)}.")]
Unit = Annotated[str | None, typer.Option("--division", help="12-digit code; your unit without it.")]
_FIELDS = ("kind", "unit", "version", "headings", "kept_at")


@mappings.command("show", epilog="Example: jinguo mappings show register --division 522634101000")
@with_api
def show(
    api: Api,
    kind: Annotated[str, typer.Argument(help=f"Kind of file: {', '.join(SERVICES)}; all without it.")] = "",
    division: Unit = None,
    output: Output = Format.text,
) -> None:
    """Show by which headings files of a unit are read, or all that you may see."""
    if kind:
        put_item(api.get(f"{_path(kind)}/in-force", kind=kind, unit=division), _lines, output)
        return
    found: list[dict[str, Any]] = []
    for service in dict.fromkeys(SERVICES.values()):
        try:
            found += api.all(f"{service}/v1/header-mappings")
        except Failure as failure:
            if failure.http_status != 403:
                raise
            say(f"{service}: {failure.message}")
    put_items([{**each, "headings": [_pair(pair) for pair in each["columns"]]} for each in found], _FIELDS, output)


@mappings.command(
    "keep", epilog="Example: jinguo mappings keep register --column 姓名=成员的姓名 --column 户编号=户代号"
)
@with_api
def keep(
    api: Api,
    kind: Kind,
    column: Annotated[list[str], typer.Option("--column", help="Our column and the file's heading; again for each.")],
    division: Unit = None,
    output: Output = Format.text,
) -> None:
    """Keep headings for a unit, beside those by which its files are read now; one that is named anew is replaced."""
    path, chosen = _path(kind), pairs_of(column)
    before, own = _read(api, path, kind, division), _read(api, path, kind, division, nearest=False)
    pairs = merged([(each["heading"], each["column"]) for each in (before or {}).get("columns", ())], chosen)
    body = {"columns": [{"heading": heading, "column": name} for heading, name in pairs]}
    kept = api.put(path, body, version=own["version"] if own else None, kind=kind, unit=division)
    put_item(kept, _lines, output)


@mappings.command("forget", epilog="Example: jinguo mappings forget register --division 522634101000")
@with_api
def forget(api: Api, kind: Kind, division: Unit = None) -> None:
    """Take back what a unit keeps: its files are read by the headings of the units above, or by our own."""
    path = _path(kind)
    own = _read(api, path, kind, division, nearest=False)
    if own is None:
        raise Failure("mapping.none", f"The unit keeps no headings for {kind}; see `jinguo mappings show`.")
    api.delete(path, version=own["version"], kind=kind, unit=division)
    put(f"{kind} of {own['unit']}: version {own['version']} is used no more")


def _path(kind: str) -> str:
    if kind not in SERVICES:
        message = f"There is no kind of file {kind}; it is one of {', '.join(SERVICES)}."
        raise Failure("mapping.unknown_kind", message, exit_status=USAGE)
    return f"{SERVICES[kind]}/v1/header-mappings"


def _read(api: Api, path: str, kind: str, division: str | None, *, nearest: bool = True) -> dict[str, Any] | None:
    """What counts for the unit, or what it keeps itself; None where there is nothing."""
    try:
        found: dict[str, Any] = api.get(f"{path}/in-force", kind=kind, unit=division, nearest=nearest)
    except Failure as failure:
        if failure.code != "common.not_found":
            raise
        return None
    return found


def _lines(kept: Mapping[str, Any]) -> Iterator[str]:
    yield f"{kept['kind']} of {kept['unit']}, version {kept['version']}, kept {kept['kept_at']}"
    yield from map(_pair, kept["columns"])


def _pair(pair: Mapping[str, str]) -> str:
    return f"{pair['column']}={pair['heading']}"
