"""Old months go, the rest is verified as before, and nothing younger than 180 days can go at all."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from libs.audit.retention import drop_old
from libs.values.errors import Invalid
from tests.integration.audit.conftest import Book


async def _aged(book: Book, *days: int) -> None:
    """Entries made so many days ago, sealed in this order."""
    for age in days:
        await book.pool.execute(
            "INSERT INTO audit_trail (at, action, outcome)"
            " VALUES (now() - make_interval(days => $1), 'old', 'success')",
            age,
        )
    await book.seal_all()


async def test_whole_months_go_and_the_rest_is_verified_from_the_anchor(book: Book) -> None:
    await _aged(book, 500, 450, 449, 100, 3)
    dropped = await drop_old(book.trail, "sample", book.seal, datetime.now(UTC), 365)
    await book.seal_all()
    assert (dropped.entries, dropped.number) == (3, 3)
    rows = await book.pool.fetch("SELECT action FROM audit_trail ORDER BY id")
    assert [row["action"] for row in rows] == ["old", "old", "audit.dropped"]
    assert await book.faults() == []


async def test_an_old_entry_behind_a_young_one_stays_with_it(book: Book) -> None:
    await _aged(book, 500, 3, 499)
    dropped = await drop_old(book.trail, "sample", book.seal, datetime.now(UTC), 365)
    assert dropped.entries == 1
    assert await book.pool.fetchval("SELECT count(*) FROM audit_trail WHERE action = 'old'") == 2


async def test_all_may_go_and_the_chain_goes_on(book: Book) -> None:
    await _aged(book, 500, 499)
    await drop_old(book.trail, "sample", book.seal, datetime.now(UTC), 180)
    await book.write("new")
    numbers = await book.pool.fetchval("SELECT array_agg(number ORDER BY number) FROM audit_chain")
    assert numbers == [3, 4]
    assert await book.faults() == []


async def test_less_than_half_a_year_is_refused_by_the_setting_and_by_the_database(book: Book) -> None:
    await _aged(book, 170)
    with pytest.raises(Invalid):
        await drop_old(book.trail, "sample", book.seal, datetime.now(UTC), 179)
    later = datetime.now(UTC) + timedelta(days=60)  # a clock that is wrong, or is made to be
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await drop_old(book.trail, "sample", book.seal, later, 180)
    assert await book.faults() == []


async def test_a_forged_anchor_is_found(book: Book) -> None:
    await _aged(book, 500, 499, 100)
    await book.tamper(
        "INSERT INTO audit_checkpoints SELECT 'anchor', 2, hash, now(), now() - interval '499 days', 'x', 'x'"
        " FROM audit_chain WHERE number = 2",
        "DELETE FROM audit_trail WHERE id <= 2",
        "DELETE FROM audit_chain WHERE number <= 2",
    )
    assert "anchor 2: not signed by the key of this installation" in await book.faults()
