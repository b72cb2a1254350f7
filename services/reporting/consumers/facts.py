"""From fact to figures in one transaction, with the consumer's offset: keep, then project at the recorded numbers."""

from collections.abc import Sequence
from typing import Any

from libs.events.contract import Fact
from libs.events.service import Derived
from libs.events.types import Connection
from services.reporting.domain.book import Numbered
from services.reporting.projections import divisions, households, movements, women
from services.reporting.projections.facts import COUNTER, between, keep

PROJECTIONS = (divisions.apply, households.apply, women.apply, movements.apply)


async def apply(tx: Connection, facts: Sequence[Fact[Any]]) -> None:
    """The same for every publisher; what a contract means stands in `domain/mapping`."""
    await project(tx, await keep(tx, facts))


async def project(tx: Connection, numbered: Sequence[Numbered]) -> None:
    """What kept facts change: the same rows however they are batched."""
    for each in PROJECTIONS:
        await each(tx, numbered)


MATCH = Derived(
    name="match",
    counter=COUNTER,
    read=between,
    apply=project,
    tables=("women", "lines", "merges", "households", "divisions", "movements"),
    reads=("facts",),
)
