"""Which rows two tables of one shape do not share: by key and column names, never by value: that may be personal."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from libs.events.checksums import quoted
from libs.events.types import Connection, Record

DIFFERS: Final = "differs"
LIMIT: Final = 100  # rows that are named of each table

KEYS: Final = """
SELECT a.attname FROM pg_index i, unnest(i.indkey) WITH ORDINALITY k(attnum, place), pg_attribute a
WHERE i.indrelid = format('%I.%I', $1::text, $2::text)::regclass AND i.indisprimary
  AND a.attrelid = i.indrelid AND a.attnum = k.attnum
ORDER BY k.place
"""
OTHERS: Final = """
SELECT attname FROM pg_attribute
WHERE attrelid = format('%I.%I', $1::text, $2::text)::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
DIFFERENT: Final = """
SELECT concat_ws(' ', {keys}) AS key, s.present_ IS NULL AS missing_here, r.present_ IS NULL AS missing_there,
       array_remove(ARRAY[{named}]::text[], NULL) AS columns
FROM (SELECT 1 AS present_, t.* FROM {serving} t {changed}) s
FULL JOIN (SELECT 1 AS present_, t.* FROM {rebuilt} t {changed}) r USING ({using})
WHERE s.present_ IS NULL OR r.present_ IS NULL OR ARRAY[{left}]::text[] IS DISTINCT FROM ARRAY[{right}]::text[]
ORDER BY 1 LIMIT {limit}
"""
# Rows written since a snapshot was taken, on either side; their keys are looked up on both.
CHANGED: Final = """
WHERE ({bare}) IN (
    SELECT {bare} FROM {serving} t WHERE age(t.xmin) <= age($1::text::xid) UNION
    SELECT {bare} FROM {rebuilt} t WHERE age(t.xmin) <= age($1::text::xid))
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that differs; `columns` is empty when one side has no such row."""

    table: str
    key: str
    kind: str
    columns: tuple[str, ...]


async def differences(
    tx: Connection, table: str, serving: str, rebuilt: str, *, since: int | None = None, limit: int = LIMIT
) -> list[Difference]:
    """The first rows by key that differ between two schemas; with `since` only rows written from that xid on."""
    keys = [row["attname"] for row in await tx.fetch(KEYS, serving, table)]
    columns = [row["attname"] for row in await tx.fetch(OTHERS, serving, table)]
    others = [column for column in columns if column not in keys]
    names = {
        "serving": f"{quoted(serving)}.{quoted(table)}",
        "rebuilt": f"{quoted(rebuilt)}.{quoted(table)}",
        "bare": _list("t.{}", keys),
    }
    query = DIFFERENT.format(
        **names,
        keys=_list("{}::text", keys),
        using=_list("{}", keys),
        left=_list("s.{}::text", others),
        right=_list("r.{}::text", others),
        named=", ".join(_named(column) for column in others) or "NULL",
        changed=CHANGED.format(**names) if since is not None else "",
        limit=int(limit),
    )
    rows = await tx.fetch(query, *([] if since is None else [str(since % 2**32)]))
    return [_difference(table, row) for row in rows]


def _list(form: str, columns: Iterable[str]) -> str:
    return ", ".join(form.format(quoted(column)) for column in columns)


def _named(column: str) -> str:
    text = "'" + column.replace("'", "''") + "'"
    return f"CASE WHEN s.{quoted(column)}::text IS DISTINCT FROM r.{quoted(column)}::text THEN {text} END"


def _difference(table: str, row: Record) -> Difference:
    kind = _kind(row)
    return Difference(table, row["key"], kind, tuple(row["columns"]) if kind == DIFFERS else ())


def _kind(row: Record) -> str:
    if row["missing_here"]:
        return "only in the rebuilt version"
    return "missing in the rebuilt version" if row["missing_there"] else DIFFERS
