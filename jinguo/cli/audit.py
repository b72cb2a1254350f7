"""`jinguo audit verify`, `list` and `export`: who did what, and whether that is still what was written."""

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from jinguo.cli.errors import FAILED, USAGE, Failure
from jinguo.cli.local import Folder
from jinguo.cli.output import Format, put, put_json, put_table, say
from jinguo.cli.verify import as_json, show
from jinguo.databases import running_server
from jinguo.folder import DataFolder, default_folder, write_private

audit = typer.Typer(help="Who did what, from where, and how it ended.", no_args_is_help=True)

Services = Annotated[list[str] | None, typer.Option("--service", help="Only this one; may be repeated.")]
Since = Annotated[datetime | None, typer.Option("--from", help="From this time on (UTC), e.g. 2026-07-01T08:00:00.")]
Until = Annotated[datetime | None, typer.Option("--to", help="Before this time (UTC).")]
Actor = Annotated[str | None, typer.Option("--actor", help="Id of the account.")]
Action = Annotated[str | None, typer.Option("--action", help="What was done, e.g. sign_in.")]
Object = Annotated[str | None, typer.Option("--object", help="Id of what it was done to.")]
Outcome = Annotated[str | None, typer.Option("--outcome", help="success, refused or failed.")]
_FIELDS = ("service", "at", "actor", "role", "unit", "address", "action", "object_kind", "object_id", "outcome", "code")
_ALL = ("service", "number", "id", *_FIELDS[1:], "session", "purpose", "reason", "correlation_id", "trace_id", "detail")


@audit.command("verify", epilog="Example: jinguo audit verify --service registry")
def verify(
    data: Folder = None,
    service: Services = None,
    output: Annotated[Format, typer.Option("--format", help="Form of the answer.")] = Format.text,
) -> None:
    """Check the chain of hashes and its signed checkpoints; exit status 1 when something is wrong."""
    from jinguo.audit import check  # noqa: PLC0415 - the services' code is slow to load

    folder, only = _folder(data), _known(service)

    async def run(dsn: Any) -> list[Any]:
        return [checked async for checked in check(folder, dsn, only)]

    with running_server(folder) as server:
        done = asyncio.run(run(server.dsn))
    if output is Format.json:
        put_json([as_json(checked) for checked in done])
    else:
        for checked in done:
            show(checked)
    wrong = [checked for checked in done if not checked.check.good]
    say(f"{len(done)} checks, {len(wrong)} with faults." if wrong else f"{len(done)} checks; nothing is wrong.")
    if wrong:
        raise typer.Exit(FAILED)


@audit.command("list", epilog="Example: jinguo audit list --action sign_in --outcome failed")
def list_entries(  # noqa: PLR0913, PLR0917 - an option each
    data: Folder = None,
    service: Services = None,
    since: Since = None,
    until: Until = None,
    actor: Actor = None,
    action: Action = None,
    object_id: Object = None,
    outcome: Outcome = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Entries of each service.")] = 50,
    output: Annotated[Format, typer.Option("--format", help="Form of the answer.")] = Format.text,
) -> None:
    """Show the newest entries; that they were looked at is noted first."""
    with _found(data, service, _wanted(since, until, actor, action, object_id, outcome), limit) as found:
        if output is Format.json:
            put_json({"items": found})
        else:
            put_table(_FIELDS, [[item.get(field) for field in _FIELDS] for item in found], figures_from=len(_FIELDS))


@audit.command("export", epilog="Example: jinguo audit export --from 2026-07-01T00:00:00 --out july.csv")
def export(  # noqa: PLR0913, PLR0917 - an option each
    out: Annotated[Path, typer.Option("--out", help="The file to write: .csv, or .jsonl for one JSON object a line.")],
    data: Folder = None,
    service: Services = None,
    since: Since = None,
    until: Until = None,
    actor: Actor = None,
    action: Action = None,
    object_id: Object = None,
    outcome: Outcome = None,
) -> None:
    """Write all entries asked for into a file for its owner only; that is noted first."""
    if out.suffix not in {".csv", ".jsonl"}:
        raise Failure("audit.form", f"{out.name}: the name must end in .csv or .jsonl.", exit_status=USAGE)
    with _found(data, service, _wanted(since, until, actor, action, object_id, outcome), None) as found:
        text = _csv(found) if out.suffix == ".csv" else "".join(json.dumps(item) + "\n" for item in found)
        write_private(out, text.encode())
    put(f"{len(found)} entries → {out}")


@contextmanager
def _found(data: Path | None, service: list[str] | None, wanted: Any, limit: int | None) -> Iterator[list[Any]]:
    from jinguo.audit import entries  # noqa: PLC0415 - the services' code is slow to load

    folder, only = _folder(data), _known(service)

    async def run(dsn: Any) -> list[dict[str, Any]]:
        return [_item(shown.service, shown.row) async for shown in entries(dsn, wanted, only, limit)]

    with running_server(folder) as server:
        yield asyncio.run(run(server.dsn))


def _wanted(since: datetime | None, until: datetime | None, *named: Any) -> Any:
    from libs.audit.listing import Wanted  # noqa: PLC0415 - loads the database's driver

    times = [each.replace(tzinfo=UTC) if each else None for each in (since, until)]
    return Wanted(times[0], times[1], *named)


def _folder(data: Path | None) -> DataFolder:
    folder = DataFolder(data or default_folder())
    folder.require_data()
    return folder


def _known(service: list[str] | None) -> list[str]:
    from jinguo.audit import DATABASES  # noqa: PLC0415 - the services' code is slow to load

    if unknown := sorted(set(service or []) - set(DATABASES)):
        raise Failure("audit.no_service", f"There is no service {', '.join(unknown)}.", exit_status=USAGE)
    return service or []


def _item(service: str, row: Any) -> dict[str, Any]:
    return {"service": service, **row, "at": row["at"].isoformat()}


def _csv(items: list[Any]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, _ALL)
    writer.writeheader()
    writer.writerows({**item, "detail": json.dumps(item["detail"])} for item in items)
    return out.getvalue()
