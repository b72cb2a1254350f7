"""The vault in PostgreSQL passes the suite of every vault; keys are shared, wrapped, and gone once destroyed."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from uuid_utils.compat import uuid7

from libs.events import vault_postgres
from libs.events.personal import Personal
from libs.events.testing.vault_suite import VaultSuite
from libs.events.vault_postgres import PostgresVault
from tests.conftest import MakeDatabase

MASTER = b"m" * 32


@pytest.fixture
async def keys(make_database: MakeDatabase) -> str:
    return await make_database()


@pytest.fixture
async def vault(keys: str) -> AsyncIterator[PostgresVault]:
    opened = await PostgresVault.open(keys, MASTER)
    yield opened
    await opened.close()


class TestPostgresVault(VaultSuite):
    """Keys in PostgreSQL."""


async def test_processes_at_once_agree_on_a_key(keys: str, vault: PostgresVault) -> None:
    twin, person = await PostgresVault.open(keys, MASTER), uuid7()
    await asyncio.gather(vault.ensure([person]), twin.ensure([person]))
    assert await vault.open_many([(person, twin.seal(Personal(person, "a")))]) == ["a"]
    await twin.close()


async def test_a_key_destroyed_elsewhere_opens_nothing_here(keys: str, vault: PostgresVault) -> None:
    twin, person = await PostgresVault.open(keys, MASTER), uuid7()
    await vault.ensure([person])
    sealed = vault.seal(Personal(person, "a"))
    await twin.erase(person)
    await twin.close()
    assert await vault.open_many([(person, sealed), (person, vault.seal(Personal(person, "b")))]) == [None, None]


async def test_keys_lie_wrapped_and_vanish_when_destroyed(vault: PostgresVault) -> None:
    person = uuid7()
    await vault.ensure([person])
    row = await vault._pool.fetchrow("SELECT wrapped_key, shredded_at FROM subject_keys")
    assert vault._held[person] not in row["wrapped_key"]
    await vault.erase(person)
    row = await vault._pool.fetchrow("SELECT wrapped_key, shredded_at IS NOT NULL AS gone FROM subject_keys")
    assert (row["wrapped_key"], row["gone"]) == (None, True)


async def test_only_so_many_keys_are_held_but_always_those_asked_for(
    vault: PostgresVault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault_postgres, "HELD", 2)
    first, many = uuid7(), [uuid7() for _ in range(4)]
    await vault.ensure([first])
    await vault.ensure(many)
    assert set(vault._held) == set(many)
    for person in many:
        vault.seal(Personal(person, "a"))
