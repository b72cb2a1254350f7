"""Takes a person's rows out of the kept register files; all other rows stay, under the numbers they had.

A row is hers by its resident id; a row without a sound id by her name. A file that cannot be read without its
importer's help (a mapping of columns) is not kept at all any more.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from libs.events.types import Ids, Pool
from libs.events.vault import Vault
from libs.rosters.rewritten import without_rows
from libs.rosters.sheet import Row, Sheet
from libs.values import names, resident_id
from libs.values.errors import DomainError
from services.registry import rosters
from services.registry.adapters.list_forms import open_list
from services.registry.domain.register import columns as c
from services.registry.handlers import files


@dataclass(frozen=True, slots=True, repr=False)
class Words:
    """By what a person is found in a file: the first 18 characters of her ids, her names without what typing adds."""

    ids: frozenset[str]
    names: frozenset[str]

    def of(self, row: Row, today: date) -> bool:
        """Whether a row is hers."""
        read = resident_id.read(row[c.ID].text, today).value
        if read is not None:
            return resident_id.key(read) in self.ids
        return names.normalised(row[c.NAME].text) in self.names


async def redact(pool: Pool, vault: Vault, words: Words, ids: Ids, today: date) -> int:
    """Go through every kept file; the number of files that held her. Cut off anywhere, again finishes it."""
    changed = 0
    if words.ids or words.names:
        async for kept in files.all_kept(pool, vault):
            changed += await _redact_one(pool, vault, kept, words, ids, today)
    await files.destroy_retired(pool, vault)
    return changed


async def redact_rows(pool: Pool, vault: Vault, kept: files.Kept, ids: Ids, taken: Collection[int]) -> None:
    """Take rows of these numbers out of the raw file of an import; its file of bad rows is made anew by the import."""
    raw = await asyncio.to_thread(_without, kept.raw, taken)
    await files.replace(pool, vault, kept, ids(), raw, None)
    await files.destroy_retired(pool, vault)


async def _redact_one(pool: Pool, vault: Vault, kept: files.Kept, words: Words, ids: Ids, today: date) -> bool:
    while True:
        raw = await asyncio.to_thread(_left, kept.raw, words, today)
        refused = None if kept.refused is None else await asyncio.to_thread(_left, kept.refused, words, today)
        if raw is kept.raw and refused is kept.refused:
            return False
        if await files.replace(pool, vault, kept, ids(), raw or b"", refused):
            return True
        kept = await files.kept(pool, vault, kept.import_id)


def sheet_of(content: bytes) -> Sheet:
    """Of a kept file: a register's sheet, else that of a list of rows (exits, returns, incomes, needs)."""
    try:
        return rosters.open_register("", content).sheet
    except DomainError:
        return open_list("", content)


def _left(content: bytes, words: Words, today: date) -> bytes | None:
    """The same bytes when she is not in them, a file without her rows, or None when nobody can tell."""
    if not content:
        return content
    try:
        sheet = sheet_of(content)
        taken = {row.number for row in sheet.rows() if words.of(row, today)}
        return without_rows(sheet, taken) if taken else content
    except DomainError:
        return None


def _without(content: bytes, taken: Collection[int]) -> bytes:
    try:
        return without_rows(sheet_of(content), taken) if content else content
    except DomainError:
        return b""
