"""Names for what the kernel is handed: a database connection, a clock, a source of ids."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

if TYPE_CHECKING:
    Record: TypeAlias = asyncpg.Record
    Connection: TypeAlias = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool: TypeAlias = asyncpg.Pool[asyncpg.Record]
else:
    Record = asyncpg.Record
    Connection = asyncpg.Connection | PoolConnectionProxy
    Pool = asyncpg.Pool

Clock: TypeAlias = Callable[[], datetime]
Ids: TypeAlias = Callable[[], UUID]
Snapshot: TypeAlias = tuple[int, int, tuple[int, ...]]  # asyncpg's form of pg_snapshot: xmin, xmax, in flight
