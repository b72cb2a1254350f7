"""What goes wrong in a run, drawn from its seed: some kinds of faults, each with a strength, seldom all at once."""

import random
from dataclasses import dataclass, fields
from datetime import timedelta

from libs.events.wake import Polling

SHARE = 1 / 4  # of the runs, whose transport is a broker
EVENTS = ("kill", "freeze", "crash", "jump", "steal", "cut", "outage", "expel")


@dataclass(frozen=True)
class Faults:
    """Chances are per statement, times in seconds; `happen` are the kinds of incidents, `gap` the time between two."""

    lost_before: float
    lost_after: float
    silent: float  # of lost connections, how many the server does not hear of at once
    slow: float
    late: float  # the greatest delay of a slow statement
    pause: float  # between the steps of a statement
    duplicate: float
    withhold: float
    shuffle: bool
    happen: tuple[str, ...]
    gap: float
    lease: timedelta
    page: int
    batch: int
    polling: Polling
    kafka: bool  # the transport is a broker, not the table
    feed: bool  # readers of a topic may read the table, too
    refused: float  # batches that the broker refuses
    session: float  # after which a silent member of a group is forgotten
    tick: float
    check: float  # between two comparisons of topic and table

    def __str__(self) -> str:
        """One line for whoever replays the seed."""
        return ", ".join(f"{each.name}={_short(getattr(self, each.name))}" for each in fields(self))


def draw(rng: random.Random) -> Faults:
    """Each kind is there in about half of the runs, so that some runs see one kind alone."""

    def some(most: float) -> float:
        return rng.uniform(0, most) if rng.random() < 0.5 else 0.0

    lease = rng.choice([0.6, 1.5, 4.0])
    kafka = rng.random() < SHARE
    return Faults(
        lost_before=some(0.02),
        lost_after=some(0.03),
        silent=some(1.0),
        slow=some(0.02),
        late=rng.uniform(0.1, 2 * lease),
        pause=rng.choice([0.0, 0.1, 0.5]),
        duplicate=some(0.5),
        withhold=some(0.3),
        shuffle=rng.random() < 0.7,
        happen=tuple(kind for kind in EVENTS if rng.random() < 0.4),
        gap=rng.uniform(0.2, 2.0),
        lease=timedelta(seconds=lease),
        page=rng.choice([1, 2, 4, 50]),
        batch=rng.choice([5, 24, 100] if kafka else [1, 3, 6, 50]),
        polling=Polling(rng.choice([0.002, 0.05, 0.2]), rng.choice([0.25, 1.0, 2.0])),
        kafka=kafka,
        feed=rng.random() < 0.5,
        refused=some(0.02),
        session=rng.choice([1.5, 5.0]),
        tick=rng.choice([1.0, 3.0, 8.0]),
        check=rng.choice([4.0, 30.0]),
    )


def _short(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
