"""One round's world: fresh databases on a server that is killed too, its processes, the disturbances, the reckoning."""

import asyncio
import contextlib
import os
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import psutil

from jinguo.postgres import EmbeddedPostgres
from libs.events.kafka import Kafka, close
from libs.events.pool import is_lost, make_pool
from libs.events.publisher import event_id_of
from libs.events.types import Pool
from tests.death import diary
from tests.death.cells import FREEZE, KILL, OWN, POSTGRESQL, Cell
from tests.death.player import Player
from tests.death.roles import LEASE, WRITERS, Specification, command_of
from tests.integration.events import checks
from tests.support.forks import LIMIT
from tests.support.kafka import LocalBroker
from tests.support.postgres import with_database

T = TypeVar("T")
HELD = LEASE.total_seconds() * 1.3  # how long what is frozen stays frozen: longer than a lease

ALWAYS = ("client", "publisher", "consumer")
PROGRESS = {
    "client": ("source", "SELECT count(*) FROM events WHERE type = 'written'"),
    "publisher": ("source", "SELECT coalesce(max(number), 0) FROM published"),
    "projection": ("source", "SELECT coalesce(sum(count), 0)::bigint FROM tally WHERE place = 'projection'"),
    "consumer": ("target", "SELECT coalesce(sum(number), 0)::bigint FROM offsets"),
    "warden": ("target", "SELECT count(*) FROM consumer_actions"),
    "rebuilder": ("source", "SELECT coalesce(max(version), 0) FROM projection_versions"),
}
ARRIVED = """
SELECT count(*) FILTER (WHERE type = 'written') AS written, count(*) FILTER (WHERE type = 'echoed') AS echoed,
       count(*) FILTER (WHERE type = 'written' AND version = $1) AS called,
       (SELECT count(*) FROM published) AS published,
       (SELECT coalesce(sum(count), 0) FROM tally WHERE place = 'projection') AS tallied
FROM events
"""
TAKEN = """
SELECT (SELECT count(*) FROM taken) + (SELECT count(*) FROM parked WHERE discarded_at IS NOT NULL) AS taken,
       (SELECT count(*) FROM parked WHERE discarded_at IS NULL) AS parked
"""
EVENTS = """
SELECT event_id, stream_id, version, (meta->>'command_id')::uuid AS command, (data->>'n')::int AS n
FROM events WHERE type = 'written'
"""
ECHOES = "SELECT stream_id, (meta->>'command_id')::uuid AS command FROM events WHERE type = 'echoed'"
DISCARDED = "SELECT number, key, (event->>'event_id')::uuid AS event_id FROM parked WHERE discarded_at IS NOT NULL"


