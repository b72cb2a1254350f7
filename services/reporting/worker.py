"""Reporting as data: it listens to every publisher and tells nobody; it has no events of its own."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from libs.audit import MIGRATIONS as AUDIT
from libs.events.codec import Codec
from libs.events.contract import Outgoing
from libs.events.service import Service
from libs.events.store import Recorded
from services.reporting.consumers import CONSUMERS
from services.reporting.consumers.facts import MATCH

MIGRATIONS = Path(__file__).parent / "migrations"


def service() -> Service:
    """What a runtime is opened with, in one process or many."""
    return Service(
        name="reporting",
        codec=Codec(),
        publish=_nothing,
        consumers=CONSUMERS,
        derived=(MATCH,),
        migrations=MIGRATIONS,
        shared=(AUDIT,),
    )


def _nothing(_event: Recorded[Any]) -> Iterable[Outgoing]:
    return ()
