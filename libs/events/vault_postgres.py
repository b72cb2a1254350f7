"""Keys of persons in their own database, wrapped by a master key that never lies beside them.

Opening asks the database every time. Keys for sealing are held in memory; those that another process destroyed are
forgotten at the next sealing after FORGET_AFTER seconds. What is sealed with one until then opens nowhere.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from libs.events import sealing
from libs.events.personal import Personal
from libs.events.pool import database, make_pool
from libs.events.schema import KEYS, migrate
from libs.events.types import Pool
from libs.events.vault import KEY_VERSION, erased, not_ready

HELD = 50_000  # keys kept ready for sealing; opening always asks the database, so that an erased person stays closed
FORGET_AFTER = 5.0  # seconds for which a process may seal with a key that another one has destroyed

ENSURE = """
INSERT INTO subject_keys (subject_id, key_version, wrapped_key)
SELECT s, $3, w FROM unnest($1::uuid[], $2::bytea[]) AS n(s, w) ORDER BY s
ON CONFLICT (subject_id, key_version) DO NOTHING
"""
FIND = "SELECT subject_id, key_version, wrapped_key FROM subject_keys WHERE subject_id = ANY($1)"
ERASE = """
WITH others AS (
    UPDATE subject_keys SET wrapped_key = NULL, shredded_at = clock_timestamp()
    WHERE subject_id = $1 AND key_version <> $2 AND shredded_at IS NULL)
INSERT INTO subject_keys (subject_id, key_version, wrapped_key, shredded_at) VALUES ($1, $2, NULL, clock_timestamp())
ON CONFLICT (subject_id, key_version) DO UPDATE SET wrapped_key = NULL, shredded_at = excluded.shredded_at
WHERE subject_keys.shredded_at IS NULL
"""
SHREDDED = """
SELECT clock_timestamp() AS now, ARRAY(
    SELECT subject_id FROM subject_keys WHERE shredded_at >= $1::timestamptz - interval '60 seconds') AS gone
"""


class PostgresVault:
    """The vault over the keys database; `open` migrates it."""

    def __init__(self, pool: Pool, master_key: bytes) -> None:
        """`master_key` has 32 bytes and comes from the settings or the data folder."""
        self._pool = pool
        self._master = sealing.check_master(master_key)
        self._held: OrderedDict[UUID, bytes] = OrderedDict()
        self._asked: float | None = None  # when this process last asked what was destroyed, by the loop's clock
        self._known_until: datetime | None = None  # the same by the database's clock

    @classmethod
    async def open(cls, dsn: str, master_key: bytes) -> "PostgresVault":
        """Migrate the keys database and connect to it."""
        await migrate(dsn, KEYS, kernel=False)
        return cls(await make_pool(dsn, name="jinguo-keys", max_size=4), master_key)

    async def close(self) -> None:
        """Give the connections back."""
        await self._pool.close()

    async def ensure(self, subjects: Collection[UUID]) -> None:
        """See `Vault.ensure`: committed when it returns."""
        wanted = set(subjects)
        if wanted:
            await self._forget()
        missing = sorted(subject for subject in wanted if subject not in self._held)  # `-` would walk all that is held
        for subject in wanted.difference(missing):
            self._held.move_to_end(subject)
        if missing:
            await self._make(missing)
        while len(self._held) > max(HELD, len(wanted)):
            self._held.popitem(last=False)

    def seal(self, personal: Personal[Any]) -> str:
        """See `Vault.seal`."""
        key = self._held.get(personal.subject)
        if key is None:
            raise not_ready(personal.subject)
        return sealing.seal(key, KEY_VERSION, personal)

    async def open_many(self, sealed: Sequence[tuple[UUID, str]]) -> list[str | None]:
        """See `Vault.open_many`."""
        if not sealed:
            return []
        keys = await self._keys({subject for subject, _ in sealed})
        opened: list[str | None] = []
        for subject, text in sealed:
            key = keys.get((subject, sealing.key_version(text)))
            opened.append(None if key is None else sealing.unseal(key, subject, text))
        return opened

    async def erase(self, subject: UUID) -> None:
        """See `Vault.erase`."""
        self._held.pop(subject, None)
        with database():
            await self._pool.execute(ERASE, subject, KEY_VERSION)

    def token(self, kind: str, value: str) -> bytes:
        """See `Vault.token`."""
        return sealing.blind_index(self._master, kind, value)

    async def _forget(self) -> None:
        """Drop keys that other processes destroyed; one short question every FORGET_AFTER seconds at most."""
        now = asyncio.get_running_loop().time()
        if self._asked is not None and now - self._asked < FORGET_AFTER:
            return
        with database():
            row = await self._pool.fetchrow(SHREDDED, self._known_until)
        assert row is not None
        self._asked, self._known_until = now, row["now"]
        for subject in row["gone"]:
            self._held.pop(subject, None)

    async def _make(self, subjects: Sequence[UUID]) -> None:
        keys = await self._keys(subjects)
        new = [subject for subject in subjects if (subject, KEY_VERSION) not in keys]
        if new:
            wrapped = [sealing.wrap(self._master, subject, KEY_VERSION, sealing.new_key()) for subject in new]
            with database():
                await self._pool.execute(ENSURE, new, wrapped, KEY_VERSION)
            keys |= await self._keys(new)  # somebody else may have been first: theirs is the key
        for subject in subjects:
            key = keys[subject, KEY_VERSION]
            if key is None:
                raise erased(subject)
            self._held[subject] = key

    async def _keys(self, subjects: Collection[UUID]) -> dict[tuple[UUID, int], bytes | None]:
        with database():
            rows = await self._pool.fetch(FIND, list(subjects))
        return {(row["subject_id"], row["key_version"]): self._unwrap(row) for row in rows}

    def _unwrap(self, row: Any) -> bytes | None:
        wrapped = row["wrapped_key"]
        if wrapped is None:
            return None
        return sealing.unwrap(self._master, row["subject_id"], row["key_version"], wrapped)
