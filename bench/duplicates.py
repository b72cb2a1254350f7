"""The likely scan of 100,000 new women against 1,000,000: keys made, records met, pairs told.

Synthetic: 80 counties of 12,500 women, 50,000 sounds with a heavy head (the commonest has 1.2 of 100 women), one to
five names a sound. The new women's ids lie sealed and are opened for their keys; of the others only tokens are there.
`JINGUO_BENCH_WOMEN` makes it smaller.
"""

import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import psutil

import libs.events
import libs.service
from bench.disks import QUICK, server
from bench.results import Figure, Outcome, printed
from libs.events.personal import Personal
from libs.events.runtime import Runtime
from libs.events.schema import migrate
from libs.events.vault_postgres import PostgresVault
from libs.service.clock import system_ids
from libs.values.resident_id import check_character
from services.registry.adapters.watching import META
from services.registry.handlers import scanning
from services.registry.handlers.tokens import Remembered, Tokens, birth_token, id_token, name_token, rest_token
from services.registry.worker import service

WOMEN: Final = int(os.environ.get("JINGUO_BENCH_WOMEN", "1000000"))
NEW: Final = WOMEN // 10
SOUNDS: Final = 50_000
COUNTIES: Final = 80
CHUNK: Final = 5_000
SECONDS: Final = 60.0
AS_OF: Final = date(2016, 12, 31)
PERSONS: Final = (
    "person_id", "id_token", "name_token", "sound_token", "woman", "household_id", "division", "birth_year", "as_of",
)  # fmt: skip
KEYS: Final = ("person_id", "id_token", "sound_token", "birth_token", "rest_token")
SHOWN: Final = (
    "woman_id", "household_id", "division", "birth_year", "labour", "in_school", "status", "baseline_exit", "head",
    "relation", "as_of", "sealed", "version",
)  # fmt: skip
LIBRARY: Final = Path(libs.events.__path__[0])


class People:
    """Draws women with the distributions above; the same seed, the same women."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = Remembered(tokens)
        self._draw = random.Random(2016)
        self._weights = list(accumulate(rank**-0.7 for rank in range(1, SOUNDS + 1)))

    def __iter__(self) -> Iterator[tuple[tuple[Any, ...], str]]:
        """A row of `persons` and the id."""
        draw, tokens, drawn = self._draw, self._tokens, set[str]()
        while True:
            [sound] = draw.choices(range(SOUNDS), cum_weights=self._weights)
            county, village = draw.randrange(COUNTIES), draw.randrange(150)
            born = date(1935, 1, 1) + timedelta(days=draw.randrange(65 * 365))
            body = f"{520_000 + county:06}{born:%Y%m%d}{draw.randrange(500) * 2:03}"
            resident_id = body + check_character(body)
            if resident_id in drawn:
                continue
            drawn.add(resident_id)
            division = f"{520_000 + county:06}{1 + village // 10:03}{1 + village % 10:03}"
            row = (
                UUID(int=draw.getrandbits(128)),
                b"",
                name_token(tokens, f"{sound}/{draw.randrange(1 + sound % 5)}"),
                tokens.token("name_sound", str(sound)),
                True,
                UUID(int=draw.getrandbits(128)),
                division,
                born.year,
                AS_OF,
            )
            yield row, resident_id


async def scan() -> Outcome:
    """Seconds from the first line to the last pair."""
    async with server() as running:
        dsn = running.dsn(await running.database("registry", QUICK))
        keys_dsn = running.dsn(await running.database("keys", QUICK))
        await migrate(keys_dsn, LIBRARY / "migrations_keys")
        vault = await PostgresVault.open(keys_dsn, b"b" * 32)
        runtime = await _runtime(dsn, vault)
        try:
            await _fill(runtime, vault)
            began, spent = time.perf_counter(), _cpu()
            totals = await scanning.scan(runtime, META)
            seconds, cpu = time.perf_counter() - began, _cpu() - spent
            assert totals["women"] == NEW, totals
            await scanning.ask_all(runtime, ("520000000000", "520000999999"))
            began = time.perf_counter()
            again = await scanning.scan(runtime, META)
            county = time.perf_counter() - began
        finally:
            await runtime.stop()
            await vault.close()
    return Outcome(
        figures=[
            Figure("likely_scan", seconds, f"s ({NEW:,} women against {WOMEN:,})", SECONDS, "<"),
            Figure("likely_scan_cpu", cpu, "s of processor time, ours and the database's"),
            Figure("likely_pairs", totals["found"], "pairs"),
            Figure("likely_county", county, f"s (a whole county of {again['women']:,} again)", 10.0, "<"),
        ],
        remarks=["the ids of the women who were there before are not opened: of them there are tokens only"],
    )


def _cpu() -> float:
    """Processor seconds of this process and of the server it started: what a busy machine leaves comparable."""
    ours = psutil.Process()
    times = [each.cpu_times() for each in (ours, *ours.children(recursive=True))]
    return sum(each.user + each.system for each in times)


async def _runtime(dsn: str, vault: PostgresVault) -> Runtime:
    await migrate(dsn, Path(libs.service.__path__[0]) / "migrations")
    return await Runtime.open(service(), dsn, vault=vault, clock=lambda: datetime.now(UTC), ids=system_ids)


async def _fill(runtime: Runtime, vault: PostgresVault) -> None:
    people = iter(People(vault))
    async with runtime.pool.acquire() as connection:
        await connection.execute("ALTER TABLE persons DISABLE TRIGGER USER")
        for _ in range((WOMEN - NEW) // CHUNK):
            await _known(connection, vault, list(islice(people, CHUNK)))
        await connection.execute("ALTER TABLE persons ENABLE TRIGGER USER")
        for _ in range(NEW // CHUNK):
            await _new(connection, vault, list(islice(people, CHUNK)))
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")  # what filling left is written before the clock runs


async def _known(connection: Any, vault: PostgresVault, drawn: list[tuple[tuple[Any, ...], str]]) -> None:
    """Scanned before: their keys are there."""
    rows = [(row[0], uuid4().bytes * 2, *row[2:]) for row, _ in drawn]
    keys = [
        (row[0], row[1], row[3], birth_token(vault, row[3], written), rest_token(vault, row[3], written))
        for row, (_, written) in zip(rows, drawn, strict=True)
    ]
    await connection.copy_records_to_table("persons", columns=PERSONS, records=rows)
    await connection.copy_records_to_table("duplicate_keys", columns=KEYS, records=keys)


async def _new(connection: Any, vault: PostgresVault, drawn: list[tuple[tuple[Any, ...], str]]) -> None:
    """Just imported: sealed ids, and a line for each."""
    rows = [(row[0], id_token(vault, written), *row[2:]) for row, written in drawn]
    await vault.ensure([row[0] for row in rows])
    shown = [
        (
            row[0], row[5], row[6], row[7], "ordinary", False, "not_exited", False, True, "户主", AS_OF,
            {"resident_id": vault.seal(Personal(row[0], written, "identity"))}, 1,
        )
        for row, (_, written) in zip(rows, drawn, strict=True)
    ]  # fmt: skip
    await connection.copy_records_to_table("persons", columns=PERSONS, records=rows)
    await connection.copy_records_to_table("women", columns=SHOWN, records=shown)


CASES = {"duplicates": printed(scan)}
