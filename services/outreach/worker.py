"""Outreach as data: its log, what it tells the world, its read models, and that it listens to the registry."""

from pathlib import Path

from libs import register
from libs.audit import MIGRATIONS as AUDIT
from libs.events.service import Service
from libs.feeds import MIGRATIONS as FEEDS
from libs.register.following import consumer
from services.outreach.domain.codec import codec
from services.outreach.projections import activities
from services.outreach.publishing import publish

MIGRATIONS = Path(__file__).parent / "migrations"
REGISTRY = consumer("outreach")


def service() -> Service:
    """What a runtime is opened with, in one process or many."""
    return Service(
        name="outreach",
        codec=codec(),
        publish=publish,
        projections=(activities.PROJECTION,),
        consumers=(REGISTRY,),
        migrations=MIGRATIONS,
        shared=(AUDIT, FEEDS, register.MIGRATIONS),
    )
