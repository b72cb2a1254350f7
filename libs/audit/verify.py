"""Checks a trail from its first kept number to its head, against its own hashes and what was signed of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from libs.audit.checkpoints import Checkpoint, Reader, kept
from libs.audit.entry import COLUMNS, genesis, link
from libs.audit.retention import SHORTEST
from libs.audit.sealing import chain_of
from libs.events.types import Connection
from libs.events.verifying.check import Check, pages

WALK: Final = f"""
SELECT c.number, c.entry, c.hash, {", ".join("t." + name.strip() for name in COLUMNS.split(","))}
FROM audit_chain c LEFT JOIN audit_trail t ON t.id = c.entry ORDER BY c.number
"""  # noqa: S608 - a constant list of columns
UNSEALED: Final = """
SELECT t.id, EXISTS (SELECT FROM audit_unsealed u WHERE u.id = t.id) AS waits FROM audit_trail t
WHERE NOT EXISTS (SELECT FROM audit_chain c WHERE c.entry = t.id) ORDER BY t.id
"""


@dataclass
class Walked:
    """Hashes at the numbers that something signed speaks of, and the last number."""

    hashes: dict[int, bytes]
    last: int


async def verify(
    connection: Connection, service: str, reader: Reader | None, file: Sequence[Checkpoint] | None
) -> list[Check]:
    """Check one database; `file` holds the signed words kept outside it, None where nobody keeps them.

    Without `reader` signatures are not looked at.
    """
    chain_id, signed = await chain_of(connection), await kept(connection)
    anchor = max((each for each in signed if each.kind == "anchor"), key=lambda each: each.number, default=None)
    start = (anchor.number, anchor.hash) if anchor else (0, genesis(chain_id))
    said = list(dict.fromkeys((*signed, *(file or ()))))
    chain = Check("audit chain", "numbers follow each other, and each hash is that of its entry", "entries")
    walked = await _walk(connection, chain, start, {each.number for each in said})
    words = Check("audit checkpoints", "what was signed of the chain still holds", "signed")
    for each in said:
        known = reader is None or reader.knows(each, service, chain_id)
        words.expect(known, f"{each.kind} {each.number}: not signed by the key of this installation")
        _holds(words, each, walked, start[0])
    if file is not None:
        for each in set(signed) - set(file):  # the file is written first, so it may know more, never less
            words.fault(f"{each.kind} {each.number}: it is missing in the file")
    return [chain, await _unsealed(connection), words]


async def _walk(connection: Connection, chain: Check, start: tuple[int, bytes], wanted: set[int]) -> Walked:
    number, last = start
    hashes = {number: last}
    async for rows in pages(connection, WALK):
        for row in rows:
            chain.counted += 1
            if row["number"] != number + 1:
                chain.fault(f"after number {number} comes {row['number']}")
            if row["id"] is None:
                chain.fault(f"number {row['number']}: its entry {row['entry']} is gone")
            elif link(last, row["number"], row) != row["hash"]:
                chain.fault(f"number {row['number']}: entry {row['entry']} is not what was sealed")
            number, last = row["number"], row["hash"]
            if number in wanted:
                hashes[number] = last
    return Walked(hashes, number)


def _holds(words: Check, signed: Checkpoint, walked: Walked, first: int) -> None:
    if signed.number > walked.last:
        words.fault(f"{signed.kind} {signed.number}: the chain ends at {walked.last}")
    elif signed.number >= first and walked.hashes.get(signed.number) != signed.hash:
        words.fault(f"{signed.kind} {signed.number}: the chain has another hash there")
    if signed.kind == "anchor" and (signed.through is None or signed.at - signed.through < SHORTEST):
        words.fault(f"anchor {signed.number}: it dropped what was younger than {SHORTEST.days} days")


async def _unsealed(connection: Connection) -> Check:
    check = Check("audit sealed", "every entry is sealed, or waits until jinguo runs again", "waiting")
    for row in await connection.fetch(UNSEALED):
        check.expect(row["waits"], f"entry {row['id']} is neither sealed nor waits to be")
    return check
