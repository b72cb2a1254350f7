"""A real export, of a woman who came in by a register file, is what its committed schema says."""

import json
from pathlib import Path

import jsonschema
import pytest

from jinguo.services import part
from jinguo.subject.export import export
from libs.service.clock import system_clock
from services import SERVICES
from tests.conftest import MakeDatabase
from tests.integration.registry.books import book, rows_of
from tests.integration.registry.house import COUNTY, MASTER, ROOT, SERVICE_MIGRATIONS, House

SCHEMA = ROOT / "docs" / "reference" / "subject-export.v1.schema.json"

NEEDS = {
    "on": "2017-03-01", "main_cause": "缺技术", "other_causes": [], "labour": "ordinary", "skills_wanted": [],
    "willing_to_borrow": False, "children_under_3": 0, "children_3_to_5": 0, "health": ["健康"], "note": "想学绣花",
}  # fmt: skip
INCOME = {
    "year": 2016, "on": "2017-01-10", "persons": 2, "operating_fen": 500_000, "property_fen": 0, "wages_fen": 0,
    "operating_cost_fen": 200_000, "transfers_fen": 10_000,
}  # fmt: skip


async def test_a_real_export_is_as_its_schema_says(house: House, make_database: MakeDatabase, tmp_path: Path) -> None:
    await house.take_in(Path("r.xlsx"), COUNTY, content=book(rows_of("方祥乡", 10)))
    woman, home = await house.runtime.pool.fetchrow("SELECT woman_id, household_id FROM women ORDER BY 1 LIMIT 1") or ()
    async with house.client() as client:
        for path, body in ((f"/v1/women/{woman}/needs", NEEDS), (f"/v1/households/{home}/incomes", INCOME)):
            assert (await client.post(path, json=body)).status_code == 201
    dsns = {
        "registry": house.dsn,
        "keys": house.keys_dsn,
        **{
            name: await make_database(SERVICE_MIGRATIONS, *part(name).service().folders)
            for name in SERVICES
            if name != "registry"
        },
    }
    out = tmp_path / "her.json"
    done = await export(dsns.__getitem__, MASTER, woman, "access_request", out, system_clock())
    found = json.loads(out.read_text("utf-8"))
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    assert done.events == len(found["services"]["registry"]["events"]) > 0
    events = {each["type"]: each["data"] for each in found["services"]["registry"]["events"]}
    assert events["woman-needs-assessed"]["personal"] == {"health": "健康", "note": "想学绣花"}
    assert events["household-income-assessed"]["per_head_fen"] == 155_000
    assert (
        found["register_files"][0]["cells"]["姓名"]
        == found["services"]["registry"]["tables"]["women"][0]["sealed"]["name"]
    )
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**found, "services": {}})
