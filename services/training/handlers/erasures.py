"""When the registry has erased a woman, the keys of the roster lines that held her words are destroyed too.

Results of roster imports may quote her, and nobody here knows her words any more: all of them go before their time.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from libs.events.meta import Meta
from libs.events.store import Append, EventStore, VersionConflict
from libs.events.types import Clock
from libs.events.vault import Vault
from services.training.domain.roster_line import EraseLine, roster_line

# Nobody's request: the registry's fact is the reason, the service does it.
META = Meta(actor="service:training", role="service", unit="000000000000", correlation_id=UUID(int=0))
_log = logging.getLogger("jinguo.training")


class ErasableLines(Protocol):
    """Which lines are still to be erased."""

    async def erasable(self, limit: int = 100) -> Sequence[UUID]:
        """Lines of women whom the registry has erased."""

    async def forgettable(self) -> Sequence[UUID]:
        """Erased women who may still be quoted in results of imports."""

    async def forgotten(self, women: Sequence[UUID]) -> None:
        """No result quotes these women any more."""


class Results(Protocol):
    """Results of imports, which quote rows of files."""

    async def forget(self, now: datetime) -> None:
        """Delete them all; those of imports that still run as soon as they end."""


class Erasures:
    """Key first, then the event: cut off between the two it is done again, and again changes nothing."""

    def __init__(self, store: EventStore, vault: Vault, lines: ErasableLines, results: Results, clock: Clock) -> None:
        """The log, the keys, the read model of lines, and what imports have answered."""
        self._store = store
        self._vault = vault
        self._lines = lines
        self._results = results
        self._clock = clock

    async def run(self) -> int:
        """Erase what is to be erased; returns the number of lines."""
        erased = 0
        if women := await self._lines.forgettable():
            await self._results.forget(self._clock())
            await self._lines.forgotten(women)
        for line_id in await self._lines.erasable():
            recorded = await self._store.load(line_id)
            state = roster_line.fold(item.event for item in recorded)
            events = roster_line.decide(state, EraseLine(line_id))
            await self._vault.erase(line_id)
            if events:
                await self._store.append(Append(line_id, len(recorded), events, META))
                erased += 1
        return erased


async def look_for_ever(look: Callable[[], Awaitable[object]], what: str, seconds: float) -> None:
    """Look again and again for what the registry's facts leave to do; a fault is told and tried again."""
    while True:
        try:
            await look()
        except VersionConflict:
            continue
        except Exception as error:  # noqa: BLE001 - it is owed: whatever the fault is, it is tried again
            _log.warning("%s: %s", what, type(error).__name__)
        await asyncio.sleep(seconds)
