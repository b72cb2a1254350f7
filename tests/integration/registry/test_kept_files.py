"""Kept files lie sealed in parts; what was kept whole before there were parts is read and redacted as well."""

import gzip
import os
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from libs.events.personal import Personal
from services.registry.adapters.redacting import redact
from services.registry.adapters.taking_out import Words, sheet_of
from services.registry.domain.register import columns as c
from services.registry.handlers import files
from tests.integration.registry.books import book, rows_of
from tests.integration.registry.house import COUNTY, House

ROWS = rows_of("永乐镇")
TODAY = date(2026, 11, 1)
WHOLE = "INSERT INTO import_files (import_id, key_id, unit, sealed_key, body, refused) VALUES ($1, $1, $2, $3, $4, $5)"


async def kept_before(house: House, raw: bytes, refused: bytes) -> UUID:
    """As files were kept before there were parts."""
    import_id, key = uuid4(), AESGCM.generate_key(bit_length=256)
    await house.vault.ensure([import_id])

    def sealed(part: bytes, content: bytes) -> bytes:
        nonce = os.urandom(12)
        return nonce + AESGCM(key).encrypt(nonce, content, part + import_id.bytes)

    sealed_key = house.vault.seal(Personal(import_id, key.hex(), "file_key"))
    bodies = sealed(b"raw", gzip.compress(raw)), sealed(b"refused", refused)
    await house.runtime.pool.execute(WHOLE, import_id, COUNTY, sealed_key, *bodies)
    return import_id


def ids_in(path: Path) -> list[str]:
    return [row[c.ID].text for row in sheet_of(path).rows() if row.kind == "data"]


async def test_a_file_that_was_kept_whole_is_read_and_a_person_taken_out_of_it(house: House) -> None:
    pool, vault, content = house.runtime.pool, house.vault, book(ROWS)
    import_id = await kept_before(house, content, book(ROWS[:4]))
    kept = await files.kept(pool, vault, import_id)
    assert kept.raw.read_bytes() == content
    gone = ROWS[0]["证件号码"]
    assert await redact(pool, vault, Words(frozenset({gone}), frozenset()), house.runtime.ids, TODAY) == 1
    left = await files.kept(pool, vault, import_id)
    assert left.refused is not None
    assert ids_in(left.raw) == [row["证件号码"] for row in ROWS[1:]]
    assert ids_in(left.refused) == [row["证件号码"] for row in ROWS[1:4]]
    assert await pool.fetchval("SELECT octet_length(body) FROM import_files") == 0


async def test_a_large_file_lies_in_parts_that_cannot_change_places(house: House, tmp_path: Path) -> None:
    pool, vault, import_id, content = house.runtime.pool, house.vault, uuid4(), os.urandom(2_500_000)
    (tmp_path / "large").write_bytes(content)
    await files.keep(pool, vault, import_id, COUNTY, tmp_path / "large")
    sizes = await pool.fetch("SELECT octet_length(body) AS size FROM import_file_parts ORDER BY n")
    assert [row["size"] > 1_000_000 for row in sizes] == [True, True, False]
    kept = await files.kept(pool, vault, import_id)
    assert kept.raw.read_bytes() == content
    await pool.execute("UPDATE import_file_parts SET n = 9 WHERE n = 0")
    await pool.execute("UPDATE import_file_parts SET n = n - 1 WHERE n < 9")
    with pytest.raises(InvalidTag):
        await files.kept(pool, vault, import_id)


async def test_a_file_that_lost_its_end_is_not_taken_for_whole(house: House, tmp_path: Path) -> None:
    pool, vault, import_id = house.runtime.pool, house.vault, uuid4()
    (tmp_path / "large").write_bytes(os.urandom(2_500_000))
    await files.keep(pool, vault, import_id, COUNTY, tmp_path / "large")
    await pool.execute("DELETE FROM import_file_parts WHERE n = 2")
    with pytest.raises(ValueError, match="missing"):
        await files.kept(pool, vault, import_id)


async def test_a_csv_stays_a_csv_with_its_rows_under_their_numbers(house: House, tmp_path: Path) -> None:
    pool, vault, import_id = house.runtime.pool, house.vault, uuid4()
    lines = [
        ",".join(map(str, ROWS[0])),
        *(",".join("" if v is None else str(v) for v in row.values()) for row in ROWS),
    ]
    (tmp_path / "r.csv").write_text("\n".join(lines), encoding="gb18030")
    await files.keep(pool, vault, import_id, COUNTY, tmp_path / "r.csv")
    gone = ROWS[1]["证件号码"]
    assert await redact(pool, vault, Words(frozenset({gone}), frozenset()), house.runtime.ids, TODAY) == 1
    kept = await files.kept(pool, vault, import_id)
    rows = [(row.number, row[c.ID].text) for row in sheet_of(kept.raw).rows() if row.kind == "data"]
    assert rows == [(n, row["证件号码"]) for n, row in enumerate(ROWS, 2) if row["证件号码"] != gone]
