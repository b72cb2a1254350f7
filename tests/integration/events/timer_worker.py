"""A process that fires timers until it is killed: `python -m … DSN FILE`; calls outside are lines of the file."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from libs.events.runtime import Runtime
from libs.events.vault import MemoryVault
from tests.integration.events import errands


class Bell:
    """The world outside: a file to which the ids of calls are added."""

    def __init__(self, file: Path) -> None:
        self.file = file

    async def send(self, call_id: UUID, payload: Mapping[str, Any]) -> None:
        """See `Outward.send`."""
        with self.file.open("a") as out:
            out.write(f"{call_id} {payload['note']}\n")


async def main(dsn: str, file: str) -> None:
    """The clock stands three days later than when the timers were set."""
    runtime = await Runtime.open(
        errands.without_facts(), dsn, vault=MemoryVault(), clock=lambda: errands.START + errands.LATER, ids=uuid7
    )
    await runtime.start(outward={"bell": Bell(Path(file))})
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
