"""Queries on tables that grow go by an index, never through the whole table."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from libs.events.keyset import before
from services.registry.handlers import following, meeting, pairs, people, quality, reservations, scanning
from services.registry.projections import divisions, households, incomes, needs, priority, undecided, women
from tests.integration.registry.house import House

DAY = date(2016, 12, 31)
NOBODY, TOKEN, SCOPE = UUID(int=1), b"t" * 32, ("522634000000", "522634999999")
FIRST = before(SCOPE)
QUERIES: dict[str, tuple[str, tuple[Any, ...], str]] = {
    "list": (women.LIST, (*SCOPE, "here", FIRST, NOBODY, 50), "women_listed"),
    "by need": (
        priority.LIST,
        (*SCOPE, "here", ["returned"], [0], 1, *priority.START, 50),
        "women_listed",
    ),
    "inputs of the need": (priority.NEEDS, ([NOBODY],), "incomes_pkey"),
    "missing": (women.MISSING, (*SCOPE, FIRST, NOBODY, 50), "women_missing"),
    "left out": (reservations.UNNAMED, (*SCOPE, date(2021, 12, 31)), "persons_listed"),
    "emptied": (reservations.EMPTY_HOUSEHOLDS, (*SCOPE, date(2021, 12, 31)), "household_codes_listed"),
    "woman": (women.ONE, (NOBODY, *SCOPE), "women_pkey"),
    "names": (women.MANY, ([NOBODY], *SCOPE), "women_pkey"),
    "household": (households.ONE, (NOBODY, *SCOPE), "households_"),
    "children": (divisions.CHILDREN, (SCOPE[0], DAY), "divisions_parent"),
    "a code's history": (divisions.ONE, (SCOPE[0],), "divisions_pkey"),
    "codes": (divisions.VERSIONS, ([SCOPE[0]],), "divisions_pkey"),
    "what was below": (divisions.OF_PARENTS, ([SCOPE[0]],), "divisions_parent"),
    "search": (divisions.SEARCH, ("西江", "西江\U0010ffff", "", DAY, 50), "divisions_name"),
    "became": (divisions.LINKS, ([SCOPE[0]],), "division_links_pkey"),
    "came from": (divisions.CAME_FROM, (SCOPE[0],), "division_links_back"),
    "unexplained": (divisions.LIST_UNEXPLAINED, (*SCOPE, FIRST, "", 50), "division_unexplained_pkey"),
    "undecided": (undecided.LIST, (*SCOPE, FIRST, 50), "household_codes_division"),
    "households of a unit": (undecided.HOUSEHOLDS, (*SCOPE, *SCOPE, NOBODY, 50), "households_"),
    "households that follow": (following.HOUSEHOLDS, (SCOPE[0], 200), "household_codes_division"),
    "persons who follow": (following.PERSONS, (SCOPE[0], 200), "persons_division"),
    "inside": (divisions.INSIDE, SCOPE, "divisions_pkey"),
    "by id": (reservations.BY_ID, ([TOKEN],), "persons_id_token_key"),
    "by code": (reservations.BY_CODE, ([TOKEN],), "persons_code"),
    "by name": (reservations.BY_NAME, ([TOKEN], *SCOPE), "persons_name"),
    "by person": (reservations.BY_PERSON, ([NOBODY],), "persons_pkey"),
    "by code of household": (reservations.HOUSEHOLDS, (["522634"], [TOKEN]), "household_codes_county_code_token_key"),
    "women of a household": (reservations.LIVING, (NOBODY,), "persons_household"),
    "alike": (meeting.MEET, ([NOBODY], 1), "persons_alike"),
    "same birth date": (meeting.MEET, ([NOBODY], 1), "duplicate_keys_birth"),
    "same rest of the id": (meeting.MEET, ([NOBODY], 1), "duplicate_keys_rest"),
    "without keys": (meeting.UNKEYED, ([NOBODY],), "duplicate_keys_pkey"),
    "keys of the erased": (meeting.FORGET, ([NOBODY],), "duplicate_keys_pkey"),
    "ids of a pair": (meeting.SEALED, ([NOBODY],), "women_pkey"),
    "held": (meeting.HOLD, ([NOBODY],), "persons_pkey"),
    "everybody to be asked": (scanning.ASK, (*SCOPE, NOBODY, 50), "persons_"),
    "next changes": (scanning.LINES, (0, *SCOPE, 50), "duplicate_changes_pkey"),
    "changes that are done": (scanning.DONE, ([1],), "duplicate_changes_pkey"),
    "pairs of a woman": (pairs.OF, ([NOBODY],), "duplicate_pairs_other"),
    "a pair": (pairs.ONE, (NOBODY, *SCOPE), "duplicate_pairs_pkey"),
    "the queue": (pairs.LIST, (*SCOPE, ["open"], None, None, 100, NOBODY, 50), "duplicate_pairs_"),
    "incomes of a household": (incomes.OF_HOUSEHOLD, (NOBODY,), "incomes_pkey"),
    "incomes not assessed": (incomes.UNASSESSED, (*SCOPE, 2016, FIRST, NOBODY, 50), "incomes_pkey"),
    "women not asked": (needs.UNASSESSED, (*SCOPE, 2016, FIRST, NOBODY, 50), "woman_needs_pkey"),
    "findings by rule": (quality.BY_RULE, SCOPE, "quality_findings_"),
    "findings of a rule": (quality.ROWS, ("id_empty", *SCOPE, FIRST, NOBODY, -1, 50), "quality_findings_"),
    "findings of households": (quality.FORGET, ([NOBODY],), "quality_findings_pkey"),
    "rights": (people.IN_SCOPE, (NOBODY, *SCOPE), "persons_pkey"),
}


async def test_every_growing_query_has_its_index(house: House) -> None:
    async with house.runtime.pool.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off")
        await connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        for name, (query, arguments, index) in QUERIES.items():
            lines = await connection.fetch(f"EXPLAIN {query}", *arguments)
            plan = "\n".join(line[0] for line in lines)
            assert index in plan, f"{name}:\n{plan}"
            if "Seq Scan" in plan:
                pytest.fail(f"{name} reads the whole table:\n{plan}")
