"""A small publisher: facts in the `published` table of a database of its own, as the kernel's publisher writes them."""

from collections.abc import Sequence
from typing import Any

from libs.events.contract import Contract, Fact
from libs.events.meta import meta_to_json
from libs.events.partition import partition_of
from libs.events.pool import connect

COLUMNS = ("number", "partition", "previous", "event_id", "type", "key", "data", "meta", "at")


async def publish(dsn: str, facts: Sequence[Fact[Contract]]) -> None:
    """Write facts of one source, numbered from 1, each with the number before it in its partition."""
    last: dict[int, int] = {}
    rows: list[tuple[Any, ...]] = []
    for fact in facts:
        partition = partition_of(fact.key)
        body, meta = fact.body.model_dump(mode="json"), meta_to_json(fact.meta)
        chain = (fact.number, partition, last.get(partition, 0))
        rows.append((*chain, fact.event_id, fact.type, fact.key, body, meta, fact.at))
        last[partition] = fact.number
    connection = await connect(dsn)
    try:
        await connection.copy_records_to_table("published", columns=COLUMNS, records=rows)
    finally:
        await connection.close()
