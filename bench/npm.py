"""The peers that come by npm: installed once into a cache folder, never beside our code."""

import asyncio
import os
import shutil
from pathlib import Path

PACKAGES = ("@eventide/message-db@1.3.1", "@event-driven-io/emmett@0.42.0", "@event-driven-io/emmett-postgresql@0.42.0")
TIMEOUT = 180.0


def folder() -> Path:
    """Where they lie: BENCH_NPM, else the user's cache."""
    named = os.environ.get("BENCH_NPM")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else cache / "jinguo-bench" / "npm"


_failed: str | None = None


async def installed() -> str | None:
    """None when they are there, else why not; tried once in a run."""
    global _failed  # noqa: PLW0603 - one answer for the whole run
    if (folder() / "node_modules" / "@event-driven-io" / "emmett-postgresql").exists():
        return None
    if _failed is None:
        _failed = await _install()
    return _failed or None


async def _install() -> str:
    npm = shutil.which("npm")
    if npm is None:
        return "npm is not installed"
    folder().mkdir(parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES,
        cwd=folder(), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(process.communicate(), TIMEOUT)
    except TimeoutError:
        process.kill()
        await process.wait()
        return f"npm did not answer within {TIMEOUT:.0f} s"
    return "" if process.returncode == 0 else f"npm failed: {said.decode().strip().splitlines()[-1]}"
