"""No caller learns anything of units that he does not see, by any route, id, header, file, cursor or key.

Operations come from the OpenAPI documents, what a caller may see from policy.toml and the codes of the units.
"""

import time
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from libs.access.policy import ROLES
from tests.contract.oracle import tampering, together
from tests.contract.oracle.canaries import Canaries, contents
from tests.contract.oracle.holes import holes
from tests.contract.oracle.matrix import Matrix, Tally, Who, callers, label, only_reads
from tests.support.world import A1, A2, B1, A, P, World, add_register

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """What all tests of the file came to, printed at their end."""
    began, found = time.monotonic(), Tally()
    yield found
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(f"\noracle: {found}, {time.monotonic() - began:.0f} s")  # noqa: T201 - the figure of the run


@pytest_asyncio.fixture(loop_scope="module")
async def matrix(there: World, known: Canaries, tally: Tally) -> AsyncIterator[Matrix]:
    """Asks the world and keeps the tally of one test."""
    async with there.client() as client:
        made = Matrix(there, known, client)
        yield made
    tally.add(made.tally)


def right(matrix: Matrix) -> bool:
    """No cell is wrong; else they are told."""
    assert matrix.tally.wrong == [], "\n".join(sorted(set(matrix.tally.wrong))[:40])
    return matrix.tally.cells > 0


async def test_what_one_reads_of_ones_own_tells_nothing_of_others(matrix: Matrix) -> None:
    reading = [operation for _, operation in matrix.operations() if only_reads(operation)]
    for operation in reading:
        for who in callers(sorted(ROLES)):
            await matrix.inside(who, operation)
    assert right(matrix)
    assert matrix.silent(reading) == []


async def test_a_thing_of_another_unit_answers_as_one_that_is_not_there(there: World, matrix: Matrix) -> None:
    before = await contents(there)
    for _, operation in matrix.operations():
        for who in callers(sorted(ROLES), limited=False):
            if who.let_in(operation):
                await matrix.outside(who, operation)
    assert right(matrix)
    assert await contents(there) == before


async def test_more_fields_than_a_body_knows_are_refused(there: World, matrix: Matrix) -> None:
    before = await contents(there)
    for operation in tampering.every(matrix):
        await tampering.more_fields(matrix, operation)
    assert right(matrix)
    assert await contents(there) == before


async def test_other_verbs_do_nothing(there: World, matrix: Matrix) -> None:
    before = await contents(there)
    for operation in tampering.every(matrix):
        await tampering.other_verbs(matrix, operation)
    assert right(matrix)
    assert await contents(there) == before


async def test_the_cursor_of_another_is_refused(matrix: Matrix) -> None:
    gave = [operation for operation in tampering.every(matrix) if await tampering.cursor_of_another(matrix, operation)]
    assert right(matrix)
    assert len(gave) >= 8


async def test_a_unit_sees_what_its_parts_see_and_what_is_its_own(matrix: Matrix) -> None:
    lists = 0
    for _, operation in matrix.operations():
        if together.lists(operation) and not operation.takes("actor", "query"):
            who = tampering.one_who_may(operation)
            seen = [await together.items(matrix, Who(who.role, unit), operation) for unit in (A1, A2, A, P)]
            for key in set(seen[0]) & set(seen[1]) & set(seen[2]) & set(seen[3]):
                lists += 1
                one, two, both, all_ = (each[key] for each in seen)
                more = both.keys() - one.keys() - two.keys()
                of_parts = [each for each in more if matrix.known.units.get(each, set()) & {A1.code, A2.code}]
                wrong = not (one.keys() | two.keys() <= both.keys() <= all_.keys()) or of_parts
                matrix.tally.count("sums", f"{operation.name} {key}: {one} {two} {both}" if wrong else None)
            sums = [await together.totals(matrix, Who(who.role, unit), operation) for unit in (A1, A2, A)]
            if all(sums):
                one_, two_, both_ = (dict(together.numbers(each)) for each in sums)
                for name, value in both_.items():
                    good = value == one_[name] + two_[name]
                    matrix.tally.count("sums", None if good else f"{operation.name} {name}: {value}")
    assert right(matrix)
    assert lists >= 8


async def test_a_count_is_the_sum_of_its_pages(matrix: Matrix) -> None:
    lists: set[str] = set()
    for _, operation in matrix.operations():
        if operation.takes("cursor", "query"):
            for unit in (A1, A):
                who = tampering.one_who_may(operation, unit)
                async for asked, count, rows in together.counted(matrix, who, operation):
                    said = None if count == rows else f"{asked} for {who}: told {count}, pages have {rows}"
                    matrix.tally.count("counts", said)
                    lists |= {label(operation)} if rows > 2 else set()
    assert right(matrix)
    assert len(lists) >= 8, "lists of more than one page"


def _grows(line: str) -> bool:
    """Whether an answer tells who has looked, so that it grows by being read: the trail, and her own record."""
    return "/audit" in line or "/record " in line


async def test_what_happens_in_another_unit_changes_no_answer(there: World, matrix: Matrix) -> None:
    who = [Who(role, unit) for role in ("owner", "service") for unit in (A1, A)]
    once, again = await together.answers(matrix, who), await together.answers(matrix, who)
    moving = [line for line in together.changed(once, again) if not _grows(line)]
    assert moving == []
    await add_register(there, B1, first=4, women=6)
    await there.settled()
    after = await together.answers(matrix, who)
    for line in together.changed(again, after):
        matrix.tally.count("elsewhere", None if _grows(line) else line)
    matrix.tally.cells += len(after)
    matrix.tally.by_check["elsewhere"] += len(after)
    assert right(matrix)
    assert len(after) > 200


async def test_every_hole_that_is_planted_is_found(
    there: World, known: Canaries, capsys: pytest.CaptureFixture[str]
) -> None:
    missed = []
    async with there.client() as client:
        found = list(holes(Matrix(there, known, client)))
        for hole in found:
            matrix = Matrix(there, known, client)
            who = tampering.one_who_may(hole.operation)
            with hole.planted():
                if only_reads(hole.operation):
                    await matrix.inside(who, hole.operation)
                await matrix.outside(who, hole.operation)
            if not matrix.tally.wrong:
                missed.append(str(hole))
    with capsys.disabled():
        print(f"\noracle: {len(found)} holes planted, {len(found) - len(missed)} found")  # noqa: T201
    assert missed == [], "\n".join(missed)
    assert len(found) > 30


async def test_a_key_of_another_repeats_nothing(matrix: Matrix) -> None:
    for operation in tampering.every(matrix):
        await tampering.key_of_another(matrix, operation)
    assert right(matrix)
    assert len(matrix.tally.answered) >= 12
