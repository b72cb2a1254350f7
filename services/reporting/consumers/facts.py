"""From fact to figures in one transaction, with the consumer's offset: keep, then project at the recorded numbers."""

from collections.abc import Sequence
from typing import Any

from libs.events.contract import Fact
from libs.events.types import Connection
from services.reporting.projections import divisions, households, women
from services.reporting.projections.facts import keep

PROJECTIONS = (divisions.apply, households.apply, women.apply)


async def apply(tx: Connection, facts: Sequence[Fact[Any]]) -> None:
    """The same for every publisher; what a contract means stands in `domain/mapping`."""
    numbered = await keep(tx, facts)
    for project in PROJECTIONS:
        await project(tx, numbered)
