"""Consumes the contracts of registry."""

from libs.events.service import Consumer
from services.reporting.consumers.facts import apply
from services.reporting.domain.mapping import TABLES

CONSUMER = Consumer(
    name="reporting.registry",
    source="registry",
    handles=tuple(row.contract for row in TABLES["registry"]),
    apply=apply,
)
