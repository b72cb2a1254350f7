"""Empty tables of the same shape in another schema, and moving tables between schemas so that nothing else notices.

A copy has the names, types, keys, indexes, triggers, rights and options of its original, and views over the originals
are made over the copies too; so code that names tables without a schema works on whichever it finds first. What would
still reach the originals afterwards (a foreign key of another table, a function bound to the table) is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from libs.events.checksums import quoted
from libs.events.types import Connection
from libs.values.errors import Refused

SERVING: Final = "public"

VIEWS: Final = """
WITH RECURSIVE above(oid, depth) AS (
    SELECT format('%I.%I', $1::text, t)::regclass::oid, 0 FROM unnest($2::text[]) t
    UNION
    SELECT r.ev_class, a.depth + 1 FROM above a
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.oid
                    AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> a.oid
)
SELECT c.relname AS name, pg_get_viewdef(c.oid) AS body FROM above a JOIN pg_class c USING (oid)
WHERE a.depth > 0 GROUP BY c.oid, c.relname ORDER BY max(a.depth), c.relname
"""
OBSTACLES: Final = """
WITH named AS (SELECT t, to_regclass(format('%I.%I', $1::text, t))::oid AS oid FROM unnest($2::text[]) t),
     tables AS (SELECT n.oid, c.relkind, c.reltype, c.relhassubclass FROM named n JOIN pg_class c USING (oid)),
     on_top AS (SELECT DISTINCT r.ev_class AS oid FROM pg_rewrite r
                JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                JOIN tables t ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND r.ev_class <> t.oid)
SELECT t || ' is not a table of ' || $1 AS obstacle FROM named WHERE oid IS NULL
UNION ALL
SELECT oid::regclass || ' is no plain table' FROM tables WHERE relkind <> 'r' OR relhassubclass
UNION ALL
SELECT oid::regclass || ' has no primary key' FROM tables
WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = tables.oid AND i.indisprimary)
UNION ALL
SELECT 'the foreign key ' || conname || ' of ' || conrelid::regclass || ' points to it' FROM pg_constraint
WHERE contype = 'f' AND confrelid IN (SELECT oid FROM tables) AND conrelid NOT IN (SELECT oid FROM tables)
UNION ALL
SELECT c.oid::regclass || ' is built on it' FROM on_top JOIN pg_class c USING (oid)
WHERE c.relkind <> 'v' OR c.relnamespace <> $1::regnamespace
UNION ALL
SELECT DISTINCT 'the function ' || d.objid::regprocedure || ' is bound to it' FROM pg_depend d JOIN tables t
  ON d.refobjid = CASE d.refclassid WHEN 'pg_class'::regclass THEN t.oid WHEN 'pg_type'::regclass THEN t.reltype END
