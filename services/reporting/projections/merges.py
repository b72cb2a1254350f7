"""Which records are one woman, now or as known at a number."""

from collections.abc import Collection, Sequence
from uuid import UUID

from libs.events.types import Connection
from services.reporting.domain.aliases import Aliases
from services.reporting.domain.book import Numbered
from services.reporting.domain.mapping.row import Merges, Unmerges
from services.reporting.domain.versions import OPEN, Version, Versions

NOW = OPEN - 1  # a number at which exactly the open versions hold

CONNECTED = """
WITH RECURSIVE joined(id) AS (
    SELECT unnest($1::uuid[])
    UNION
    SELECT e.id FROM joined j, LATERAL (
        SELECT survivor AS id FROM merges WHERE merged = j.id AND recorded <= $2 AND until > $2
        UNION ALL
        SELECT merged FROM merges WHERE survivor = j.id AND recorded <= $2 AND until > $2
    ) e
)
SELECT m.* FROM joined j, LATERAL (
    SELECT merged, survivor, recorded FROM merges WHERE merged = j.id AND recorded <= $2 AND until > $2 OFFSET 0
) m
"""

CLOSE = """
UPDATE merges m SET until = c.until
FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[]) c(merged, survivor, recorded, until)
WHERE m.merged = c.merged AND m.survivor = c.survivor AND m.recorded = c.recorded
"""


async def aliases(tx: Connection, women: Collection[UUID], at: int = NOW) -> Aliases:
    """The edges around these records that hold at a recorded number."""
    return Aliases((row["merged"], row["survivor"]) for row in await tx.fetch(CONNECTED, list(women), at))


async def apply(tx: Connection, facts: Sequence[Numbered]) -> None:
    """Keep the edges that the facts make and take back."""
    about = [fact for fact in facts if isinstance(fact.row.effect, Merges | Unmerges)]
    if not about:
        return
    held = await tx.fetch(CONNECTED, [woman for fact in about for woman in fact.row.subjects(fact.body)], NOW)
    versions = Versions({(row["merged"], row["survivor"]): Version(row["recorded"], True) for row in held})
    for fact in about:
        merged, survivor = fact.row.subjects(fact.body)
        versions.settle((merged, survivor), isinstance(fact.row.effect, Merges) or None, fact.recorded)
    closed = [(*pair, recorded, until) for pair, recorded, until in versions.closed]
    if closed:
        await tx.execute(CLOSE, *(list(column) for column in zip(*closed, strict=True)))
    records = [(*pair, version.recorded, version.until) for pair, version in versions.opened]
    await tx.copy_records_to_table("merges", columns=("merged", "survivor", "recorded", "until"), records=records)
