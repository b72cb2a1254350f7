"""Training as data: its log, what it tells the world, its read models, and that it listens to the registry."""

from pathlib import Path

from libs.audit import MIGRATIONS as AUDIT
from libs.events.service import Service
from libs.feeds import MIGRATIONS as FEEDS
from services.training.consumers import cancelling, registry, waitlist
from services.training.domain.codec import codec
from services.training.projections import certificates, courses, enrolments, follow_ups, waiting
from services.training.projections import waitlist as waitlist_rows
from services.training.publishing import publish

MIGRATIONS = Path(__file__).parent / "migrations"


def service() -> Service:
    """What a runtime is opened with, in one process or many."""
    return Service(
        name="training",
        codec=codec(),
        publish=publish,
        projections=(
            courses.PROJECTION,
            enrolments.PROJECTION,
            waiting.PROJECTION,
            waitlist_rows.PROJECTION,
            follow_ups.PROJECTION,
            certificates.PROJECTION,
        ),
        consumers=(registry.CONSUMER,),
        processes=(waitlist.PROCESS, cancelling.PROCESS),
        migrations=MIGRATIONS,
        shared=(AUDIT, FEEDS),
    )
