"""`jinguo audit verify`, `list` and `export`: who did what, and whether that is still what was written."""

import asyncio
import csv
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jinguo.cli.errors import USAGE, Failure
from jinguo.cli.options import Folder, Output, takes
from jinguo.cli.output import Format, put, put_items, put_json
from jinguo.cli.verify import as_json, finish, show
from jinguo.databases import running_server
from jinguo.folder import DataFolder, write_private
from libs.values.texts import inert

if TYPE_CHECKING:
    from jinguo.audit import Dsn
    from libs.audit.listing import Wanted

audit = typer.Typer(help="Who did what, from where, and how it ended.", no_args_is_help=True)

Services = Annotated[list[str] | None, typer.Option("--service", help="Only this one; may be repeated.")]
_FIELDS = ("service", "at", "actor", "role", "unit", "address", "action", "object_kind", "object_id", "outcome", "code")
_ALL = ("service", "number", "id", *_FIELDS[1:], "session", "purpose", "reason", "correlation_id", "trace_id", "detail")


@audit.command("verify", epilog="Example: jinguo audit verify --service registry")
def verify(folder: Folder, service: Services = None, output: Output = Format.text) -> None:
    """Check the chain of hashes and its signed checkpoints; exit status 1 when something is wrong."""
    from jinguo.audit import check  # noqa: PLC0415 - the services' code is slow to load

    folder.require_data()
    only = _known(service)

    async def run(dsn: Any) -> list[Any]:
        return [checked async for checked in check(folder, dsn, only)]

    with running_server(folder) as server:
        done = asyncio.run(run(server.dsn))
    if output is Format.json:
        put_json([as_json(checked) for checked in done])
    else:
        for checked in done:
            show(checked)
    finish(done)


@dataclass(frozen=True, slots=True)
class Search:
    """Entries that are asked for: of one folder, of these services (none: of all), by what stands in them."""

    folder: DataFolder
    services: list[str] | None
    wanted: "Wanted"

    def run(self, limit: int | None = None) -> list[dict[str, Any]]:
        """The newest of each service, at most `limit`; that they were looked at is noted first."""
        from jinguo.audit import entries  # noqa: PLC0415 - the services' code is slow to load

        self.folder.require_data()
        only = _known(self.services)

        async def found(dsn: "Dsn") -> list[dict[str, Any]]:
            return [_item(shown.service, shown.row) async for shown in entries(dsn, self.wanted, only, limit)]

        with running_server(self.folder) as server:
            return asyncio.run(found(server.dsn))


def _search(
    *,
    folder: Folder,
    service: Services = None,
    since: Annotated[
        datetime | None, typer.Option("--from", help="From this time on (UTC), e.g. 2026-07-01T08:00:00.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Before this time (UTC).")] = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Id of the account.")] = None,
    action: Annotated[str | None, typer.Option("--action", help="What was done, e.g. sign_in.")] = None,
    object_id: Annotated[str | None, typer.Option("--object", help="Id of what it was done to.")] = None,
    outcome: Annotated[str | None, typer.Option("--outcome", help="success, refused or failed.")] = None,
) -> Search:
    from libs.audit.listing import Wanted  # noqa: PLC0415 - loads the database's driver

    begin, end = (each.replace(tzinfo=UTC) if each else None for each in (since, until))
    return Search(folder, service, Wanted(begin, end, actor, action, object_id, outcome))


with_search = takes(_search)


@audit.command("list", epilog="Example: jinguo audit list --action sign_in --outcome failed")
@with_search
def list_entries(
    search: Search,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Entries of each service.")] = 50,
    output: Output = Format.text,
) -> None:
    """Show the newest entries; that they were looked at is noted first."""
    put_items(search.run(limit), _FIELDS, output)


@audit.command("export", epilog="Example: jinguo audit export --from 2026-07-01T00:00:00 --out july.csv")
@with_search
def export(
    search: Search,
    out: Annotated[Path, typer.Option("--out", help="The file to write: .csv, or .jsonl for one JSON object a line.")],
) -> None:
    """Write all entries asked for into a file for its owner only; that is noted first."""
    if out.suffix not in {".csv", ".jsonl"}:
        raise Failure("audit.form", f"{out.name}: the name must end in .csv or .jsonl.", exit_status=USAGE)
    found = search.run()
    text = _csv(found) if out.suffix == ".csv" else "".join(json.dumps(item) + "\n" for item in found)
    write_private(out, text.encode())
    put(f"{len(found)} entries → {out}")


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
    told = ({**item, "detail": json.dumps(item["detail"])} for item in items)
    writer.writerows({name: inert(value) for name, value in each.items()} for each in told)
    return out.getvalue()
