"""The model on which simulations run behaves as PostgreSQL does: the same random schedules, statement by statement."""

import asyncio
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from libs.events import (
    consumer,
    forwarder,
    lease,
    parked,
    postgres,
    publisher,
    recorded,
    restore,
    table_transport,
    topic_check,
    windows,
)
from libs.events.meta import meta_to_json
from libs.events.pool import connect
from libs.events.testing.simulation.kernel import KERNEL_MODELS, kernel_database
from libs.events.testing.simulation.tallies import KEEP, TABLES, TALLY, TALLY_MODELS, add_tallies
from tests.conftest import KERNEL, MakeDatabase
from tests.integration.events.both_worlds import Pair, Session, Worlds, session
from tests.integration.events.counting import META, clock

STEPS = 150
NAMES = ["projection.a", "projection.b", "publisher"]
HOUR, OVER = timedelta(hours=1), timedelta(seconds=-1)


class Schedule:
    """Statements drawn from a seed, with arguments few enough to meet each other."""

    def __init__(self, seed: int, log_id: UUID) -> None:
        self.rng = random.Random(seed)
        self.log_id = log_id
        self._streams = [self.id() for _ in range(3)]
        self._commands = [self.id() for _ in range(12)]
        self._owners = [self.id() for _ in range(2)]
        self._fresh = [self.id() for _ in range(40)]
        self._reads, self._writes = self._named("read_"), self._named("write_")

    def _named(self, start: str) -> list[Callable[[Worlds], tuple[Any, ...]]]:
        return [getattr(self, name) for name in sorted(dir(type(self))) if name.startswith(start)]

    def id(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    async def step(self, worlds: Worlds) -> None:
        """One statement; while one waits, only the session it waits for goes on."""
        waiting = worlds.waiting()
        if waiting is not None:
            holder = worlds.holder(waiting)
            reading = self.rng.random() < 0.4 and not holder.failed
            return await self._ask(worlds, holder, *(self._reading(worlds) if reading else (self._end(),)))
        chosen = self.rng.choice(worlds.sessions)
        dice = self.rng.random()
        if not chosen.block and dice < 0.6:
            await self._ask(worlds, chosen, "BEGIN")
        elif chosen.block and (dice < 0.12 or (chosen.failed and dice < 0.9)):
            await self._ask(worlds, chosen, self._end())
        else:
            kinds = self._reads if self.rng.random() < 0.3 else self._writes
            await self._ask(worlds, chosen, *self.rng.choice(kinds)(worlds))

    async def _ask(self, worlds: Worlds, chosen: Session, sql: str, *args: Any) -> None:
        await worlds.ask(chosen, sql, *args)

    def _end(self) -> str:
        return self.rng.choice(["COMMIT", "COMMIT", "ROLLBACK"])

    def _reading(self, worlds: Worlds) -> tuple[Any, ...]:
        return self.rng.choice(self._reads)(worlds)

    def _events(self, count: int) -> tuple[list[Any], ...]:
        ids = [self.id() if self.rng.random() < 0.97 else self._fresh[0] for _ in range(count)]
        return ids, ["amount-put"] * count, [1] * count, [orjson.dumps({"n": n}).decode() for n in range(count)]

    def _expected(self) -> int:
        return self.rng.choice([0, -1, -1, -1, -2, 1, 2, 3, 4])

    def write_append(self, worlds: Worlds) -> tuple[Any, ...]:
        stream, count = self.rng.choice(self._streams), self.rng.randint(1, 3)
        meta, numbers = orjson.dumps(meta_to_json(META)).decode(), list(range(1, count + 1))
        return postgres.APPEND, [stream], [self._expected()], [0], [meta], [1] * count, numbers, *self._events(count)

    def write_append_many(self, worlds: Worlds) -> tuple[Any, ...]:
        streams = self.rng.sample(self._streams, 2)
        metas = [orjson.dumps(meta_to_json(META)).decode()] * 2
        return postgres.APPEND, streams, [-1, self._expected()], [0, 0], metas, [1, 2], [1, 1], *self._events(2)

    def write_command(self, worlds: Worlds) -> tuple[Any, ...]:
        command = self.rng.choice([None, *self._commands])
        who = ("client", "print") if command else (None, None)
        meta, stream = orjson.dumps(meta_to_json(META)).decode(), self.rng.choice(self._streams)
        events = self._events(self.rng.randint(0, 2))
        body = self.rng.choice([None, b"known"]) if command else None
        return postgres.COMMAND, command, *who, stream, self._expected(), meta, *events, body

    def write_append_stream(self, worlds: Worlds) -> tuple[Any, ...]:
        meta, stream = orjson.dumps(meta_to_json(META)).decode(), self.rng.choice(self._streams)
        return postgres.STREAM, stream, self._expected(), meta, *self._events(self.rng.randint(1, 3))

    def read_command_or_stream(self, worlds: Worlds) -> tuple[Any, ...]:
        return postgres.FIND_OR_LOAD, self.rng.choice(self._commands), self.rng.choice(self._streams)

    def write_answer(self, worlds: Worlds) -> tuple[Any, ...]:
        return postgres.ANSWER, self.rng.choice(self._commands), b"answered %d" % self.rng.randint(1, 9)

    def write_prune(self, worlds: Worlds) -> tuple[Any, ...]:
        return postgres.PRUNE, 10

    def read_command(self, worlds: Worlds) -> tuple[Any, ...]:
        return postgres.FIND, self.rng.choice(self._commands)

    def read_stream(self, worlds: Worlds) -> tuple[Any, ...]:
        return postgres.LOAD, self.rng.choice(self._streams), self.rng.randint(0, 2), self.rng.randint(1, 6)

    def read_stream_as_of(self, worlds: Worlds) -> tuple[Any, ...]:
        far = self.rng.choice([timedelta(days=-1000), timedelta(days=1000)])  # the clocks of the worlds differ
        return postgres.LOAD_AS_OF, self.rng.choice(self._streams), clock() + far

    def read_streams(self, worlds: Worlds) -> tuple[Any, ...]:
        return postgres.LOAD_MANY, self._streams[:2]

    def read_window_opened(self, worlds: Worlds) -> tuple[Any, ...]:
        return windows.OPEN, self._snapshot(worlds)

    read_window_opened_again = read_window_opened

    def read_window_small(self, worlds: Worlds) -> tuple[Any, ...]:
        return windows.SMALL, *self._window(worlds)

    def read_window_walk(self, worlds: Worlds) -> tuple[Any, ...]:
        return windows.WALK, *self._window(worlds), self.rng.randint(0, 10), self.rng.randint(1, 20), windows.LARGEST

    def read_newest(self, worlds: Worlds) -> tuple[Any, ...]:
        return (restore.NEWEST,)

    def _snapshot(self, worlds: Worlds) -> Pair:
        return self.rng.choice(worlds.snapshots[-6:])

    def _window(self, worlds: Worlds) -> list[Pair]:
        return sorted((self._snapshot(worlds), self._snapshot(worlds)), key=worlds.snapshots.index)

    def read_known(self, worlds: Worlds) -> tuple[Any, ...]:
        return lease.KNOWN, NAMES

    def write_declare(self, worlds: Worlds) -> tuple[Any, ...]:
        return lease.DECLARE, NAMES

    def write_take(self, worlds: Worlds) -> tuple[Any, ...]:
        return lease.TAKE, NAMES, self.rng.choice(self._owners), self.rng.choice([HOUR, OVER])

    def read_peek(self, worlds: Worlds) -> tuple[Any, ...]:
        return lease.PEEK, NAMES

    def read_free(self, worlds: Worlds) -> tuple[Any, ...]:
        return lease.FREE, NAMES, self.rng.choice(self._owners)

    def write_lock(self, worlds: Worlds) -> tuple[Any, ...]:
        return lease.LOCK, self.rng.choice(NAMES), self.rng.randint(0, 4), "3600000ms"

    def write_store(self, worlds: Worlds) -> tuple[Any, ...]:
        prev, cur = self._window(worlds)
        numbers = self.rng.randint(0, 9), self.rng.randint(0, 9)
        return lease.STORE, self.rng.choice(NAMES), prev, self.rng.choice([None, cur]), *numbers, HOUR

    def write_expire(self, worlds: Worlds) -> tuple[Any, ...]:
        return lease.EXPIRE, NAMES

    def write_release(self, worlds: Worlds) -> tuple[Any, ...]:
        return lease.RELEASE, NAMES, self.rng.choice(self._owners)

    def write_publish(self, worlds: Worlds) -> tuple[Any, ...]:
        first = self.rng.randint(1, 12)
        rows = [
            (first + nth, self.rng.randint(0, 3), 0, self.id(), "told", self._streams[0], {"n": nth}, {}, clock())
            for nth in range(2)
        ]
        return publisher.INSERT, *map(list, zip(*rows, strict=True))

    def read_lasts(self, worlds: Worlds) -> tuple[Any, ...]:
        return publisher.LASTS, 24

    def read_head(self, worlds: Worlds) -> tuple[Any, ...]:
        return (table_transport.HEAD,)

    def read_published(self, worlds: Worlds) -> tuple[Any, ...]:
        return table_transport.READ, [0, 1, 2], [self.rng.randint(0, 5) for _ in range(3)], self.rng.randint(1, 5)

    def read_at(self, worlds: Worlds) -> tuple[Any, ...]:
        return table_transport.AT, self.rng.randint(1, 12)

    def read_waiting(self, worlds: Worlds) -> tuple[Any, ...]:
        return forwarder.WAITING, self.rng.choice([*NAMES, "nobody"])

    def write_told(self, worlds: Worlds) -> tuple[Any, ...]:
        return forwarder.TELL, self.rng.choice(NAMES), self.rng.randint(0, 4), self.rng.randint(0, 3)

    def read_unsent(self, worlds: Worlds) -> tuple[Any, ...]:
        return forwarder.READ, self.rng.randint(0, 8), self.rng.randint(1, 4)

    def read_lasts_sent(self, worlds: Worlds) -> tuple[Any, ...]:
        return topic_check.LASTS, 24, self.rng.randint(0, 12)

    def read_log(self, worlds: Worlds) -> tuple[Any, ...]:
        return topic_check.LOG, self.rng.randint(1, 12)

    def read_ids(self, worlds: Worlds) -> tuple[Any, ...]:
        return topic_check.IDS, self.rng.sample(range(1, 13), 4)

    def read_partition(self, worlds: Worlds) -> tuple[Any, ...]:
        return topic_check.PARTITION, self.rng.randint(0, 3), self.rng.randint(0, 4), self.rng.randint(4, 12), 2

    def read_before(self, worlds: Worlds) -> tuple[Any, ...]:
        return topic_check.BEFORE, self.rng.randint(0, 3), self.rng.randint(0, 12)

    def read_beginnings(self, worlds: Worlds) -> tuple[Any, ...]:
        return (topic_check.BEGINNINGS,)

    def write_beginnings(self, worlds: Worlds) -> tuple[Any, ...]:
        return topic_check.STORE, [1, 2], [self.rng.randint(0, 9), 3]

    def write_subscribe(self, worlds: Worlds) -> tuple[Any, ...]:
        return consumer.SUBSCRIBE, "tally", self.log_id, 4

    def read_logs(self, worlds: Worlds) -> tuple[Any, ...]:
        return consumer.LOGS, "tally"

    def read_positions(self, worlds: Worlds) -> tuple[Any, ...]:
        return consumer.POSITIONS, "tally", self.log_id

    def read_stored(self, worlds: Worlds) -> tuple[Any, ...]:
        return consumer.STORED, "tally"

    def read_decided(self, worlds: Worlds) -> tuple[Any, ...]:
        return consumer.DECIDED, self.rng.choice(["tally", "nobody"])

    def read_parked(self, worlds: Worlds) -> tuple[Any, ...]:
        return parked.IS_PARKED, "tally", 3

    def write_lock_offsets(self, worlds: Worlds) -> tuple[Any, ...]:
        return consumer.LOCK, "tally", self.log_id, sorted(self.rng.sample(range(4), 2))

    def write_move(self, worlds: Worlds) -> tuple[Any, ...]:
        numbers, ids = [self.rng.randint(1, 9), self.rng.randint(1, 9)], [self.id(), self.id()]
        places = [self.rng.choice([None, 7]), 8]
        through = self.rng.choice([0, 5])
        return consumer.MOVE, "tally", self.log_id, [0, 2], numbers, ids, [clock(), clock()], places, through

    def write_tell(self, worlds: Worlds) -> tuple[Any, ...]:
        numbers = [self.rng.randint(1, 12) for _ in range(3)]
        return consumer.TELL, "tally", self.log_id, [1, 2, 3], numbers, [clock()] * 3

    def write_next(self, worlds: Worlds) -> tuple[Any, ...]:
        return recorded.NEXT, "kept", self.rng.randint(1, 3)

    def read_last(self, worlds: Worlds) -> tuple[Any, ...]:
        return recorded.LAST, "kept"

    def write_tally(self, worlds: Worlds) -> tuple[Any, ...]:
        streams = sorted(self.rng.sample(self._streams, 2))
        return TALLY, "consumer", streams, [1, 2], [5, 6], [self.rng.randint(1, 3), 2]

    def write_keep(self, worlds: Worlds) -> tuple[Any, ...]:
        return KEEP, [self.rng.randint(1, 20)], [self.rng.choice(self._fresh)], [self._streams[0]], [1]


@pytest.mark.parametrize("seed", range(1, 6))
async def test_the_model_answers_waits_and_refuses_as_postgres_does(make_database: MakeDatabase, seed: int) -> None:
    dsn = await make_database(KERNEL)
    reals = [await connect(dsn) for _ in range(4)]
    try:
        await reals[0].execute(TABLES)
        worlds = await _compare(seed, reals)
    finally:
        for real in reals:
            real.terminate()
    assert worlds.waits > 0
    assert worlds.refused > 0


async def _compare(seed: int, reals: list[Any]) -> Worlds:
    log_id = await reals[0].fetchval("SELECT feed_log_id()")
    database = kernel_database(asyncio.get_running_loop(), log_id, TALLY_MODELS)
    add_tallies(database)
    sessions = [session(name, database, real) for name, real in zip("ABC", reals, strict=False)]
    worlds = Worlds(database, sessions, reals[3])
    schedule = Schedule(seed, log_id)
    await worlds.ask(sessions[0], lease.DECLARE, NAMES)
    await worlds.ask(sessions[0], consumer.SUBSCRIBE, "tally", log_id, 4)
    for _ in range(STEPS):
        await schedule.step(worlds)
    while (waiting := worlds.waiting()) is not None:
        await worlds.ask(worlds.holder(waiting), "ROLLBACK")
    return worlds


def test_every_statement_that_has_a_model_is_held_to_postgres() -> None:
    schedule = Schedule(1, UUID(int=1))
    worlds: Any = type("Nothing", (), {"snapshots": [Pair((1, 1, ()), (1, 1, ()))]})()
    drawn = {kind(worlds)[0] for kind in (*schedule._reads, *schedule._writes)}
    assert drawn == set(KERNEL_MODELS) | set(TALLY_MODELS)
