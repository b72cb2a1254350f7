"""The registry as data: its log, what it tells the world, its read models, the clock of exits, whom it hears."""

from pathlib import Path

from libs.audit import MIGRATIONS as AUDIT
from libs.events.service import Service
from libs.feeds import MIGRATIONS as FEEDS
from services.registry.consumers import exits as exit_clock
from services.registry.consumers import measures
from services.registry.domain.codec import codec
from services.registry.projections import divisions, exits, households, incomes, needs, rights, women
from services.registry.publishing import publish

MIGRATIONS = Path(__file__).parent / "migrations"


def service() -> Service:
    """What a runtime is opened with, in one process or many."""
    return Service(
        name="registry",
        codec=codec(),
        publish=publish,
        projections=(
            divisions.PROJECTION,
            women.PROJECTION,
            households.PROJECTION,
            exits.PROJECTION,
            incomes.PROJECTION,
            needs.PROJECTION,
            rights.PROJECTION,
        ),
        consumers=(measures.TRAINING,),
        processes=(exit_clock.PROCESS,),
        migrations=MIGRATIONS,
        shared=(AUDIT, FEEDS),
    )
