"""The publishers reporting listens to: those that have a table in the mapping, each by the contracts of its rows."""

from libs.events.service import Consumer
from services.reporting.consumers.facts import apply
from services.reporting.domain.mapping import TABLES

CONSUMERS = tuple(
    Consumer(f"reporting.{source}", source, tuple(row.contract for row in rows), apply)
    for source, rows in TABLES.items()
)
