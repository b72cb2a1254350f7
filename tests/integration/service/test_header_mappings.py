"""Kept headings over a real database: the nearest unit's counts, two clerks lose nothing, the trail tells."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import libs.audit
from libs.access.principal import Principal
from libs.audit.trail import Trail
from libs.events.pool import make_pool
from libs.events.types import Pool
from libs.rosters.columns import Column, ColumnSet
from libs.service.header_mappings import LIST, NEAREST, PRESENT, HeaderMappings
from libs.values.division import Division
from libs.values.errors import Invalid, NotFound, Stale
from tests.conftest import MakeDatabase
from tests.integration.service.conftest import MIGRATIONS, NOW, person

AUDIT = Path(libs.audit.__path__[0]) / "migrations"
FORMS = (ColumnSet("名单", (Column("姓名"), Column("证件号码"))),)
COUNTY, TOWNSHIP, VILLAGE = (Division(code) for code in ("522634000000", "522634101000", "522634101205"))
OTHER = Division("522601000000")
NAME, ID = ("妇女名", "姓名"), ("身份", "证件号码")


@pytest.fixture
async def pool(make_database: MakeDatabase) -> AsyncIterator[Pool]:
    made = await make_pool(await make_database(MIGRATIONS, AUDIT), name="test")
    yield made
    await made.close()


@pytest.fixture
def mappings(pool: Pool) -> HeaderMappings:
    return HeaderMappings(pool, {"roster": FORMS, "other": FORMS}, Trail(pool), lambda: NOW)


def clerk(unit: Division) -> Principal:
    return person(unit.code)


async def counts(mappings: HeaderMappings, unit: Division) -> tuple[str, int, list[str]] | None:
    kept = await mappings.nearest(unit, "roster")
    return None if kept is None else (kept.unit, kept.version, list(kept.columns))


async def test_the_nearest_unit_that_keeps_one_counts_as_a_whole(mappings: HeaderMappings) -> None:
    assert await counts(mappings, VILLAGE) is None
    await mappings.keep(clerk(COUNTY), COUNTY, "roster", [NAME, ID], None)
    assert await counts(mappings, VILLAGE) == (COUNTY.code, 1, ["妇女名", "身份"])
    await mappings.keep(clerk(COUNTY), TOWNSHIP, "roster", [ID], None)
    assert await counts(mappings, VILLAGE) == (TOWNSHIP.code, 1, ["身份"])
    assert await counts(mappings, COUNTY) == (COUNTY.code, 1, ["妇女名", "身份"])
    assert await counts(mappings, OTHER) is None
    assert await mappings.nearest(VILLAGE, "other") is None


async def test_what_is_taken_back_leaves_the_one_above_and_its_versions_go_on(mappings: HeaderMappings) -> None:
    await mappings.keep(clerk(COUNTY), COUNTY, "roster", [NAME], None)
    await mappings.keep(clerk(COUNTY), TOWNSHIP, "roster", [ID], None)
    await mappings.forget(clerk(TOWNSHIP), TOWNSHIP, "roster", 1)
    assert await counts(mappings, VILLAGE) == (COUNTY.code, 1, ["妇女名"])
    with pytest.raises(NotFound):
        await mappings.forget(clerk(TOWNSHIP), TOWNSHIP, "roster", 2)
    again = await mappings.keep(clerk(TOWNSHIP), TOWNSHIP, "roster", [ID], None)
    assert again.version == 3


async def test_of_two_clerks_at_once_one_is_told_to_read_again(mappings: HeaderMappings, pool: Pool) -> None:
    both = [mappings.keep(clerk(COUNTY), COUNTY, "roster", [pair], None) for pair in (NAME, ID)]
    answers = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(each).__name__ for each in answers) == ["Kept", "Stale"]
    with pytest.raises(Stale):
        await mappings.keep(clerk(COUNTY), COUNTY, "roster", [NAME, ID], None)
    assert (await mappings.keep(clerk(COUNTY), COUNTY, "roster", [NAME, ID], 1)).version == 2
    with pytest.raises(Stale):
        await mappings.forget(clerk(COUNTY), COUNTY, "roster", 1)
    assert await pool.fetchval("SELECT count(*) FROM header_mappings") == 2


async def test_the_same_again_is_no_new_version(mappings: HeaderMappings, pool: Pool) -> None:
    first = await mappings.keep(clerk(COUNTY), COUNTY, "roster", [NAME], None)
    assert await mappings.keep(clerk(COUNTY), COUNTY, "roster", [NAME], 1) == first
    assert await pool.fetchval("SELECT count(*) FROM audit_trail") == 1


async def test_it_is_kept_only_for_units_of_ones_own_and_for_kinds_that_are(mappings: HeaderMappings) -> None:
    for unit in (COUNTY, OTHER):
        with pytest.raises(NotFound):
            await mappings.keep(clerk(TOWNSHIP), unit, "roster", [NAME], None)
        with pytest.raises(NotFound):
            await mappings.forget(clerk(TOWNSHIP), unit, "roster", 1)
    with pytest.raises(Invalid, match="名册") as error:
        await mappings.keep(clerk(COUNTY), COUNTY, "nothing", [NAME], None)
    assert error.value.code == "mapping.unknown_kind"


async def test_a_list_holds_those_of_ones_units_and_of_the_units_above(mappings: HeaderMappings) -> None:
    for unit in (COUNTY, TOWNSHIP, OTHER, Division("522634100000")):
        await mappings.keep(clerk(unit), unit, "roster", [NAME], None)
    await mappings.keep(clerk(COUNTY), COUNTY, "other", [ID], None)
    await mappings.keep(clerk(COUNTY), COUNTY, "roster", [NAME, ID], 1)

    async def seen(kind: str | None = None) -> list[tuple[str, str, int]]:
        rows = await mappings.listed(clerk(TOWNSHIP), kind).page()
        return [(row["unit"], row["kind"], row["version"]) for row in rows]

    assert await seen() == [(COUNTY.code, "other", 1), (COUNTY.code, "roster", 2), (TOWNSHIP.code, "roster", 1)]
    assert await seen("other") == [(COUNTY.code, "other", 1)]


async def test_the_trail_says_who_kept_and_who_took_back_which_version(mappings: HeaderMappings, pool: Pool) -> None:
    await mappings.keep(clerk(COUNTY), COUNTY, "roster", [NAME], None)
    await mappings.forget(clerk(COUNTY), COUNTY, "roster", 1)
    rows = await pool.fetch("SELECT action, actor, unit, object_id, detail FROM audit_trail ORDER BY id")
    assert [(row["action"], row["actor"], row["object_id"]) for row in rows] == [
        ("header-mapping.kept", "0190", "roster"),
        ("header-mapping.forgotten", "0190", "roster"),
    ]
    told = {"unit": COUNTY.code, "kind": "roster", "version": 1, "columns": ["姓名"]}
    assert rows[0]["detail"] == told
    assert "妇女名" not in str([dict(row) for row in rows])


async def test_every_query_goes_by_its_index(pool: Pool) -> None:
    queries = {
        PRESENT: (COUNTY.code, "roster"),
        NEAREST: ([VILLAGE.code, TOWNSHIP.code, COUNTY.code], "roster"),
        LIST: (*COUNTY.range(), ["522600000000"], ["roster"], "", "", 50),
    }
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        for query, arguments in queries.items():
            plan = "\n".join(line[0] for line in await connection.fetch(f"EXPLAIN {query}", *arguments))
            assert "header_mappings_pkey" in plan, plan
            assert "Seq Scan" not in plan, plan
