"""A real export, of a woman who came in by a register file, is what its committed schema says."""

import json
from pathlib import Path

import jsonschema
import pytest

from jinguo.subject.export import export
from libs.service.clock import system_clock
from services.reporting.worker import MIGRATIONS as REPORTING
from services.training.worker import MIGRATIONS as TRAINING
from tests.conftest import MakeDatabase
from tests.integration.registry.books import book, rows_of
from tests.integration.registry.house import COUNTY, MASTER, ROOT, SERVICE_MIGRATIONS, House

SCHEMA = ROOT / "docs" / "reference" / "subject-export.v1.schema.json"


async def test_a_real_export_is_as_its_schema_says(house: House, make_database: MakeDatabase, tmp_path: Path) -> None:
    await house.take_in(Path("r.xlsx"), COUNTY, content=book(rows_of("方祥乡", 10)))
    woman = await house.runtime.pool.fetchval("SELECT woman_id FROM women ORDER BY woman_id LIMIT 1")
    dsns = {
        "registry": house.dsn,
        "keys": house.keys_dsn,
        "training": await make_database(SERVICE_MIGRATIONS, TRAINING),
        "reporting": await make_database(SERVICE_MIGRATIONS, REPORTING),
    }
    out = tmp_path / "her.json"
    done = await export(dsns.__getitem__, MASTER, woman, "access_request", out, system_clock())
    found = json.loads(out.read_text("utf-8"))
    schema = json.loads(SCHEMA.read_text("utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    assert done.events == len(found["services"]["registry"]["events"]) > 0
    assert (
        found["register_files"][0]["cells"]["姓名"]
        == found["services"]["registry"]["tables"]["women"][0]["sealed"]["name"]
    )
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate({**found, "services": {}})
