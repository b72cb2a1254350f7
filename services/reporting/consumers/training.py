"""Consumes the contracts of training."""

from libs.events.service import Consumer
from services.reporting.consumers.facts import apply
from services.reporting.domain.mapping import TABLES

CONSUMER = Consumer(
    name="reporting.training",
    source="training",
    handles=tuple(row.contract for row in TABLES["training"]),
    apply=apply,
)
