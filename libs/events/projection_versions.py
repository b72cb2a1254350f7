"""The versions of read models as rows: which serves, which lies beside it, and how far that one has come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from libs.events.types import Connection, Pool, Record, Snapshot
from libs.events.windows import NOTHING

State: TypeAlias = Literal["serving", "beside", "previous", "stale"]

COLUMNS: Final = """projection, version, state, prev, cur, page_position, recorded, passed, total, seconds, moved_at,
    compared_at, equal"""
OF_ONE: Final = f"SELECT {COLUMNS} FROM projection_versions WHERE projection = $1 ORDER BY version"  # noqa: S608
ALL: Final = f"SELECT {COLUMNS} FROM projection_versions ORDER BY projection, version"  # noqa: S608
DECLARE: Final = """
INSERT INTO projection_versions (projection, version, state) VALUES ($1, 1, 'serving') ON CONFLICT DO NOTHING
"""
ADD: Final = """
INSERT INTO projection_versions (projection, version, state)
SELECT $1, max(version) + 1, 'beside' FROM projection_versions WHERE projection = $1 RETURNING version
"""
MOVE: Final = """
UPDATE projection_versions SET prev = $3, cur = $4, page_position = $5, recorded = $6, passed = passed + $7,
       total = greatest(total, passed + $7), seconds = seconds + $8, moved_at = clock_timestamp(), equal = NULL
WHERE projection = $1 AND version = $2
"""
EXPECT: Final = "UPDATE projection_versions SET total = passed + $3 WHERE projection = $1 AND version = $2"
COMPARED: Final = """
UPDATE projection_versions SET compared_at = clock_timestamp(), equal = $3 WHERE projection = $1 AND version = $2
"""
# In two steps, so that there is never a moment with two of one kind.
RETIRE: Final = "DELETE FROM projection_versions WHERE projection = $1 AND version = $2"
SERVE: Final = """
UPDATE projection_versions SET state = 'serving', prev = NULL, cur = NULL, page_position = 0, recorded = 0,
       moved_at = clock_timestamp()
WHERE projection = $1 AND version = $2
"""
KEEP: Final = """
INSERT INTO projection_versions (projection, version, state, prev, cur, page_position, recorded)
VALUES ($1, $2, 'previous', $3, $4, $5, $6)
"""


@dataclass(frozen=True, slots=True)
class Position:
    """What a version shows: all visible in `prev`, and of `cur` up to a position; or facts up to `recorded`."""

    prev: Snapshot = NOTHING
    cur: Snapshot | None = None
    page_position: int = 0
    recorded: int = 0


START: Final = Position()


@dataclass(frozen=True, slots=True)
class Version:
    """One version; `passed` of `total` events in `seconds` of work; `equal` after a comparison since it last moved."""

    projection: str
    version: int
    state: State
    position: Position
    passed: int
    total: int
    seconds: float
    moved_at: datetime
    compared_at: datetime | None
    equal: bool | None

    @property
    def schema(self) -> str:
        """Where its tables lie while it does not serve."""
        return schema_of(self.projection, self.version)

    @property
    def rate(self) -> float:
        """Events a second so far; 0 before the first page."""
        return self.passed / self.seconds if self.seconds else 0.0


def schema_of(projection: str, version: int) -> str:
    """The schema of a version that does not serve."""
    return f"{projection}_v{version}"


async def of_one(source: Connection | Pool, projection: str) -> list[Version]:
    """The versions of one read model, oldest first; none before its first rebuild."""
    return [_version(row) for row in await source.fetch(OF_ONE, projection)]


async def of_all(source: Connection | Pool) -> list[Version]:
    """The versions of every read model of this database that was ever rebuilt."""
    return [_version(row) for row in await source.fetch(ALL)]


async def add(tx: Connection, projection: str) -> int:
    """The number of a new version beside the serving one."""
    await tx.execute(DECLARE, projection)
    version: int = await tx.fetchval(ADD, projection)
    return version


async def store(tx: Connection, version: Version, position: Position, passed: int, seconds: float) -> None:
    """Move a version, in the transaction that writes its rows."""
    at = (position.prev, position.cur, position.page_position, position.recorded)
    await tx.execute(MOVE, version.projection, version.version, *at, passed, seconds)


async def swap(tx: Connection, serving: Version, beside: Version, at: Position) -> None:
    """The one beside serves; the other is kept as it stands at the cut."""
    await tx.execute(RETIRE, serving.projection, serving.version)
    await tx.execute(SERVE, beside.projection, beside.version)
    kept = (at.prev, at.cur, at.page_position, at.recorded)
    await tx.execute(KEEP, serving.projection, serving.version, *kept)


def _version(row: Record) -> Version:
    position = Position(row["prev"] or NOTHING, row["cur"], row["page_position"], row["recorded"])
    return Version(
        row["projection"],
        row["version"],
        row["state"],
        position,
        row["passed"],
        row["total"],
        row["seconds"],
        row["moved_at"],
        row["compared_at"],
        row["equal"],
    )
