"""Named moments inside the database at which a test kills: the n-th append of a service stops there and waits.

They are triggers and settings of PostgreSQL, made from outside, so the product holds no code for them:
- `between key and append`: the persons' keys are committed, the events are not yet inserted;
- `inside COMMIT, before its record`: a deferred trigger runs in COMMIT, nothing is on disk yet;
- `inside COMMIT, after its record`: the commit is on disk, its answer waits for a standby that does not exist.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import asyncpg

from jinguo.postgres import EmbeddedPostgres

KEY_AND_APPEND = "between key and append"
BEFORE_RECORD = "inside COMMIT, before its record"
AFTER_RECORD = "inside COMMIT, after its record"
MOMENTS = (KEY_AND_APPEND, BEFORE_RECORD, AFTER_RECORD)
HOLD = 3  # seconds a held transaction waits before it goes on by itself, whoever has died meanwhile
WAIT = 60.0

_SET = f"""
CREATE SEQUENCE failpoint_hits;
CREATE FUNCTION failpoint_hit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF nextval('failpoint_hits') = TG_ARGV[0]::bigint THEN
        CASE TG_ARGV[1]
            WHEN '{KEY_AND_APPEND}' THEN PERFORM pg_sleep({HOLD});
            WHEN '{BEFORE_RECORD}' THEN PERFORM set_config('failpoint.armed', 'yes', true);
            ELSE PERFORM set_config('synchronous_commit', 'on', true);
        END CASE;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION failpoint_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('failpoint.armed', true) = 'yes' THEN
        PERFORM set_config('failpoint.armed', '', true);
        PERFORM pg_sleep({HOLD});
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER failpoint_commit AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION failpoint_commit();
"""
_LIFT = """
DROP TRIGGER IF EXISTS failpoint_hit ON events;
DROP TRIGGER IF EXISTS failpoint_commit ON events;
DROP FUNCTION IF EXISTS failpoint_hit;
DROP FUNCTION IF EXISTS failpoint_commit;
DROP SEQUENCE IF EXISTS failpoint_hits;
"""
_HELD = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event IN ('PgSleep', 'SyncRep'))
"""


@dataclass(frozen=True)
class Failpoint:
    """The `hit`-th insert into the log of `service` stops at `moment`."""

    server: EmbeddedPostgres
    service: str
    moment: str
    hit: int

    def set(self) -> None:
        """Arm it; the service is running."""
        self._run(self._set)

    def held(self) -> bool:
        """True while a transaction stands at it."""
        return bool(self._run(lambda connection: connection.fetchval(_HELD, self.service)))

    def lift(self) -> None:
        """Remove it; waits for the database, which may be coming up again."""
        self._run(self._lift)

    async def _set(self, connection: "asyncpg.Connection[Any]") -> None:
        if self.moment == AFTER_RECORD:
            await connection.execute("ALTER SYSTEM SET synchronous_commit = 'local'")
            await connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            await connection.execute("SELECT pg_reload_conf()")
        await connection.execute(_SET)
        await connection.execute(
            "CREATE TRIGGER failpoint_hit BEFORE INSERT ON events FOR EACH STATEMENT "
            f"EXECUTE FUNCTION failpoint_hit({self.hit}, '{self.moment}')"
        )

    async def _lift(self, connection: "asyncpg.Connection[Any]") -> None:
        for setting in ("synchronous_commit", "synchronous_standby_names"):
            await connection.execute(f"ALTER SYSTEM RESET {setting}")
        await connection.execute("SELECT pg_reload_conf()")
        await connection.execute(_LIFT)

    def _run(self, work: Callable[["asyncpg.Connection[Any]"], Coroutine[Any, Any, Any]]) -> Any:
        return asyncio.run(_with_patience(self.server.dsn(self.service), work))


async def _with_patience(dsn: str, work: Callable[["asyncpg.Connection[Any]"], Coroutine[Any, Any, Any]]) -> Any:
    end = time.monotonic() + WAIT
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=5)
            try:
                await connection.execute("SET synchronous_commit = 'local'")
                return await work(connection)
            finally:
                await connection.close(timeout=5)
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.05)
