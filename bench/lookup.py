"""Finding a woman by her id among 1,000,000 over REST.

`JINGUO_BENCH_WOMEN` makes it smaller. The women are drawn as for the likely scan and lie in the registry's own table.
"""

import random
import time
from itertools import islice
from typing import Final

from bench.duplicates import CHUNK, PERSONS, WOMEN, People
from bench.figure import figure, percentile
from bench.running import Product, product
from jinguo.folder import DataFolder
from jinguo.postgres import EmbeddedPostgres
from libs.events.pool import connect
from libs.events.vault import MemoryVault
from services.registry.handlers.tokens import id_token

ASKED: Final = 2_000


async def lookup() -> list[str]:
    """Waiting time of one row's look-up, one after another."""
    async with product() as running, running.client() as client:
        known = await _fill(running)
        waits: list[float] = []
        for written, person_id in known:
            code = {"ref": "1", "kind": "resident_id", "value": written}
            began = time.perf_counter()
            answer = await client.post("/registry/v1/codes/resolve", json={"codes": [code]})
            waits.append(time.perf_counter() - began)
            assert answer.raise_for_status().json()["items"][0]["woman_id"] == person_id
    return [
        figure("lookup_by_id_p99", percentile(waits, 99) * 1_000, f"ms among {WOMEN:,} women", 20, "<"),
        figure("lookup_by_id_median", percentile(waits, 50) * 1_000, "ms", 20, "<"),
    ]


async def _fill(running: Product) -> list[tuple[str, str]]:
    """Make the women; ids and records of some, drawn from all of them."""
    folder = DataFolder(running.folder)
    tokens = MemoryVault(folder.secret("master.key"))
    people, dice = iter(People(tokens)), random.Random(1)
    known: list[tuple[str, str]] = []
    connection = await connect(EmbeddedPostgres(folder.postgres).dsn("registry"))
    try:
        await connection.execute("ALTER TABLE persons DISABLE TRIGGER USER")
        for _ in range(WOMEN // CHUNK):
            drawn = list(islice(people, CHUNK))
            rows = [(row[0], id_token(tokens, written), *row[2:]) for row, written in drawn]
            await connection.copy_records_to_table("persons", columns=PERSONS, records=rows)
            known += [(written, str(row[0])) for row, written in dice.sample(drawn, ASKED * CHUNK // WOMEN)]
        await connection.execute("ALTER TABLE persons ENABLE TRIGGER USER")
        await connection.execute("VACUUM ANALYZE persons")
    finally:
        await connection.close()
    dice.shuffle(known)
    return known


CASES = {"lookup": lookup}
