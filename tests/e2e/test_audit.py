"""The audit trail of a whole installation: checked by command, carried by a backup, and no change of it unseen."""

import asyncio
import csv
from pathlib import Path

import asyncpg

from jinguo.audit import DATABASES
from jinguo.cli.errors import FAILED
from services import SERVICES
from tests.e2e.product import Product, product
from tests.e2e.test_backup import restore


def _tamper(running: Product, service: str, statement: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(running.postgres.dsn(service))
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(statement)
        await connection.close()

    asyncio.run(run())


def test_the_trail_of_the_main_job_is_whole_and_shows_who_did_it(county: Product, tmp_path: Path) -> None:
    checks = county.json("audit", "verify", "--format", "json")
    assert {check["service"] for check in checks} == set(DATABASES)
    assert [check for check in checks if check["faulty"]] == []
    entries = {check["service"]: check["counted"] for check in checks if check["check"] == "audit chain"}
    assert min(entries["registry"], entries["training"], entries["access"]) > 0
    county.cli("audit", "export", "--service", "registry", "--out", tmp_path / "registry.csv")
    with (tmp_path / "registry.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["action"] == "audit.viewed", "looking at the trail stands in it"
    assert {row["outcome"] for row in rows} == {"success"}
    assert any(row["actor"].startswith("owner:") and row["object_kind"] == "stream" for row in rows)


def test_a_restored_backup_carries_the_trail_and_later_tampering_is_found(county: Product, tmp_path: Path) -> None:
    county.cli("backup", "--to", tmp_path / "county.backup")
    assert restore(tmp_path / "county.backup", tmp_path / "restored").returncode == 0
    with product(tmp_path / "restored") as restored:
        restored.cli("audit", "verify")
        restored.start()
        found = restored.json("audit", "list", "--action", "backup.restored", "--format", "json")["items"]
        assert {item["service"] for item in found} == set(SERVICES)
        restored.stop()
        restored.start()
        restored.cli("audit", "verify")
        _tamper(restored, "registry", "UPDATE audit_trail SET actor = 'nobody' WHERE id = 3")
        broken = restored.cli("audit", "verify", "--service", "registry", ok=False)
        assert broken.returncode == FAILED
        assert "entry 3 is not what was sealed" in broken.stdout
        restored.cli("audit", "verify", "--service", "training")
