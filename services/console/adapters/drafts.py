"""Files between their dry run and their import, so that nobody uploads twice.

They lie in nameless temporary files that vanish with the process; at most one per user and an hour long. Behind several
consoles, or after a restart, the page asks for the file once more.
"""

import asyncio
import secrets
import shutil
import tempfile
import weakref
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import BinaryIO, Final

KEPT: Final = timedelta(hours=1)
MOST: Final = 50
_PIECE: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Draft:
    """One file that was tried and not yet imported."""

    owner: str
    kind: str
    filename: str
    file: BinaryIO
    until: datetime
    options: Mapping[str, str] = field(default_factory=dict)


class Drafts:
    """Keeps a user's last tried file; the oldest go when there are too many."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Empty at the start."""
        self._clock = clock
        self._drafts: dict[str, Draft] = {}
        weakref.finalize(self, _close, self._drafts)

    async def keep(
        self, owner: str, kind: str, filename: str, file: BinaryIO, options: Mapping[str, str] | None = None
    ) -> str:
        """Copies the file and says under which id it can be found again; `options` are how it was tried."""
        kept = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the draft goes
        await asyncio.to_thread(_copy, file, kept)
        self._drop(draft_id for draft_id, draft in self._drafts.items() if draft.owner == owner)
        draft_id = secrets.token_urlsafe(16)
        self._drafts[draft_id] = Draft(owner, kind, filename, kept, self._clock() + KEPT, options or {})
        self._tidy()
        return draft_id

    def find(self, owner: str, draft_id: str | None) -> Draft | None:
        """The file, if it is this user's and still there."""
        self._tidy()
        draft = self._drafts.get(draft_id or "")
        return draft if draft is not None and draft.owner == owner else None

    def _tidy(self) -> None:
        now = self._clock()
        self._drop(draft_id for draft_id, draft in self._drafts.items() if draft.until <= now)
        self._drop(list(self._drafts)[: max(0, len(self._drafts) - MOST)])

    def _drop(self, draft_ids: Iterable[str]) -> None:
        for draft_id in list(draft_ids):
            self._drafts.pop(draft_id).file.close()


async def pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    """The file from its beginning."""
    await asyncio.to_thread(file.seek, 0)
    while piece := await asyncio.to_thread(file.read, _PIECE):
        yield piece


def _close(drafts: Mapping[str, Draft]) -> None:
    for draft in drafts.values():
        draft.file.close()


def _copy(source: BinaryIO, target: BinaryIO) -> None:
    source.seek(0)
    shutil.copyfileobj(source, target, _PIECE)
    target.flush()
