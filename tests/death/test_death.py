"""Kill or freeze each process, and the servers, at each step: afterwards events, published and facts are the same set.

ROUNDS and SEED (environment) say how many worlds are tried and which; `make soak` tries 200, three cells in each, and
wants each cell of the table hit at least three times. A failing round says how it is played again; with KEEP=file those
that have passed are not.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from jinguo.postgres import EmbeddedPostgres
from libs.events.schema import KERNEL, KEYS, migrate
from tests.death import diary
from tests.death.cells import Round, rounds
from tests.death.conftest import CELL, ROUND, passed
from tests.death.world import World, databases
from tests.support.postgres import FAST, with_database

ROUNDS = int(os.environ.get("ROUNDS", "20"))
SEED = int(os.environ.get("SEED", "1"))
SIZE = 3 if ROUNDS > 20 else 1
ONLY = os.environ.get("ROUND")
WANTED = [each for each in rounds(ROUNDS, SEED, SIZE) if ONLY in {None, str(each.number)}]
PLAYED = [each for each in WANTED if each.name not in passed()]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL of this file alone, because it is killed."""
    made = EmbeddedPostgres(tmp_path_factory.mktemp("death") / "pg", settings=FAST | {"log_min_messages": "warning"})
    made.start()
    make_templates(made)
    yield made
    made.stop()


def make_templates(server: EmbeddedPostgres) -> None:
    """The databases that each round copies."""
    asyncio.run(_make_templates(server))


async def _make_templates(server: EmbeddedPostgres) -> None:
    connection = await asyncpg.connect(server.dsn())
    for name in ("diary", "keys"):
        await connection.execute(f"CREATE DATABASE {name} STRATEGY FILE_COPY")
    await connection.close()
    await migrate(with_database(server.dsn(), "diary"), KERNEL, diary.MIGRATIONS)
    await migrate(with_database(server.dsn(), "keys"), KEYS, kernel=False)


@pytest.mark.parametrize("played", PLAYED, ids=str)
def test_nothing_is_lost_doubled_or_reordered(
    server: EmbeddedPostgres,
    tmp_path: Path,
    played: Round,
    request: pytest.FixtureRequest,
    record_property: Callable[[str, object], None],
) -> None:
    made = databases(server, {"source": "diary", "target": "diary", "keys": "keys"})
    broker = request.getfixturevalue("local_kafka") if played.kafka else None
    record_property(ROUND, played.name)
    world = World(server, tmp_path, made, broker=broker, roles=played.roles, poison=played.poison)
    try:
        for cell, nth in played.hits:
            world.hit(cell, nth)
            record_property(CELL, str(cell))
        assert world.reckon() > 0
    except BaseException as error:
        error.add_note(f"played again by: make soak ROUNDS={ROUNDS} SEED={SEED} ROUND={played.number}")
        raise
    finally:
        world.end()