class World:
    """Made for one round; `end` leaves nothing running but the server."""

    def __init__(
        self,
        server: EmbeddedPostgres,
        folder: Path,
        databases: dict[str, str],
        *,
        broker: LocalBroker | None = None,
        roles: Iterable[str] = (),
        poison: bool = False,
    ) -> None:
        """`databases`: name in the specification → DSN; `roles` besides those of every world."""
        self.server = server
        self.broker = broker
        self.folder = folder
        acknowledged = folder / "acknowledged"
        acknowledged.touch()
        kafka = broker.bootstrap if broker else ""
        self.specification = Specification(uuid4(), **databases, acknowledged=acknowledged, kafka=kafka, poison=poison)
        self.players = {role: self._player(role) for role in {*ALWAYS, *roles}}
        self.zombies: list[Player] = []

    def hit(self, cell: Cell, nth: int) -> None:
        """Bring the process of this step exactly there, let it happen, and see that things go on afterwards."""
        act = "kill" if (cell.victim, cell.act) == (OWN, KILL) else "stop"
        for each in (self.players[cell.role], *self.zombies):
            if each.role == cell.role:
                each.kill()  # else a thawed one may do all the work, and the armed one never come to its point
        player = self.players[cell.role] = self._player(cell.role, f"{cell.point}:{nth}", act)
        player.wait_hit()
        if cell.victim == OWN:
            self._strike_process(cell, player)
        elif cell.victim == POSTGRESQL:
            self._strike_server(cell, player)
        else:
            self._strike_broker(cell, player)
        self.goes_on(cell.role)

    def _strike_process(self, cell: Cell, player: Player) -> None:
        if cell.role == "rebuilder" and cell.act == FREEZE:
            self.goes_on("projection")  # another rebuild waits for the frozen one, those who serve do not
            player.thaw()
            return
        self.players[cell.role] = self._player(cell.role)
        if cell.act == FREEZE:
            self.goes_on(cell.role)  # the successor does not wait for the frozen one
            player.thaw()
            self.zombies.append(player)

    def _strike_server(self, cell: Cell, player: Player) -> None:
        if cell.act == KILL:
            kill_server(self.server)
            player.thaw()
            self.server.start()
        else:
            family = freeze_server(self.server)
            player.thaw()
            time.sleep(HELD)  # the length of the disturbance
            thaw(family)

    def _strike_broker(self, cell: Cell, player: Player) -> None:
        assert self.broker is not None
        if cell.act == KILL:
            self.broker.kill()
            player.thaw()
            self.broker.start()
        else:
            self.broker.freeze()
            player.thaw()
            time.sleep(HELD)  # the length of the disturbance
            self.broker.thaw()

    def goes_on(self, role: str) -> None:
        """What this role moves is moved further."""
        database, query = PROGRESS[role]
        if not run(lambda: _moves(getattr(self.specification, database), query)):
            raise AssertionError(f"{role} does not go on: {self.players[role].said()}")

    def reckon(self) -> int:
        """Let the writers finish and the readers arrive, then compare everything with everything; how many entries."""
        self.players.pop("client").finish()
        for zombie in self.zombies:
            zombie.kill()
        run(self._arrived)
        entries = run(self._compare)
        for player in self.players.values():
            player.finish()
        return entries

    async def _arrived(self) -> None:
        end = time.monotonic() + LIMIT
        source, target = await self._pools()
        try:
            while True:
                log = await source.fetchrow(ARRIVED, diary.ECHOED)
                read = await target.fetchrow(TAKEN)
                assert log is not None
                assert read is not None
                same = log["written"] == log["published"] == log["tallied"] == read["taken"]
                if same and log["echoed"] == log["called"] and not read["parked"]:
                    return
                assert time.monotonic() < end, (dict(log), dict(read), self._said())
                await asyncio.sleep(0.1)
        finally:
            await source.close()
            await target.close()

    async def _compare(self) -> int:
        source, target = await self._pools()
        try:
            events = await source.fetch(EVENTS)
            await _commands_are_whole(source, events, self._acknowledged(), self._appended(len(events)))
            await checks.chain_is_whole(source, len(events))
            published = {row["event_id"] for row in await source.fetch("SELECT event_id FROM published")}
            assert published == {event_id_of(row["event_id"], 0) for row in events}
            echoes = [row["stream_id"] for row in await source.fetch(ECHOES)]
            assert Counter(echoes) == Counter(
                diary.echo_of(row["stream_id"]) for row in events if row["n"] == diary.ECHOED
            )
            cut = {row["key"] for row in await target.fetch(DISCARDED)}
            await _facts_are_whole(target, published, len(events))
            log = _recount(events, set())
            assert await checks.tally(source, "projection") == log
            assert await checks.tally(target, "consumer", besides=cut) == _recount(events, cut)
            return len(events)
        finally:
            await source.close()
            await target.close()

    def _acknowledged(self) -> set[UUID]:
        run_id = self.specification.run
        lines = self.specification.acknowledged.read_text().split("\n")[:-1]  # a killed writer's last line may be half
        return {command_of(run_id, *map(int, line.split())) for line in lines}

    def _appended(self, most: int) -> set[UUID]:
        """Ids of the writer that appends without commands."""
        return {command_of(self.specification.run, WRITERS - 1, nth) for nth in range(most)}

    async def _pools(self) -> tuple[Pool, Pool]:
        return (
            await make_pool(self.specification.source, name="reckoning"),
            await make_pool(self.specification.target, name="reckoning"),
        )

    def _player(self, role: str, point: str = "", act: str = "") -> Player:
        return Player(role, self.specification, self.folder / f"{role}.log", point, act)

    def _said(self) -> str:
        return "\n".join(f"{role}: {player.said()}" for role, player in self.players.items())

    def end(self) -> None:
        """Kill whatever is left, and remove its topics."""
        for player in [*self.players.values(), *self.zombies]:
            player.kill()
        cluster = self.specification.cluster()
        if cluster is not None:
            asyncio.run(_forget(cluster))


