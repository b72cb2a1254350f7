"""What a snapshot saves: the full command on a stream of 5,000 events, with and without, in turns.

`python -m bench.snapshots DSN`: DSN of an empty database.
"""

import asyncio
import sys
import time
from statistics import median
from uuid import UUID

from uuid_utils.compat import uuid7

from libs.events.commands import Commands
from libs.events.decider import Decider
from libs.events.pool import make_pool
from libs.events.postgres import PostgresStore
from libs.events.schema import migrate
from libs.events.store import ANY, Append
from libs.events.testing.snapshot_suite import Add, kept, plain
from libs.events.testing.store_suite import META, Counted, suite_codec
from libs.events.vault import MemoryVault

EVENTS, ROUNDS, COMMANDS = 5_000, 5, 40


async def seconds(commands: Commands, decider: Decider, stream: UUID) -> float:
    """Median of one command in seconds."""
    taken = []
    for _ in range(COMMANDS):
        began = time.perf_counter()
        await commands.handle(decider, stream, Add(1), META)
        taken.append(time.perf_counter() - began)
    return median(taken)


async def main(dsn: str) -> None:
    """Prints medians over alternating rounds."""
    await migrate(dsn)
    pool = await make_pool(dsn, name="bench")
    store = PostgresStore(pool, suite_codec(), MemoryVault(), ids=uuid7)
    streams = {"without": uuid7(), "with": uuid7()}
    for stream in streams.values():
        await store.append(Append(stream, ANY, [Counted(1)] * EVENTS, META))
    deciders = {"without": plain, "with": kept(every=100)}
    await Commands(store).handle(deciders["with"], streams["with"], Add(1), META)
    results: dict[str, list[float]] = {name: [] for name in streams}
    for _ in range(ROUNDS):
        for name, stream in streams.items():
            results[name].append(await seconds(Commands(store), deciders[name], stream))
    for name, rounds in results.items():
        print(f"{name:>8}: {median(rounds) * 1000:.2f} ms a command on a stream of {EVENTS} events")
    print(f"    gain: {median(results['without']) / median(results['with']):.1f} x")
    await pool.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
