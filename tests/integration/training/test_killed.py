"""Killed at any moment and run again, the imports end as if nothing had happened."""

import asyncio
import itertools
import os
import random
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.registry.worker import MIGRATIONS as REGISTRY_MIGRATIONS
from tests.conftest import KEYS, MakeDatabase
from tests.integration.training.house import MIGRATIONS, SERVICE_MIGRATIONS
from tests.support.forks import Forked
from tests.support.postgres import free_leases

POINTS = ("append.keys_written", "append.before", "append.after", "page.applied", "page.committed")
SEED = int(os.environ.get("SEED", "20171201"))
MOMENTS = int(os.environ.get("ROUNDS", "4"))
QUERIES = (
    "SELECT course_id::text, unit, title, first_day::text, days::text FROM courses ORDER BY 1",
    "SELECT seat_id::text, woman::text FROM seats ORDER BY 1",
    "SELECT enrolment_id::text, woman_id::text, unit, days::text, completed::text, withdrawn::text "
    "FROM enrolments ORDER BY 1",
    "SELECT line_id::text, state, kind, match, candidate::text, days::text FROM roster_lines ORDER BY 1",
    "SELECT type, count(*)::text FROM events WHERE type <> 'heads-counted' GROUP BY 1 ORDER BY 1",
    "SELECT DISTINCT ON (key, data->>'course_id') key::text, type, data::text FROM published "
    "WHERE type IN ('training.attended.v1', 'training.withdrawn.v1', 'training.course-headcount.v1') "
    "ORDER BY key, data->>'course_id', number DESC",
)


class Place:
    """The databases of one run, which outlive the process."""

    def __init__(self, folder: Path, dsn: str, keys_dsn: str, registry_dsn: str) -> None:
        self.folder = folder
        self._runs = itertools.count(1)
        self.dsn = dsn
        self.took = 0.0
        self.arguments = (dsn, keys_dsn, registry_dsn)

    async def run(self, failpoint: str = "", seconds: float | None = None) -> int:
        """Exit code of the process, negative for a signal; killed so many seconds after its service is open."""
        await free_leases(self.dsn)
        out = self.folder / f"{next(self._runs)}.out"
        armed = {"JINGUO_FAILPOINT": failpoint}
        process = Forked("tests.integration.training.run_imports", *self.arguments, env=armed, out=out)
        await process.said("open")
        opened = asyncio.get_running_loop().time()
        if seconds is not None:
            with suppress(TimeoutError):
                return await process.ended(seconds)
            process.kill()
        code = await process.ended()
        self.took = asyncio.get_running_loop().time() - opened
        return code

    async def figures(self) -> list[Any]:
        connection = await asyncpg.connect(self.dsn)
        try:
            return [[tuple(row) for row in await connection.fetch(query)] for query in QUERIES]
        finally:
            await connection.close()


@pytest.fixture
def place(make_database: MakeDatabase, tmp_path_factory: pytest.TempPathFactory) -> Any:
    async def make() -> Place:
        return Place(
            tmp_path_factory.mktemp("place"),
            await make_database(SERVICE_MIGRATIONS, MIGRATIONS),
            await make_database(KEYS),
            await make_database(SERVICE_MIGRATIONS, REGISTRY_MIGRATIONS),
        )

    return make


_QUIET: list[tuple[list[Any], float]] = []


async def undisturbed(place: Any) -> tuple[list[Any], float]:
    """Figures of a quiet run, and how long it took; one run serves all tests, because every id is determined."""
    if not _QUIET:
        quiet: Place = await place()
        assert await quiet.run() == 0
        _QUIET.append((await quiet.figures(), quiet.took))
    return _QUIET[0]


async def test_killed_at_every_point_of_an_append_and_a_page(place: Any) -> None:
    wanted, _ = await undisturbed(place)
    disturbed: Place = await place()
    codes = [await disturbed.run(failpoint=f"{point}:1") for point in POINTS]
    assert codes == [-signal.SIGKILL] * len(POINTS)
    assert await disturbed.run() == 0
    assert await disturbed.figures() == wanted


async def test_killed_at_seeded_moments(place: Any) -> None:
    chance = random.Random(SEED)
    wanted, took = await undisturbed(place)
    disturbed: Place = await place()
    codes = [await disturbed.run(seconds=chance.uniform(0, took / 2)) for _ in range(MOMENTS)]
    assert -signal.SIGKILL in codes
    assert await disturbed.run() == 0
    assert await disturbed.figures() == wanted
