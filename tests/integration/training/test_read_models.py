"""The read copy of the register, and queries that stay by index as tables grow."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from libs.events.contract import Contract, Fact
from libs.events.contracts import registry as contracts
from libs.events.meta import Meta
from libs.service.clock import system_clock
from libs.service.job_store import JobStore
from libs.values.priority import Income, Needs
from services.training.consumers import registry as consumer
from services.training.handlers.erasures import Erasures
from services.training.projections import courses, enrolments, sessions, waiting, waitlist, women
from tests.integration.training.house import House
from tests.integration.training.test_rosters import waiting as waiting_lines
from tests.unit.training.leishan import REGISTER

WOMAN, OTHER = UUID(int=1), UUID(int=2)
ATTEND = """
INSERT INTO enrolments VALUES (gen_random_uuid(), $1, $2, $3, $3, 'roster', 5, true, NULL, $4, 1)
"""
HERE, THERE = "522634100200", "522634101200"


def registered(woman: UUID, division: str) -> contracts.WomanRegistered:
    return contracts.WomanRegistered(
        woman_id=woman, household_id=woman, division=division, birth_year=1980, labour="ordinary", in_school=False,
        status="not_exited", baseline_exit=False, head=False, as_of=date(2016, 12, 31),
    )  # fmt: skip


def fact(number: int, body: Contract) -> Fact[Any]:
    meta = Meta(actor="registry", role="service", unit=HERE, correlation_id=WOMAN)
    at = datetime(2017, 1, 1, tzinfo=UTC)
    return Fact("registry", UUID(int=7), number, 0, number - 1, UUID(int=number), body.type, WOMAN, body, meta, at)


async def tell(house: House, *facts: Fact[Any]) -> None:
    async with house.runtime.pool.acquire() as tx, tx.transaction():
        await consumer.apply(tx, facts)


async def test_she_is_where_the_newest_fact_says_in_whatever_order_facts_come(house: House) -> None:
    known = women.Women(house.runtime.pool)
    await tell(house, fact(9_002, registered(WOMAN, THERE)))
    await tell(house, fact(9_001, registered(WOMAN, HERE)))
    assert await known.divisions([WOMAN]) == {WOMAN: THERE}
    await tell(house, fact(9_003, registered(WOMAN, HERE)), fact(9_004, registered(WOMAN, THERE)))
    assert await known.divisions([WOMAN, OTHER]) == {WOMAN: THERE}


def earning(fen: int | None, year: int) -> contracts.HouseholdChanged:
    return contracts.HouseholdChanged(
        household_id=WOMAN, division=HERE, persons=3, women=1, status="not_exited", attribute=None, main_cause=None,
        as_of=date(year, 12, 31), income_fen=fen,
    )  # fmt: skip


async def test_her_priority_rests_on_the_latest_income_and_the_classes_she_attended_by_any_id(house: House) -> None:
    known, pool = women.Women(house.runtime.pool), house.runtime.pool
    await tell(house, fact(9_001, registered(WOMAN, HERE)), fact(9_002, registered(OTHER, HERE)))
    assert (await known.standing([WOMAN]))[WOMAN] == (HERE, Needs("not_exited"))
    await tell(house, fact(9_004, earning(231_000, 2017)), fact(9_003, earning(180_000, 2016)))
    await tell(house, fact(9_005, earning(None, 2018)), fact(9_002, earning(1, 2017)))
    for woman, course, withdrawn in ((WOMAN, 1, False), (OTHER, 1, False), (OTHER, 2, False), (OTHER, 3, True)):
        await pool.execute(ATTEND, UUID(int=course), woman, HERE, withdrawn)
    assert (await known.standing([WOMAN]))[WOMAN] == (HERE, Needs("not_exited", Income(2017, 231_000), 1))
    merged = contracts.WomanMerged(merged_id=OTHER, survivor_id=WOMAN, on=date(2018, 1, 1))
    await tell(house, fact(9_006, merged))
    assert (await known.standing([WOMAN]))[WOMAN] == (HERE, Needs("not_exited", Income(2017, 231_000), 2))


async def test_an_assessed_income_counts_before_what_a_register_says_of_the_same_year(house: House) -> None:
    known = women.Women(house.runtime.pool)
    assessed = contracts.HouseholdIncomeAssessed(
        household_id=WOMAN, division=HERE, year=2017, on=date(2018, 1, 5), per_head_fen=150_000, persons=3,
        source="form",
    )  # fmt: skip
    await tell(house, fact(9_001, registered(WOMAN, HERE)), fact(9_002, assessed))
    await tell(house, fact(9_003, earning(231_000, 2017)))
    assert (await known.standing([WOMAN]))[WOMAN][1].income == Income(2017, 150_000)
    corrected = assessed.model_copy(update={"per_head_fen": 160_000})
    await tell(house, fact(9_005, corrected), fact(9_004, assessed))
    assert (await known.standing([WOMAN]))[WOMAN][1].income == Income(2017, 160_000)


async def test_exits_and_returns_change_her_status(house: House) -> None:
    gone = contracts.WomanExited(woman_id=WOMAN, household_id=WOMAN, valid="2018", source="扶贫办")
    back = contracts.WomanReturned(woman_id=WOMAN, household_id=WOMAN, valid="2019", source="扶贫办")
    await tell(house, fact(9_001, registered(WOMAN, HERE)), fact(9_002, gone))
    status = "SELECT status FROM women WHERE woman_id = $1"
    assert await house.runtime.pool.fetchval(status, WOMAN) == "exited"
    await tell(house, fact(9_003, back))
    assert await house.runtime.pool.fetchval(status, WOMAN) == "returned"


async def test_merges_and_unmerges_are_followed(house: House) -> None:
    known = women.Women(house.runtime.pool)
    merged = contracts.WomanMerged(merged_id=WOMAN, survivor_id=OTHER, on=date(2018, 1, 1))
    await tell(house, fact(9_001, merged))
    assert await known.canonical([WOMAN, OTHER]) == {WOMAN: OTHER}
    parted = contracts.WomanUnmerged(merged_id=WOMAN, survivor_id=OTHER, on=date(2018, 2, 1))
    await tell(house, fact(9_002, parted))
    assert await known.canonical([WOMAN, OTHER]) == {}


async def test_an_erased_womans_line_is_blinded_for_ever_and_the_roster_still_goes_in(house: House) -> None:
    await house.roster(REGISTER)
    line = (await waiting_lines(house))[0]
    await tell(house, fact(9_001, contracts.WomanErased(woman_id=UUID(line["candidate"]))))
    vault, pool = house.runtime.vault, house.runtime.pool
    kept = await pool.fetchval("SELECT data->'words'->'name'->>'sealed' FROM events WHERE stream_id = $1", line["id"])
    assert (await vault.open_many([(UUID(line["id"]), kept)]))[0] is not None
    results = JobStore(pool, vault)
    erasures = Erasures(house.runtime.store, vault, waiting.Waiting(pool), results, system_clock)
    assert await erasures.run() == 1
    assert await pool.fetchval("SELECT count(*) FROM jobs") == 0, "results of imports may quote her"
    assert await vault.open_many([(UUID(line["id"]), kept)]) == [None]
    await house.projected()
    assert line["id"] not in {item["id"] for item in await waiting_lines(house)}
    assert await erasures.run() == 0
    assert (await house.roster(REGISTER))["totals"]["women_matched"] == 38


FILL = """
INSERT INTO women SELECT gen_random_uuid(), '52' || lpad((n % 9000)::text, 10, '0'), 'not_exited', n, false, false,
    false, false, gen_random_uuid() FROM generate_series(1, 20000) n;