WHERE d.classid = 'pg_proc'::regclass
"""
# Statements that make the copy's keys, indexes, foreign keys, triggers and rights, in this order.
FINISH: Final = """
WITH tables AS (
    SELECT c.oid, format('%I.%I', $1::text, t) AS original, format('%I.%I', $3::text, t) AS copy, c.relacl
    FROM unnest($2::text[]) t JOIN pg_class c ON c.oid = format('%I.%I', $1::text, t)::regclass
)
SELECT statement FROM (
    SELECT CASE WHEN contype = 'f' THEN 3 ELSE 1 END AS step, conname::text AS name,
           format('ALTER TABLE %s ADD CONSTRAINT %I %s', copy, conname, pg_get_constraintdef(o.oid)) AS statement
    FROM pg_constraint o JOIN tables t ON o.conrelid = t.oid WHERE contype IN ('p', 'u', 'x', 'f')
    UNION ALL
    SELECT 2, i.indexrelid::regclass::text,
           replace(pg_get_indexdef(i.indexrelid), ' ON ' || original || ' USING ', ' ON ' || copy || ' USING ')
    FROM pg_index i JOIN tables t ON i.indrelid = t.oid
    WHERE NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid AND o.conrelid = t.oid)
    UNION ALL
    SELECT 4, tgname::text, replace(pg_get_triggerdef(g.oid), ' ON ' || original || ' ', ' ON ' || copy || ' ')
    FROM pg_trigger g JOIN tables t ON g.tgrelid = t.oid WHERE NOT tgisinternal
    UNION ALL
    SELECT 5, a.grantee::text, format('GRANT %s ON %s TO %s', a.privilege_type, copy,
                                      CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
    FROM tables t, aclexplode(t.relacl) a
) statements ORDER BY step, name
"""
OPTIONS: Final = """
SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = format('%I.%I', $1::text, $2::text)::regclass
"""
INDEXED: Final = """
SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
WHERE c.relnamespace = to_regnamespace($1) AND c.relname = ANY($2) AND i.indisprimary
"""
SHAPE: Final = """
SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = to_regnamespace($1) AND c.relname = ANY($2) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum
"""
# `EXCLUDING INDEXES`: those would get new names, and later migrations know them by the old.
LIKE: Final = "(LIKE {original} INCLUDING ALL EXCLUDING INDEXES)"


@dataclass(frozen=True, slots=True)
class View:
    """A view over some of the tables, with its body as it reads in the schema of the originals."""

    name: str
    body: str


async def refuse_obstacles(tx: Connection, tables: Sequence[str]) -> None:
    """Raises Refused when moving these tables would leave something behind at the originals."""
    rows = await tx.fetch(OBSTACLES, SERVING, list(tables))
    if rows:
        raise Refused(
            "projection.tables",
            f"A version beside {', '.join(tables)} cannot be made: {'; '.join(row['obstacle'] for row in rows)}.",
            rule="a projection's tables have primary keys and nothing outside the projection is bound to them",
        )


async def views_over(tx: Connection, tables: Sequence[str]) -> list[View]:
    """Views of the serving schema over these tables, lower ones first."""
    return [View(row["name"], row["body"]) for row in await tx.fetch(VIEWS, SERVING, list(tables))]


async def create(tx: Connection, schema: str, tables: Sequence[str]) -> None:
    """The schema, with bare copies of the tables: no keys, no indexes yet."""
    await tx.execute(f"CREATE SCHEMA {quoted(schema)}")
    for table in tables:
        original, copy = place(SERVING, table), place(schema, table)
        await tx.execute(f"CREATE TABLE {copy} {LIKE.format(original=original)}")
        options = await tx.fetchval(OPTIONS, SERVING, table)
        if options:
            await tx.execute(f"ALTER TABLE {copy} SET ({options})")


async def finish(tx: Connection, schema: str, tables: Sequence[str]) -> None:
    """Keys, indexes, triggers, rights and views of the copies; nothing when they are there."""
    if await tx.fetchval(INDEXED, schema, list(tables)) == len(tables):
        return
    await tx.execute(f"SET LOCAL search_path = {SERVING}")
    statements = [row["statement"] for row in await tx.fetch(FINISH, SERVING, list(tables), schema)]
    views = await views_over(tx, tables)
    await tx.execute(f"SET LOCAL search_path = {quoted(schema)}, {SERVING}")
    for statement in statements:
        await tx.execute(statement)
    for view in views:
        await tx.execute(f"CREATE VIEW {place(schema, view.name)} AS {view.body}")


async def refuse_other_shape(tx: Connection, schema: str, tables: Sequence[str]) -> None:
    """Raises Refused when a migration has changed the serving tables since the copies were made."""
    here, there = [[tuple(row) for row in await tx.fetch(SHAPE, each, list(tables))] for each in (SERVING, schema)]
    if here != there:
        raise Refused(
            "projection.shape",
            f"The tables {', '.join(tables)} were changed since the version beside was made.",
            rule="both versions have the same columns",
            right="drop the version beside and rebuild",
        )


async def lock(tx: Connection, schema: str, tables: Sequence[str]) -> None:
    """Nobody else reads or writes them until commit; the caller has set a `lock_timeout`."""
    places = ", ".join(place(schema, table) for table in tables)
    await tx.execute(f"LOCK TABLE {places} IN ACCESS EXCLUSIVE MODE")


async def move_views(tx: Connection, source: str, target: str, views: Sequence[str]) -> None:
    """Views go from one schema to another; what they are built on stays the same tables."""
    for view in views:
        await tx.execute(f"ALTER VIEW {place(source, view)} SET SCHEMA {quoted(target)}")


async def move(tx: Connection, source: str, target: str, tables: Sequence[str]) -> None:
    """Tables go from one schema to another, with all that hangs on them."""
    for table in tables:
        await tx.execute(f"ALTER TABLE {place(source, table)} SET SCHEMA {quoted(target)}")


def place(schema: str, name: str) -> str:
    """A table of a schema as SQL writes it."""
    return f"{quoted(schema)}.{quoted(name)}"
