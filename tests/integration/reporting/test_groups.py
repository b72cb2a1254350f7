"""The groups that the database counts on a day are those of the one function that all services share."""

from datetime import date
from typing import Any

from libs.values.target_group import target_group
from services.reporting.projections.ages import ages
from tests.integration.reporting import samples as s
from tests.integration.reporting.conftest import record

DAYS = (date(2016, 12, 31), date(2024, 2, 29), date(2031, 1, 1))
ASKED = "SELECT woman_id, target_group FROM women_cells($1, $2, $3, $4, $5, $6)"


async def test_every_age_labour_and_schooling_is_grouped_as_the_function_says(connection: Any) -> None:
    women = [
        (year, labour, school)
        for year in range(1945, 2018)
        for labour in ("ordinary", "weak", "lost", "unknown")
        for school in (True, False)
    ]
    told = [
        s.registered(n, birth_year=year, labour=labour, in_school=school)
        for n, (year, labour, school) in enumerate(women)
    ]
    await record(connection, s.Feed()(*told))
    for day in DAYS:
        rows = await connection.fetch(ASKED, *ages(day))
        found = {row["woman_id"]: row["target_group"] for row in rows}
        assert found == {s.an_id("woman", n): target_group(*woman, day).value for n, woman in enumerate(women)}
