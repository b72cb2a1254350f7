"""The real product as a subprocess on a fresh folder, for the measurements that need all of it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psutil

from jinguo.folder import DataFolder

DEMO = Path(__file__).resolve().parents[1] / "jinguo" / "demo" / "data"
COUNTY = "522634000000"
START_LIMIT = 120.0


class Product:
    """One running `jinguo up` and a client with its administrator's token."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.process: subprocess.Popen[bytes] | None = None

    async def start(self) -> float:
        """Start it; seconds until it answers as ready."""
        began = time.monotonic()
        command = [sys.executable, "-m", "jinguo", "up", "--data", str(self.folder), "--port", str(self.port)]
        log = (self.folder.parent / f"{self.folder.name}.out").open("ab")
        # One client asks for a thousand: what is measured is the service, not its patience with one caller.
        unmetered = {f"{service}_RATE_QUOTA": "0" for service in ("REGISTRY", "TRAINING", "REPORTING", "JINGUO")}
        environment = os.environ | unmetered
        self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment)
        async with httpx.AsyncClient(trust_env=False) as client:
            while time.monotonic() - began < START_LIMIT:
                if await self._ready(client):
                    return time.monotonic() - began
                if self.process.poll() is not None:
                    break
                await asyncio.sleep(0.02)
        raise RuntimeError(f"jinguo did not start; see {log.name}")

    async def _ready(self, client: httpx.AsyncClient) -> bool:
        try:
            return (await client.get(f"{self.url}/health/ready")).status_code == 200
        except httpx.HTTPError:
            return False

    def client(self) -> httpx.AsyncClient:
        token = DataFolder(self.folder).token_file.read_text().strip()
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=120, trust_env=False)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)

    def processes(self) -> list[psutil.Process]:
        """jinguo and its PostgreSQL with all its children."""
        assert self.process is not None
        postmaster = int((DataFolder(self.folder).postgres / "postmaster.pid").read_text().splitlines()[0])
        roots = [psutil.Process(self.process.pid), psutil.Process(postmaster)]
        found = {process.pid: process for root in roots for process in [root, *root.children(recursive=True)]}
        return list(found.values())


@asynccontextmanager
async def product() -> AsyncIterator[Product]:
    """A fresh product, stopped and removed at the end."""
    with tempfile.TemporaryDirectory(prefix="jinguo-bench-", ignore_cleanup_errors=True) as parent:
        running = Product(Path(parent) / "data", _free_port())
        try:
            await running.start()
            yield running
        finally:
            running.stop()


def command_line(running: Product, *arguments: str) -> str:
    """Output of a `jinguo` command against the running product."""
    environment = {**os.environ, "JINGUO_DATA": str(running.folder)}
    command = [sys.executable, "-m", "jinguo", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
