"""What a table holds as one short text: equal for equal rows, whatever order they lie in and whoever wrote them.

Used wherever two read models must be the same: a rebuilt version beside the serving one, a log read over two
transports, a restored database beside its original.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from libs.events.types import Connection

COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = format('%I.%I', $1::text, $2::text)::regclass AND attnum > 0 AND NOT attisdropped
ORDER BY attname
"""
# How values become text must not depend on the session that asks.
CANONICAL = """
SELECT set_config('timezone', 'UTC', true), set_config('datestyle', 'ISO, YMD', true),
       set_config('intervalstyle', 'iso_8601', true), set_config('bytea_output', 'hex', true),
       set_config('extra_float_digits', '1', true)
"""
SUM = """
SELECT count(*) AS rows, coalesce(md5(sum(high)::text || ' ' || sum(low)::text), '') AS digest
FROM (SELECT ('x' || left(hash, 16))::bit(64)::bigint AS high, ('x' || right(hash, 16))::bit(64)::bigint AS low
      FROM (SELECT md5(ROW({columns})::text) AS hash FROM {table}) hashed) halves
"""


@dataclass(frozen=True, slots=True)
class Checksum:
    """Number of rows, and a digest of all of them; empty for no row."""

    rows: int
    digest: str


async def checksums(
    tx: Connection, tables: Iterable[str], *, schema: str = "public", ignoring: Collection[str] = ()
) -> dict[str, Checksum]:
    """Each table's checksum over its columns by name; `ignoring` names columns that may differ, as times of writing.

    Runs in one transaction; for tables of one moment `tx` is a repeatable-read transaction.
    """
    found: dict[str, Checksum] = {}
    async with tx.transaction():
        await tx.execute(CANONICAL)
        for table in tables:
            columns = [row["attname"] for row in await tx.fetch(COLUMNS, schema, table)]
            named = ", ".join(quoted(column) for column in columns if column not in ignoring)
            row = await tx.fetchrow(SUM.format(columns=named, table=f"{quoted(schema)}.{quoted(table)}"))
            assert row is not None
            found[table] = Checksum(row["rows"], row["digest"])
    return found


def quoted(name: str) -> str:
    """An identifier as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
