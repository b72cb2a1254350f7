"""`jinguo subject export`, `erase` and `prove`: a person's rights over her data, for the owner of this machine."""

import asyncio
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from jinguo.cli.errors import USAGE, Failure
from jinguo.cli.options import Folder
from jinguo.cli.output import put, say
from jinguo.databases import running_server

subject = typer.Typer(no_args_is_help=True, help="One person's data: everything held about her, and its erasure.")

Id = Annotated[UUID, typer.Argument(help="Her id, as `jinguo woman` and the pages show it.")]


class ErasureReason(StrEnum):
    """Why data are destroyed, in the words of PIPL art. 47."""

    request = "request"
    consent_withdrawn = "consent_withdrawn"
    purpose_reached = "purpose_reached"
    period_over = "period_over"
    unlawful = "unlawful"


class ExportReason(StrEnum):
    """Why data are read in clear; a code, because the trail of readings is kept for ever and names nobody."""

    access_request = "access_request"
    handover = "handover"
    checking = "checking"
    authority = "authority"


@subject.command(
    "export",
    epilog="Example: jinguo subject export 0197d2c8-6a50-7cc2-a14a-1a1f5c8f2b01 --out her.json --reason access_request",
)
def export(
    woman: Id,
    out: Annotated[Path, typer.Option("--out", help="JSON file to write; a page to read lies beside it.")],
    reason: Annotated[ExportReason, typer.Option("--reason", help="Kept in the trail of readings.")],
    folder: Folder,
) -> None:
    """Write everything held about a woman, in clear, into a file only you can read; jinguo may run or not."""
    from jinguo.subject.export import export as write  # noqa: PLC0415 - the services' code is slow to load
    from libs.service.clock import system_clock  # noqa: PLC0415

    if out.suffix == ".html":
        raise Failure("subject.out", "--out names the JSON file; the page to read gets its name.", exit_status=USAGE)
    for file in (out, out.with_suffix(".html")):
        if file.exists():
            raise Failure("subject.out_exists", f"{file} exists already: name another file with --out.")
    with running_server(folder) as server:
        master = folder.secret("master.key")
        done = asyncio.run(write(server.dsn, master, woman, reason.value, out, system_clock()))
    put(str(done.file))
    say(f"{done.events} events; to read: {done.page}. Both hold personal data: hand them over and delete them.")


@subject.command(
    "erase", epilog="Example: jinguo subject erase 0197d2c8-6a50-7cc2-a14a-1a1f5c8f2b01 --reason request --yes"
)
def erase(
    woman: Id,
    reason: Annotated[ErasureReason, typer.Option("--reason", help="The ground in the law; kept with the erasure.")],
    folder: Folder,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Destroy a woman's personal data for ever; her ids, states and counts stay. Again changes nothing."""
    from jinguo.subject.erase import erase as destroy  # noqa: PLC0415

    if not yes:
        typer.confirm(f"Destroy the personal data of {woman} for ever? Nobody can bring them back.", abort=True)
    running = folder.is_owned()
    with running_server(folder) as server:
        done = asyncio.run(destroy(folder, server.dsn, woman, reason.value, running=running))
    for record in done.records:
        put(str(record))
    say(f"{len(done.records)} records erased, her rows taken out of {done.files} kept files.")
    if not done.everywhere:
        raise Failure(
            "subject.readers_behind",
            "Her keys are destroyed, but not every read model is blank yet; see `jinguo events status`, then run "
            "the same command again.",
        )
    say(
        "A keys file made before now brings her back: make a new backup (`jinguo backup`) and destroy older keys files."
    )


@subject.command("prove", epilog="Example: jinguo subject prove 0197d2c8-6a50-7cc2-a14a-1a1f5c8f2b01")
def prove(woman: Id, folder: Folder) -> None:
    """After an erasure: look through every table of every service for a value of hers that still opens."""
    from jinguo.subject.proving import prove as look  # noqa: PLC0415

    with running_server(folder) as server:
        found = asyncio.run(look(server.dsn, folder.secret("master.key"), woman))
    for place in found:
        put(f"{place.service}.{place.table}\t{place.rows} rows\t{place.readable} readable")
    left = sum(place.readable for place in found)
    if left:
        raise Failure("subject.readable", f"{left} values of hers can still be read: run `jinguo subject erase` first.")
    say("Nothing personal of hers can be read in any table of any service.")
