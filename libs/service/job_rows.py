"""The answers to the rows of a file: kept in sealed pages and read page by page, so a million of them fit in no memory.

Each page knows how many of its rows show what, so that whoever asks for the few refused rows leaps over all others.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Final
from uuid import UUID

import orjson

from libs.events.personal import Personal
from libs.events.types import Pool, Record
from libs.events.vault import Vault

PAGE: Final = 500
ALL: Final = "all"
SHOWS: Final = r"^(all|findings|(outcome|severity):[a-z_]{1,30})$"

Row = Mapping[str, Any]
Place = tuple[int, int]  # of a page and of a row in it

_KEEP: Final = "INSERT INTO job_rows (job_id, page, counts, rows, sealed) VALUES ($1, $2, $3, $4, $5)"
_PAGES: Final = """
SELECT page, rows, sealed FROM job_rows WHERE job_id = $1 AND page >= $2 AND counts ? $3 ORDER BY page LIMIT 1
"""
_COUNT: Final = "SELECT coalesce(sum((counts ->> $2)::bigint), 0)::bigint FROM job_rows WHERE job_id = $1"


def shown_by(row: Row) -> Iterator[str]:
    """Under which words a row is found: `all`, its outcome, the severities of its findings and `findings` if any."""
    yield ALL
    if "outcome" in row:
        yield f"outcome:{row['outcome']}"
    severities = {finding["severity"] for finding in row.get("findings") or ()}
    if severities:
        yield "findings"
    yield from (f"severity:{severity}" for severity in sorted(severities))


class JobRows:
    """The pages of one service's jobs; without a vault (tests) they lie there in clear."""

    def __init__(self, pool: Pool, vault: Vault | None) -> None:
        self._pool = pool
        self._vault = vault

    async def keep(self, job_id: UUID, rows: Iterable[Row]) -> None:
        """Keep the rows in the order in which they come."""
        if self._vault is not None:
            await self._vault.ensure([job_id])
        source = iter(rows)
        for number, page in enumerate(iter(lambda: list(islice(source, PAGE)), [])):
            counts = Counter(word for row in page for word in shown_by(row))
            clear, sealed = self._sealed(job_id, page)
            await self._pool.execute(_KEEP, job_id, number, dict(counts), clear, sealed)

    async def count(self, job_id: UUID, show: str) -> int:
        """How many rows are shown by a word."""
        found: int = await self._pool.fetchval(_COUNT, job_id, show)
        return found

    async def read(self, job_id: UUID, show: str, after: Place | None, limit: int) -> list[tuple[Place, Row]]:
        """Up to `limit` rows behind a place, each with its own; None: from the first."""
        page, last = after or (0, -1)
        found: list[tuple[Place, Row]] = []
        while len(found) < limit:
            kept = await self._pool.fetchrow(_PAGES, job_id, page, show)
            if kept is None:
                break
            first = last + 1 if kept["page"] == page else 0
            rows = list(enumerate(await self._opened(job_id, kept)))[first:]
            found += [((kept["page"], place), row) for place, row in rows if show in shown_by(row)]
            page, last = kept["page"] + 1, -1
        return found[:limit]

    def _sealed(self, job_id: UUID, page: Sequence[Row]) -> tuple[list[Row] | None, str | None]:
        if self._vault is None:
            return list(page), None
        return None, self._vault.seal(Personal(job_id, orjson.dumps(page, default=str).decode(), "job"))

    async def _opened(self, job_id: UUID, kept: Record) -> list[Row]:
        if kept["sealed"] is None or self._vault is None:
            rows: list[Row] = kept["rows"] or []
            return rows
        [text] = await self._vault.open_many([(job_id, kept["sealed"])])
        opened: list[Row] = orjson.loads(text) if text else []
        return opened