async def _forget(cluster: Kafka) -> None:
    admin = cluster.admin()
    try:
        await admin.start()
        await admin.delete_topics([topic for topic in await admin.list_topics() if topic.startswith(cluster.prefix)])
    finally:
        await close(admin)


async def _commands_are_whole(source: Pool, events: list[Any], acknowledged: set[UUID], appended: set[UUID]) -> None:
    """What was acknowledged is there; every command once, and every command's row with its event."""
    counted = Counter(row["command"] for row in events)
    assert set(counted.values()) <= {1}, "a command has two events"
    assert acknowledged <= set(counted), "an acknowledged command was lost"
    answered = {row["command_id"] for row in await source.fetch("SELECT command_id FROM commands")}
    echoed = {row["command"] for row in await source.fetch(ECHOES)}
    assert answered == (set(counted) - appended) | echoed, "a command's row and its event are not one"
    streams: dict[UUID, list[int]] = {}
    for row in sorted(events, key=lambda row: row["version"]):
        streams.setdefault(row["stream_id"], []).append(row["n"])
    assert all(ns == list(range(1, len(ns) + 1)) for ns in streams.values())


async def _facts_are_whole(target: Pool, published: set[UUID], count: int) -> None:
    """Each fact was taken once or discarded once, those of a key in order."""
    taken = await target.fetch("SELECT event_id, number, stream, n FROM taken ORDER BY seen")
    gone = await target.fetch(DISCARDED)
    assert Counter(row["event_id"] for row in [*taken, *gone]) == Counter(published)
    assert sorted(row["number"] for row in [*taken, *gone]) == list(range(1, count + 1))
    last: dict[UUID, int] = {row["key"]: 1 for row in gone}
    for row in taken:
        assert row["n"] == last.get(row["stream"], 0) + 1, "a key was read out of order"
        last[row["stream"]] = row["n"]


def _recount(events: Sequence[Any], besides: set[UUID]) -> dict[UUID, tuple[int, int]]:
    """Count and sum per stream, from the log itself."""
    found: dict[UUID, tuple[int, int]] = {}
    for row in events:
        if row["stream_id"] not in besides:
            count, total = found.get(row["stream_id"], (0, 0))
            found[row["stream_id"]] = count + 1, total + row["n"]
    return found


async def _moves(dsn: str, query: str) -> bool:
    """Whether the figure grows within LIMIT; looked at over one connection, since each costs more than the looks."""
    end = time.monotonic() + LIMIT
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        before: int = await connection.fetchval(query, timeout=10)
        while await connection.fetchval(query, timeout=10) <= before:
            if time.monotonic() > end:
                return False
            await asyncio.sleep(0.05)
        return True
    finally:
        connection.terminate()


def run(ask: Callable[[], Awaitable[T]]) -> T:
    """Run it; a server that is just coming up again is asked again."""
    end = time.monotonic() + LIMIT
    while True:
        try:
            return asyncio.run(ask())  # type: ignore[arg-type]
        except Exception as error:
            if not (is_lost(error) or isinstance(error, asyncpg.PostgresError)) or time.monotonic() > end:
                raise
            time.sleep(0.1)


def databases(server: EmbeddedPostgres, templates: dict[str, str]) -> dict[str, str]:
    """Fresh copies of the templates: name → DSN."""

    async def make() -> dict[str, str]:
        connection = await asyncpg.connect(server.dsn())
        made = {}
        for name, template in templates.items():
            database = f"{name}_{uuid4().hex}"
            await connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY FILE_COPY')
            made[name] = with_database(server.dsn(), database)
        await connection.close()
        return made

    return run(make)


def kill_server(server: EmbeddedPostgres) -> None:
    """kill -9 of the postmaster, until it is dead; its sessions notice and end."""
    pid = server.pid()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while server.pid() == pid:
        time.sleep(0.002)


def freeze_server(server: EmbeddedPostgres) -> list[psutil.Process]:
    """SIGSTOP of the server and every session; the processes that were frozen."""
    pid = server.pid()
    assert pid is not None
    postmaster = psutil.Process(pid)
    postmaster.suspend()
    family = [postmaster, *postmaster.children(recursive=True)]
    for process in family[1:]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.suspend()
    return family


def thaw(family: list[psutil.Process]) -> None:
    """SIGCONT of all of them."""
    for process in reversed(family):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.resume()
