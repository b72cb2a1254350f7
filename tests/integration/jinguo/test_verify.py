"""`jinguo verify --full` builds read models once more: what somebody built is left alone, what fails is a fault."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from jinguo.verify import checks_of, refolded
from libs.events.pool import connect
from libs.events.rebuild import Rebuild, source_of
from libs.events.runtime import Runtime
from libs.events.service import Service
from libs.events.store import NO_STREAM, Recorded
from libs.events.types import Connection
from libs.events.vault import MemoryVault
from libs.events.verifying.check import snapshot
from tests.conftest import MakeDatabase
from tests.integration.events import counting, errands

STATES = "SELECT version, state, passed FROM projection_versions ORDER BY version"
SCHEMAS = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tally%'"


@pytest.fixture
async def notes(make_database: MakeDatabase) -> str:
    """A service that has written and projected three notes, and was stopped."""
    dsn = await make_database(counting.MIGRATIONS)
    runtime = await Runtime.open(counting.notes(), dsn, vault=MemoryVault(), clock=counting.clock, ids=uuid7)
    await runtime.start()
    done = await runtime.store.append_many([counting.note(uuid7(), 1, NO_STREAM) for _ in range(3)])
    assert await runtime.wait_projected(done[-1].xid, "tally", 30)
    await runtime.stop()
    return dsn


async def asked(dsn: str, query: str) -> list[tuple[Any, ...]]:
    connection = await connect(dsn)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


def broken(fault: Exception | str) -> Service:
    """The same service with a projection that fails, or writes what it does not name."""

    async def apply(tx: Connection, _events: Sequence[Recorded[Any]]) -> None:
        if isinstance(fault, Exception):
            raise fault
        await tx.execute(fault)

    service = counting.notes()
    return replace(service, projections=(replace(service.projections[0], apply=apply),))


async def test_a_read_model_that_is_the_same_is_said_so_and_nothing_is_left(notes: str) -> None:
    check = await refolded(notes, counting.notes(), "tally")
    assert (check.faults, check.counted) == ([], 3)
    assert await asked(notes, SCHEMAS) == [(0,)]


@pytest.mark.parametrize("swapped", [False, True])
async def test_a_version_that_somebody_built_or_keeps_is_left_alone(notes: str, swapped: bool) -> None:
    rebuild = Rebuild(notes, source_of(counting.notes(), "tally"))
    await rebuild.build()
    if swapped:
        await rebuild.swap()
    before = await asked(notes, STATES)
    check = await refolded(notes, counting.notes(), "tally")
    assert (check.good, check.counted) == (True, 0)
    assert check.what.startswith(f"not built: Version {1 if swapped else 2} of tally lies beside")
    assert await asked(notes, STATES) == before
    assert (await rebuild.compare()).equal


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (LookupError("x"), "tally cannot take event 1"),
        ("DELETE FROM timeouts", "tally reads timeouts"),
    ],
)
async def test_one_that_cannot_be_built_is_a_fault_and_leaves_nothing_behind(
    notes: str, fault: Exception | str, said: str
) -> None:
    check = await refolded(notes, broken(fault), "tally")
    assert check.faulty == 1
    assert said in check.faults[0]
    assert await asked(notes, SCHEMAS) == [(0,)]
    assert [state for _, state, _ in await asked(notes, STATES)] == ["serving"]


async def test_the_offsets_of_a_process_over_another_services_facts_are_checked_too(
    make_database: MakeDatabase,
) -> None:
    dsns = {name: await make_database(counting.MIGRATIONS) for name in ("errands", "notes")}
    async with snapshot(dsns["errands"]) as reacting, snapshot(dsns["notes"]) as notes:
        checks = [
            each async for each in checks_of(errands.errands(), {"errands": reacting, "notes": notes}, notes, None)
        ]
    assert "offsets of errands.run" in {check.name for check in checks}
    assert [check.faults for check in checks if check.faults] == []
