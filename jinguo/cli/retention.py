"""`jinguo retention`: what has been kept long enough, and why; destroyed only when asked for."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

import typer

from jinguo.cli.options import Folder, Output
from jinguo.cli.output import Format, put_items, say
from jinguo.databases import running_server

_FIELDS = ("kind", "subject", "since", "days", "way", "source")


def retention(
    folder: Folder,
    destroy: Annotated[bool, typer.Option("--destroy", help="Destroy the files that are due; else only list.")] = False,
    output: Output = Format.text,
) -> None:
    """List what is due with its rule; a woman's record is only ever proposed (see `jinguo subject erase`)."""
    with running_server(folder) as server:
        found, done = asyncio.run(_run(server.dsn, folder.secret("master.key"), destroy=destroy))
    put_items(found, _FIELDS, output)
    proposed = sum(each["way"] == "proposed" for each in found)
    files = len({each["subject"] for each in found if each["way"] == "destroyed"})
    say(f"{done} files destroyed." if destroy else f"{files} files are due; --destroy destroys them.")
    if proposed:
        say(f"{proposed} women left long ago: look at each, then `jinguo subject erase ID --reason period_over`.")


async def _run(dsn: Any, master: bytes, *, destroy: bool) -> tuple[list[dict[str, Any]], int]:
    from jinguo.owner import owner  # noqa: PLC0415 - the services' code is slow to load
    from jinguo.services import opened  # noqa: PLC0415
    from libs.events.meta import Meta  # noqa: PLC0415
    from libs.service.clock import system_ids  # noqa: PLC0415
    from services.registry.handlers import retaining  # noqa: PLC0415
    from services.registry.worker import service  # noqa: PLC0415

    who = owner()
    async with opened(service(), dsn, master) as runtime:
        found = [
            {**asdict(each), "subject": str(each.subject)}
            for each in await retaining.due(runtime.pool, runtime.clock())
        ]
        meta = Meta(actor=who.sub, role=who.role, unit=who.division.code, correlation_id=system_ids())
        return found, await retaining.destroy(runtime, meta) if destroy else 0
