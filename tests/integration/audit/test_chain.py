"""The chain: gap-free under concurrency, and every change of what was sealed is found."""

import asyncio
import random

import asyncpg
import pytest

from libs.audit.entry import COLUMNS, Entry, genesis, link
from libs.audit.sealing import chain_of
from tests.integration.audit.conftest import Book

TEN = [f"act-{number}" for number in range(10)]


async def test_what_was_sealed_is_found_whole(book: Book) -> None:
    await book.write(*TEN)
    assert await book.faults() == []
    assert await book.pool.fetchval("SELECT array_agg(number ORDER BY number) FROM audit_chain") == list(range(1, 11))


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE audit_trail SET outcome = 'success', actor = 'b' WHERE id = 4", "number 4: entry 4 is not what"),
        ("UPDATE audit_trail SET at = at - interval '1 second' WHERE id = 4", "number 4: entry 4 is not what"),
        ("UPDATE audit_trail SET detail = '{\"n\": 1}' WHERE id = 4", "number 4: entry 4 is not what"),
        ("UPDATE audit_chain SET hash = sha256('x') WHERE number = 4", "number 4: entry 4 is not what"),
        ("DELETE FROM audit_trail WHERE id = 4", "number 4: its entry 4 is gone"),
        ("DELETE FROM audit_chain WHERE number = 4", "after number 3 comes 5"),
        ("DELETE FROM audit_chain WHERE number > 7; DELETE FROM audit_trail WHERE id > 7", "the chain ends at 7"),
        ("DELETE FROM audit_chain WHERE number < 3; DELETE FROM audit_trail WHERE id < 3", "after number 0 comes 3"),
        ("TRUNCATE audit_trail, audit_chain, audit_unsealed", "the chain ends at 0"),
        ("TRUNCATE audit_trail, audit_chain, audit_checkpoints", "the chain ends at 0"),
        ("UPDATE audit_checkpoints SET number = 9", "not signed by the key"),
        (
            "UPDATE audit_chain SET entry = 1000 + entry WHERE number IN (4, 5);"
            "UPDATE audit_chain SET entry = 1009 - entry WHERE number IN (4, 5)",
            "number 4: entry 5 is not what",
        ),
        (
            "UPDATE audit_chain SET number = number + 100 WHERE number > 5;"
            "INSERT INTO audit_trail (action, outcome) VALUES ('false', 'success');"
            "INSERT INTO audit_chain VALUES (6, 11, sha256('x'));"
            "UPDATE audit_chain SET number = number - 99 WHERE number > 100",
            "number 6: entry 11 is not what",
        ),
    ],
)
async def test_a_change_behind_the_triggers_is_found(book: Book, statement: str, fault: str) -> None:
    await book.write(*TEN)
    await book.tamper(*statement.split(";"))
    assert any(fault in found for found in await book.faults()), await book.faults()


async def test_a_history_written_anew_with_right_hashes_is_found_by_what_was_signed(book: Book) -> None:
    await book.write(*TEN)
    await book.tamper("UPDATE audit_trail SET actor = 'somebody else' WHERE id = 4")
    last = genesis(await chain_of(book.pool))
    for row in await book.pool.fetch(f"SELECT {COLUMNS} FROM audit_trail ORDER BY id"):
        last = link(last, row["id"], row)
        await book.tamper(f"UPDATE audit_chain SET hash = '\\x{last.hex()}' WHERE number = {row['id']}")
    assert await book.faults() == ["checkpoint 10: the chain has another hash there"]


async def test_an_entry_slipped_in_without_being_sealed_is_found(book: Book) -> None:
    await book.write(*TEN)
    await book.tamper(
        "INSERT INTO audit_trail (at, action, outcome) VALUES (now() - interval '1 hour', 'false', 'success')"
    )
    assert await book.faults() == ["entry 11 is neither sealed nor waits to be"]


async def test_the_application_cannot_change_what_it_wrote(book: Book) -> None:
    await book.write(*TEN)
    for statement in (
        "UPDATE audit_trail SET actor = 'b'",
        "DELETE FROM audit_trail WHERE id = 1",
        "TRUNCATE audit_trail CASCADE",
        "UPDATE audit_chain SET number = 100 WHERE number = 10",
        "DELETE FROM audit_chain WHERE number = 10",
        "DELETE FROM audit_checkpoints",
        "UPDATE audit_identity SET chain_id = gen_random_uuid()",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await book.pool.execute(statement)
    assert await book.faults() == []


async def test_two_sealers_beside_many_writers_leave_one_chain_without_gaps(book: Book) -> None:
    rng = random.Random(7)

    async def write(writer: int) -> None:
        for nth in range(25):
            async with book.pool.acquire() as connection:
                transaction = connection.transaction()
                await transaction.start()
                await book.trail.note(Entry(f"{writer}-{nth}"), connection)
                await (transaction.rollback if rng.random() < 0.3 else transaction.commit)()

    async def seal(done: asyncio.Event) -> None:
        while not done.is_set():
            await book.sealer.seal()

    done = asyncio.Event()
    sealers = [asyncio.create_task(seal(done)) for _ in range(2)]
    await asyncio.gather(*map(write, range(4)))
    done.set()
    await asyncio.gather(*sealers)
    await book.seal_all()
    written = await book.pool.fetchval("SELECT count(*) FROM audit_trail")
    assert 0 < written < 100
    numbers = await book.pool.fetchval("SELECT array_agg(number ORDER BY number) FROM audit_chain")
    assert numbers == list(range(1, written + 1))
    assert await book.faults() == []
