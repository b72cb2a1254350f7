"""The whole product on databases of the tests, filled once in a run and copied for each who asks."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from jinguo.folder import DataFolder
from jinguo.house import House
from services import SERVICES
from tests.support.postgres import Databases

NAMES = ("access", *SERVICES, "keys")


@dataclass(frozen=True)
class Opened:
    """A house that is open, where its folder is, and its databases by name."""

    house: House
    folder: Path
    dsns: dict[str, str]


@asynccontextmanager
async def copied(
    databases: Databases, name: str, parent: Path, fill: Callable[[Opened], Awaitable[None]]
) -> AsyncIterator[Opened]:
    """A copy of the house of this name, which `fill` filled; `parent` is a folder of this run."""
    pattern = parent / name

    async def make(*dsns: str) -> None:
        pattern.mkdir()
        async with _opened(pattern, dsns) as opened:
            await fill(opened)

    dsns = await databases.filled(name, make, *[()] * len(NAMES))
    folder = parent / f"{name}-{uuid4().hex}"
    await asyncio.to_thread(shutil.copytree, pattern, folder)
    async with _opened(folder, dsns) as opened:
        yield opened


@asynccontextmanager
async def _opened(folder: Path, dsns: Sequence[str]) -> AsyncIterator[Opened]:
    made = dict(zip(NAMES, dsns, strict=True))

    def dsn(database: str, user: str = "postgres") -> str:
        return re.sub("//[^/@]*@", f"//{user}@", made[database])

    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REGISTRY_DUPLICATE_SECONDS", "0")  # a test scans when it wants to, and knows what is there
        async with House.open(DataFolder(folder), dsn) as house:
            yield Opened(house, folder, made)
