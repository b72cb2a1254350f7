"""Plans over large tables: every query of a page goes by an index."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from libs.events.keyset import before, counting
from libs.events.pool import connect
from libs.values.division import Division
from services.reporting.domain.mapping import KINDS
from services.reporting.projections import balance, cells, facts, lines, match, merges, movements, sight, stories, women
from services.reporting.projections.ages import ages
from services.reporting.projections.snapshot import Snapshot
from services.reporting.worker import MIGRATIONS

TOWNSHIP = ("520100001000", "520100001999")
ONE = UUID("00000000-0000-7000-8000-000000000001")
NOW = 10**9
DAY = date(2020, 6, 1)
FIRST = (date.min, UUID(int=0), 0)
START = (before(TOWNSHIP), UUID(int=0))
LAST = Division("520139299000")

FILL = """
INSERT INTO women
SELECT gen_random_uuid(), n, 9223372036854775807, gen_random_uuid(),
       '5201' || lpad((n % 40)::text, 2, '0') || lpad((n % 300)::text, 3, '0') || '201', 'not_exited', false, false,
       1980, 'ordinary', false, false, '2016-12-31', 'able_adult', '{training}', '{development}'
FROM generate_series(1, 60000) n;
INSERT INTO lines (recorded, seq, subject_kind, subject_id, measure_kind, measure_class, measure_id, phase, unit,
                   valid_from, valid_to, times, quantity, fen, source, event_id, cause)
SELECT recorded, 1, 'woman', woman_id, 'training', 'development', gen_random_uuid(), 'started', division,
       '2017-05-08', '2017-05-12', 1, 3, 0, 'training', gen_random_uuid(), gen_random_uuid()
FROM women;
INSERT INTO facts SELECT recorded, gen_random_uuid(), 'registry', woman_id, recorded, 'registry.woman-registered.v1',
       woman_id, '{}', '{}', now() FROM women;
INSERT INTO households SELECT gen_random_uuid(), recorded, until, division, 4, 1, status FROM women;
INSERT INTO movements
SELECT woman_id, 1, recorded, until, '2016-12-31', 'identified', NULL, division, gen_random_uuid(),
       division FROM women;
INSERT INTO merges SELECT woman_id, gen_random_uuid(), recorded, until FROM women LIMIT 20000;
ANALYZE;
"""

QUERIES: dict[str, tuple[str, tuple[Any, ...]]] = {
    "women per unit": (match.WOMEN_PER_UNIT, (*TOWNSHIP, NOW, 12, *ages(DAY))),
    "women per kind": (match.WOMEN_PER_KIND, (*TOWNSHIP, NOW, 12)),
    "households per unit": (match.HOUSEHOLDS_PER_UNIT, (*TOWNSHIP, NOW, 12)),
    "acts per kind": (match.ACTS_PER_KIND, (*TOWNSHIP, NOW, 12, list(KINDS))),
    "women behind": (cells.WOMEN_BEHIND, (*TOWNSHIP, NOW, "unmatched", *ages(DAY), *START, 51)),
    "households behind": (cells.HOUSEHOLDS_BEHIND, (*TOWNSHIP, NOW, *START, 51)),
    "women behind, counted": (
        counting(cells.WOMEN_BEHIND),
        (*TOWNSHIP, NOW, "unmatched", *ages(DAY), *START, None),
    ),
    "households behind, counted": (counting(cells.HOUSEHOLDS_BEHIND), (*TOWNSHIP, NOW, *START, None)),
    "a woman's state": (sight.STATE, (ONE, NOW, *TOWNSHIP)),
    "a woman's facts": (stories.FACTS, ([ONE], NOW)),
    "a woman's measures": (stories.MEASURES, ([ONE], NOW, list(KINDS))),
    "a woman's lines": (stories.LINES_OF_WOMAN, ([ONE], NOW, 0, 0, 51)),
    "lines of a unit": (stories.LINES_OF_UNIT, ("training", *TOWNSHIP, NOW, 0, 0, 51)),
    "lines of a unit, counted": (counting(stories.LINES_OF_UNIT), ("training", *TOWNSHIP, NOW, 0, 0, None)),
    "lines of an event": (stories.LINES_OF_EVENT, (5, ONE)),
    "a fact": (stories.FACT, (ONE, NOW)),
    "known facts": (facts.KNOWN, ([ONE],)),
    "history": (facts.HISTORY, ([ONE], NOW, facts.OF_ONE_WOMAN)),
    "held states": (women.HELD, ([ONE],)),
    "open lines": (lines.STILL_OPEN, ([ONE],)),
    "movements per unit": (balance.PER_UNIT, (*TOWNSHIP, NOW, 12, DAY, DAY)),
    "who came": (balance.WHO_CAME, (*TOWNSHIP, *TOWNSHIP, NOW, DAY, DAY, ["born"], *FIRST, 51)),
    "who left": (balance.WHO_LEFT, (*TOWNSHIP, *TOWNSHIP, NOW, DAY, DAY, ["died"], *FIRST, 51)),
    "who is there": (balance.WHO_IS_THERE, (*TOWNSHIP, *TOWNSHIP, NOW, DAY, *FIRST, 51)),
    "held movements": (movements.HELD, ([ONE],)),
    "facts that move": (movements.OWN, ([ONE], NOW, ["registry.woman-left.v1"])),
    "merges of a record": (movements.MERGED, ([ONE], NOW)),
    "connected records": (merges.CONNECTED, ([ONE], merges.NOW)),
}


@pytest.fixture(scope="module")
def filled(databases: Any) -> str:
    return asyncio.run(_fill(databases))


async def _fill(databases: Any) -> str:
    dsn: str = await databases.make(MIGRATIONS)
    connection = await connect(dsn)
    await connection.execute(FILL)
    await connection.close()
    return dsn


@pytest.fixture
async def large(filled: str) -> AsyncIterator[Any]:
    connection = await connect(filled)
    yield connection
    await connection.close()


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize("name", QUERIES)
async def test_a_query_of_a_page_goes_by_an_index(name: str, mode: str, large: Any) -> None:
    query, values = QUERIES[name]
    await large.execute(f"SET plan_cache_mode = {mode}")
    plan = "\n".join(row[0] for row in await large.fetch("EXPLAIN " + query, *values))
    assert "Index" in plan, plan
    for table in ("women", "lines", "facts", "households", "merges", "movements"):
        assert f"Seq Scan on {table}" not in plan, plan


@pytest.mark.parametrize("column", ["population", cells.HOUSEHOLDS])
async def test_a_page_of_the_last_unit_does_not_pass_all_units_before_it(column: str, large: Any) -> None:
    listing = cells.behind(Snapshot(large, NOW), LAST, column, DAY)
    assert await listing.page(limit=5), "there are some"
    explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {listing.sql}"
    [plan] = await large.fetchval(explain, *listing.filters, *listing.start, 5)
    touched = plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"]
    assert touched < 30, "60,000 rows lie before them, on some hundred pages of the index"