INSERT INTO household_incomes SELECT household_id, 2016, 200000, number, false FROM women;
INSERT INTO courses SELECT gen_random_uuid(), '52' || lpad((n % 90)::text, 4, '0') || '000000', 't', 't', 'o',
    date '2017-01-01' + n % 900, date '2019-12-31', NULL, 'other', 5, NULL, false, 1 FROM generate_series(1, 400) n;
INSERT INTO enrolments SELECT gen_random_uuid(), c.course_id, w.woman_id, w.division, c.unit, 'roster', 5, true, NULL,
    false, 1 FROM courses c CROSS JOIN LATERAL (SELECT * FROM women ORDER BY c.course_id, woman_id LIMIT 50) w;
INSERT INTO sessions SELECT course_id, n, first_day + n, NULL, 8, false FROM courses, generate_series(1, 50) n;
INSERT INTO seats SELECT course_id, enrolment_id, true FROM enrolments;
INSERT INTO waitlist SELECT course_id, woman_id, division, unit, 'not_exited', 1, now(),
    CASE WHEN abs(hashtext(woman_id::text)) % 500 = 0 THEN 'waiting' ELSE 'seated' END FROM enrolments;
INSERT INTO roster_lines SELECT gen_random_uuid(), c.course_id, c.unit, c.unit, 'head', 'not_in_register', 'x', '{}',
    NULL, true, 5, 0, 's', n, NULL, NULL, NULL, NULL FROM courses c, generate_series(1, 50) n;
ANALYZE;
"""
LOW, HIGH = "520000100000", "520000199999"
QUERIES = (
    ("course", courses.READ, (LOW, HIGH, [], UUID(int=5))),
    ("shares", courses.SHARES, (LOW, HIGH, 9, date(2017, 1, 1), date(2017, 12, 31), ["other"])),
    ("sessions", sessions.LIST, (UUID(int=5),)),
    ("enrolments", enrolments.LIST, (UUID(int=5), LOW, HIGH, None, 51)),
    ("waiting of a course", waiting.WAITING, (LOW, HIGH, UUID(int=5), None, None, None, 51)),
    ("lines beside", waiting.UNSEATED, (UUID(int=5),)),
    ("residence", women.DIVISIONS, ([WOMAN],)),
    ("standing", women.STANDING, ([WOMAN],)),
    ("merged ids", women.CANONICAL, ([WOMAN],)),
    ("what became of ids", women.FOLLOWED, ([WOMAN],)),
    ("lists behind", waitlist.BEHIND, ()),
)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
async def test_no_query_reads_a_growing_table_from_end_to_end(house: House, mode: str) -> None:
    async with house.runtime.pool.acquire() as connection:
        await connection.execute(FILL)
        await connection.execute(f"SET plan_cache_mode = {mode}")
        for name, query, values in QUERIES:
            (plan,) = (await connection.fetch(f"EXPLAIN (FORMAT JSON) {query}", *values))[0]
            for table in ("enrolments", "seats", "roster_lines", "women", "courses", "waitlist", "sessions"):
                assert not _scans(plan, table), f"{name} reads all of {table}"


def _scans(node: Any, table: str) -> bool:
    if isinstance(node, list):
        return any(_scans(child, table) for child in node)
    if not isinstance(node, dict):
        return False
    if node.get("Node Type") == "Seq Scan" and node.get("Relation Name") == table:
        return True
    return any(_scans(child, table) for child in node.values())
