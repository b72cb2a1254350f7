"""Her rows in the register files that are kept, and in the results of imports of the last days."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson

from libs.events.types import Connection, Pool
from libs.events.vault import Vault
from libs.values.errors import DomainError
from libs.values.valid_date import local_date
from services.registry.adapters.erasing import words_of
from services.registry.adapters.taking_out import Words, sheet_of
from services.registry.domain.codec import codec
from services.registry.handlers import files

EVENTS = "SELECT type, schema_version, data FROM events WHERE stream_id = ANY($1) ORDER BY position"
RESULTS = """
SELECT j.id, j.kind, r.sealed FROM jobs j JOIN job_rows r ON r.job_id = j.id ORDER BY j.created_at, j.id, r.page
"""


async def rows_in_files(pool: Pool, vault: Vault, records: Sequence[UUID], now: datetime) -> list[dict[str, Any]]:
    """Row by row, as column → text; files that cannot be read without their importer's help are named."""
    known = codec()
    events = [known.load(r["type"], r["schema_version"], r["data"]) for r in await pool.fetch(EVENTS, list(records))]
    words = await words_of(vault, events)
    found = []
    async for kept in files.all_kept(pool, vault):
        for part, path in (("raw", kept.raw), ("refused", kept.refused)):
            rows = await asyncio.to_thread(_rows, path, words, now) if path and path.stat().st_size else []
            found += [{"import": str(kept.import_id), "file": part, **row} for row in rows]
    return found


async def rows_in_results(
    open_: Mapping[str, Connection], vault: Vault, events: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Answers to rows of files that quote one of her names or ids."""
    quoted = set(_quoted(events))
    found = []
    for service in ("registry", "training"):
        for job in await open_[service].fetch(RESULTS):
            opened = (await vault.open_many([(job["id"], job["sealed"])]))[0]
            rows = orjson.loads(opened) if opened else []
            found += [
                {"service": service, "job": str(job["id"]), "kind": job["kind"], "row": row}
                for row in rows
                if any(each.get("value") in quoted or each.get("right_answer") in quoted for each in row["findings"])
            ]
    return found


def _rows(path: Path, words: Words, now: datetime) -> list[dict[str, Any]]:
    try:
        sheet = sheet_of(path)
        return [
            {"row": row.number, "cells": {name: cell.text for name, cell in row.cells.items()}}
            for row in sheet.rows()
            if words.of(row, local_date(now))
        ]
    except DomainError:
        return [{"row": None, "cells": {"说明": "此文件须由导入者协助才能辨认，未能逐行查找"}}]


def _quoted(events: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for event in events:
        personal = event["data"].get("personal") or {}
        yield from (personal[name] for name in ("name", "resident_id") if personal.get(name))
