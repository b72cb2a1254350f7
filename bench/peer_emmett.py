"""The peer emmett 0.42 (Node.js) on the same server, driven by a small program of ours in a process of its own."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import npm
from bench.disks import Server
from bench.rounds import Sample

PROGRAM = Path(__file__).with_name("emmett.mjs")
LIMIT = 60.0


@dataclass
class Emmett:
    """A running program: a line of JSON in, a line of JSON out."""

    process: asyncio.subprocess.Process

    async def append(self, clients: int, seconds: float, size: int = 1) -> Sample:
        """`size` events to a new stream that must not exist; counted in events."""
        return await self.ask({"what": "append", "clients": clients, "seconds": seconds, "size": size})

    async def commands(self, clients: int, seconds: float, streams: int) -> Sample:
        """Its command handler on streams of one event; it keeps no key and no answer."""
        return await self.ask({"what": "command", "clients": clients, "seconds": seconds, "streams": streams})

    async def ask(self, question: dict[str, Any]) -> Sample:
        """One round."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        line = await asyncio.wait_for(self.process.stdout.readline(), LIMIT)
        if not line:
            raise RuntimeError("emmett ended")
        answer = json.loads(line)
        return Sample(answer["rate"], answer["waits"])


@asynccontextmanager
async def emmett(server: Server, disk: str, clients: int, left_out: dict[str, str]) -> AsyncIterator[Emmett | None]:
    """None, and why in `left_out`, when it can't be run here."""
    node, why = shutil.which("node"), await npm.installed()
    if node is None or why is not None:
        left_out["emmett"] = why or "Node.js is not installed"
        yield None
        return
    database = await server.database("emmett", disk)
    process = await asyncio.create_subprocess_exec(
        node, str(PROGRAM), str(npm.folder() / "node_modules"), server.socket_folder, database, str(clients),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 26,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        ready = await asyncio.wait_for(process.stdout.readline(), LIMIT)
        if ready.strip() != b"ready":
            left_out["emmett"] = "its program ended at once; see its message above"
            yield None
        else:
            yield Emmett(process)
    finally:
        process.stdin.close()
        await asyncio.wait_for(process.wait(), LIMIT)
