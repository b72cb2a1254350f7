"""Which tables a query reads from end to end, by the server's own plan."""

from collections.abc import Iterator, Sequence
from typing import Any

from libs.events.types import Connection


async def scanned(connection: Connection, mode: str, query: str, values: Sequence[Any]) -> set[str]:
    """Tables that the plan scans; `mode` is a `plan_cache_mode`, for plans with and without the values."""
    await connection.execute(f"SET plan_cache_mode = {mode}")
    (plan,) = (await connection.fetch(f"EXPLAIN (FORMAT JSON) {query}", *values))[0]
    return set(_scanned(plan))


def _scanned(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("Node Type") == "Seq Scan":
            yield node["Relation Name"]
        for child in node.values():
            yield from _scanned(child)
    elif isinstance(node, list):
        for child in node:
            yield from _scanned(child)
