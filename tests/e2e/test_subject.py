"""A person's rights on the whole product: exported, erased everywhere, figures unchanged, the databases verified."""

import asyncio
import json
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag

from jinguo.databases import ALL
from libs.events import sealing
from libs.events.pool import connect
from libs.events.sealing import is_sealed
from tests.e2e.product import Product

CANDIDATES = "SELECT DISTINCT candidate AS id FROM roster_lines WHERE candidate IS NOT NULL ORDER BY 1"
POOR = "SELECT woman_id FROM women WHERE status = 'not_exited'"


@dataclass
class Person:
    """Who is erased: her id, what the export says of her, and the words that must be nowhere afterwards."""

    id: str
    exported: dict[str, Any]
    page: str
    words: tuple[str, ...]


def fetch(product: Product, database: str, query: str) -> list[Any]:
    async def ask() -> list[Any]:
        connection = await connect(product.postgres.dsn(database))
        rows = await connection.fetch(query)
        await connection.close()
        return list(rows)

    return asyncio.run(ask())


def exported(product: Product, folder: Path) -> Person:
    poor = {row["woman_id"] for row in fetch(product, "registry", POOR)}
    woman = next(str(row["id"]) for row in fetch(product, "training", CANDIDATES) if row["id"] in poor)
    out = folder / "her.json"
    product.cli("subject", "export", woman, "--out", out, "--reason", "access_request", "--data", product.folder.path)
    found = json.loads(out.read_text())
    registered = next(e for e in found["services"]["registry"]["events"] if e["type"] == "woman-registered")
    personal = registered["data"]["personal"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in (out, out.with_suffix(".html"))} == {0o600}
    words = (personal["resident_id"][:18], personal["name"])
    return Person(woman, found, out.with_suffix(".html").read_text(), words)


def test_a_person_is_exported_erased_everywhere_and_still_counted(county: Product, tmp_path: Path) -> None:
    data = ("--data", county.folder.path)
    assert "nothing is wrong" in county.cli("verify", *data).stderr
    before = county.report()
    her = exported(county, tmp_path)
    _check_export(county, her)

    refused = county.cli("subject", "erase", her.id, "--reason", "request", "--yes", *data, ok=False)
    assert refused.returncode == 1
    assert "registry.erasure_still_registered" in refused.stderr
    alive = county.cli("subject", "prove", her.id, *data, ok=False)
    assert (alive.returncode, "subject.readable" in alive.stderr) == (1, True)
    erased = county.cli("subject", "erase", her.id, "--reason", "unlawful", "--yes", *data)
    proved = county.cli("subject", "prove", her.id, *data)
    assert {line.split("\t")[2] for line in proved.stdout.splitlines()} == {"0 readable"}
    assert {"registry.women", "registry.rights_women", "reporting.facts"} <= {
        line.split("\t")[0] for line in proved.stdout.splitlines()
    }
    assert erased.stdout.split() == [her.id]
    assert _readable(county, her.words) == []
    assert county.report()["total"] == before["total"]
    full = county.cli("verify", "--full", *data)
    assert "nothing is wrong" in full.stderr, full.stdout
    assert [line.split()[3] for line in full.stdout.splitlines() if "read model" in line]

    again = county.cli("publish", "replay", "registry", "--from", 1, "--to", 30, *data)
    first, last = again.stdout.strip().split("-")
    assert int(last) - int(first) == 29
    county.stop()
    county.cli("subject", "erase", her.id, "--reason", "unlawful", "--yes", *data)
    lags = county.json("events", "status", "--format", "json", *data)
    assert {row["reader"]: row["lag"] for row in lags if row["lag"]} == {}, "a stopped house was read to the end"
    nobody = county.cli(
        "subject", "export", UUID(int=1), "--out", tmp_path / "no.json", "--reason", "checking", *data, ok=False
    )
    assert (nobody.returncode, "subject.unknown" in nobody.stderr, (tmp_path / "no.json").exists()) == (1, True, False)
    assert "nothing is wrong" in county.cli("verify", *data).stderr
    county.start()
    assert county.report()["total"] == before["total"]


def _check_export(product: Product, her: Person) -> None:
    found = her.exported
    assert (found["format"], found["records"]) == ("jinguo.subject-export.v1", [her.id])
    assert all(word in her.page for word in her.words)
    assert found["register_files"][0]["cells"]["证件号码"][:18] == her.words[0]
    registry, training, reporting = (found["services"][name] for name in ("registry", "training", "reporting"))
    assert registry["tables"]["women"][0]["sealed"]["name"] == her.words[1]
    assert training["tables"]["roster_lines"][0]["candidate"] == her.id
    assert {row["type"] for row in reporting["tables"]["facts"]} >= {"registry.woman-registered.v1"}
    assert registry["published"][0]["data"]["woman_id"] == her.id
    others = fetch(product, "registry", f"SELECT woman_id FROM women WHERE woman_id <> '{her.id}'")
    text = json.dumps(found)
    assert [row["woman_id"] for row in others if str(row["woman_id"]) in text] == [], "nobody else is in it"
    trail = fetch(product, "registry", "SELECT * FROM personal_reads WHERE route = 'jinguo subject export'")
    assert [(row["reason"], [str(each) for each in row["women"]]) for row in trail] == [("access_request", [her.id])]


def _readable(product: Product, words: tuple[str, ...]) -> list[str]:
    """Places where one of the words can still be read by somebody with all databases, all keys and the log."""
    found = []
    keys = fetch(product, "keys", "SELECT * FROM subject_keys WHERE wrapped_key IS NOT NULL")
    master = (product.folder.keys / "master.key").read_bytes()
    opened = {
        r["subject_id"]: sealing.unwrap(master, r["subject_id"], r["key_version"], r["wrapped_key"]) for r in keys
    }
    for database in ALL:
        for table in fetch(product, database, "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"):
            for row in fetch(product, database, f'SELECT to_jsonb(x) AS row FROM "{table["name"]}" x'):
                texts = list(_texts(row["row"]))
                clear = [text for text in texts if any(word in text for word in words)]
                subjects = {UUID(text) for text in texts if _is_uuid(text)} & opened.keys()
                for text in texts:
                    if "." in text and is_sealed(text, text.split(".")[2] if text.count(".") == 3 else ""):
                        clear += [
                            c for s in subjects if (c := _tried(opened[s], s, text)) and any(w in c for w in words)
                        ]
                found += [f"{database}.{table['name']}"] * bool(clear)
    log = product.folder.log_file.read_text() + product.log.read_text()
    return found + ["log"] * any(word in log for word in words)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)


def _is_uuid(text: str) -> bool:
    return len(text) == 36 and text.count("-") == 4


def _tried(key: bytes, subject: UUID, text: str) -> str | None:
    try:
        return sealing.unseal(key, subject, text)
    except InvalidTag:
        return None
