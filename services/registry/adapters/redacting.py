"""Takes a person's rows out of the kept register files; all other rows stay, under the numbers they had.

Each file is read from disk by a process of its own (`taking_out.py`), so no size of it costs the service memory. A file
that cannot be read, as one brought by headings that were not kept yet, is not kept at all any more.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias
from uuid import UUID

from libs.events.types import Ids, Pool
from libs.events.vault import Vault
from libs.service.child import Child, preload
from services.registry.adapters import taking_out
from services.registry.adapters.taking_out import Left, Words
from services.registry.handlers import files

Progress: TypeAlias = Callable[[int, int], Awaitable[None]]
"""Told what is done, and of how much."""

preload(taking_out.__name__)


async def untold(_done: int, _total: int) -> None:
    """Nobody waits to be told."""


async def redact(
    pool: Pool,
    vault: Vault,
    words: Words,
    ids: Ids,
    today: date,
    place: Path | None = None,
    progress: Progress = untold,
) -> int:
    """Go through every kept file; the number of files that held her. Cut off anywhere, again finishes it.

    They are read in a temporary folder inside `place`; `progress` is told how many of how many are through.
    """
    changed = 0
    if words.ids or words.names:
        imports = await files.imports(pool)
        for done, import_id in enumerate(imports):
            await progress(done, len(imports))
            kept = await files.kept(pool, vault, import_id, place)
            changed += await _redact_one(pool, vault, kept, words, ids, today, place)
        await progress(len(imports), len(imports))
    await files.destroy_retired(pool, vault)
    return changed


async def redact_rows(
    pool: Pool, vault: Vault, import_id: UUID, ids: Ids, taken: Collection[int], place: Path | None = None
) -> None:
    """Take rows of these numbers out of the raw file of an import; its file of bad rows is made anew by the import."""
    kept = await files.kept(pool, vault, import_id, place)
    target = _beside(kept.raw)
    [left] = await _said(taking_out.take_numbers, kept.raw, target, taken, kept.headings)
    await _replaced(pool, vault, kept, ids, _now(left, kept.raw, target), None)
    await files.destroy_retired(pool, vault)


async def _redact_one(
    pool: Pool, vault: Vault, kept: files.Kept, words: Words, ids: Ids, today: date, place: Path | None
) -> bool:
    while True:
        both = [kept.raw, *([kept.refused] if kept.refused else [])]
        targets = [_beside(path) for path in both]
        left = await _said(taking_out.take_person, list(zip(both, targets, strict=True)), words, today, kept.headings)
        if set(left) == {"same"}:
            return False
        raw, refused = [*map(_now, left, both, targets), None][:2]
        if await _replaced(pool, vault, kept, ids, raw, refused):
            return True
        kept = await files.kept(pool, vault, kept.import_id, place)


async def _said(work: Callable[..., Iterator[Left]], *given: Any) -> list[Left]:
    async with Child(work, *given) as said:
        return [each async for each in said]


async def _replaced(
    pool: Pool, vault: Vault, kept: files.Kept, ids: Ids, raw: Path | None, refused: Path | None
) -> bool:
    async with pool.acquire() as connection, connection.transaction():
        return await files.replace(connection, vault, kept, ids(), raw, refused)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.left")


def _now(left: Left, path: Path, target: Path) -> Path | None:
    """Which file is to be kept from now on; None when nobody can tell whose its rows are."""
    return {"same": path, "written": target, "unreadable": None}[left]
