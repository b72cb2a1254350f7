"""The audit trails of one installation, for the owner of its machine: checked, shown, handed out."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinguo.folder import DataFolder
from jinguo.verify import Checked
from libs.audit import checkpoints
from libs.audit.checkpoints import SUFFIX, Signer
from libs.audit.entry import Entry
from libs.audit.listing import Wanted, listed
from libs.audit.trail import Trail
from libs.audit.verify import verify
from libs.events.pool import make_pool
from libs.events.verifying.check import snapshot
from services import SERVICES

DATABASES = ("access", *SERVICES)
PAGE = 500
Dsn = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry with the service whose trail it stands in."""

    service: str
    row: Mapping[str, Any]


async def check(folder: DataFolder, dsn: Dsn, only: Sequence[str] = ()) -> AsyncIterator[Checked]:
    """Check every trail, or those named, against their chains and what the folder's key has signed."""
    reader = Signer(folder.secret("audit.key")).reader
    for name in only or DATABASES:
        signed = list(checkpoints.read(folder.audit / f"{name}{SUFFIX}"))
        async with snapshot(dsn(name)) as connection:
            for found in await verify(connection, name, reader, signed):
                yield Checked(name, found)


async def entries(dsn: Dsn, wanted: Wanted, only: Sequence[str] = (), limit: int | None = None) -> AsyncIterator[Shown]:
    """Entries of each trail, the newest first; looking is itself noted, in each trail, before anything is shown."""
    for name in only or DATABASES:
        pool = await make_pool(dsn(name), name="jinguo-audit", max_size=1)
        try:
            entry = Entry("audit.viewed", actor="command-line", object_kind="audit", detail=wanted.said())
            await Trail(pool).note(entry)
            left, after = limit, None
            while rows := await listed(pool, wanted).page(after, min(PAGE, left or PAGE)):
                for row in rows:
                    yield Shown(name, dict(row))
                after = (rows[-1]["id"],)
                left = left - len(rows) if left is not None else None
                if left == 0:
                    break
        finally:
            await pool.close()
