"""The table: every step at which a process may be, against everything that can happen to it or to a server there."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from libs.events.failpoints import POINTS

ROLES: Final = {  # whose steps they are, by the beginning of their names
    "append": "client",
    "command": "client",
    "page": "publisher",
    "timer": "publisher",
    "forwarder": "publisher",
    "consumer": "consumer",
    "park.found": "consumer",
    "park.written": "consumer",
    "park.committed": "consumer",
    "park": "warden",
    "rebuild": "rebuilder",
}
ELSEWHERE: Final = ("erase", "retention")  # steps of one service, which kills itself there in its own tests
BY_BROKER: Final = ("page", "forwarder", "consumer")  # whose processes speak to it
STEPS: Final = tuple(point for point in POINTS if not point.startswith(ELSEWHERE))
OWN: Final = "process"
POSTGRESQL: Final = "postgresql"
BROKER: Final = "broker"
VICTIMS: Final = (OWN, POSTGRESQL, BROKER)
KILL: Final = "kill"
FREEZE: Final = "freeze"
HITS: Final = 3  # of each cell that a whole soak wants
LATEST: Final = 4  # a point is hit at its first to its so-manieth passing


@dataclass(frozen=True, slots=True)
class Cell:
    """While the process of this step is exactly there, `act` happens to `victim`."""

    point: str
    victim: str
    act: str

    @property
    def role(self) -> str:
        """Whose step it is."""
        return ROLES.get(self.point) or ROLES[self.point.partition(".")[0]]

    @property
    def by_kafka(self) -> bool:
        """Whether it can only happen with a broker."""
        return self.victim == BROKER or self.point.startswith("forwarder")

    def __str__(self) -> str:
        return f"{self.act} {self.victim} at {self.point}"


@dataclass(frozen=True, slots=True)
class Round:
    """Some cells one after another in one world, each at the n-th passing of its point."""

    number: int
    seed: int
    hits: tuple[tuple[Cell, int], ...]
    kafka: bool

    @property
    def name(self) -> str:
        """The same only for the same hits in the same order."""
        return f"{self.seed}/{self}"

    @property
    def roles(self) -> set[str]:
        """The processes it needs besides those of every world."""
        return {cell.role for cell, _ in self.hits} | ({"warden"} if self.poison else set())

    @property
    def poison(self) -> bool:
        """Whether the reader must stumble."""
        return any(cell.point.startswith("park") for cell, _ in self.hits)

    def __str__(self) -> str:
        return f"{self.number:03}: " + ", ".join(f"{cell} ({nth})" for cell, nth in self.hits)


def cells() -> list[Cell]:
    """All of them."""
    every = [Cell(*each) for each in itertools.product(STEPS, VICTIMS, (KILL, FREEZE))]
    return [cell for cell in every if cell.victim != BROKER or cell.point.startswith(BY_BROKER)]


def rounds(count: int, seed: int, size: int, *, broker: bool = True) -> list[Round]:
    """Every cell once in an order drawn from the seed, then again, `size` to a round; half of the worlds on Kafka."""
    dice = random.Random(seed)
    endless = _shuffled_for_ever(dice, broker=broker)
    made = []
    for number in range(1, count + 1):
        hits = tuple((next(endless), dice.randint(1, LATEST)) for _ in range(size))
        kafka = broker and (dice.random() < 0.5 or any(cell.by_kafka for cell, _ in hits))
        made.append(Round(number, seed, hits, kafka))
    return made


def _shuffled_for_ever(dice: random.Random, *, broker: bool) -> Iterator[Cell]:
    every = [cell for cell in cells() if broker or not cell.by_kafka]
    while True:
        yield from dice.sample(every, len(every))


def table(hit: Counter[Cell]) -> Sequence[str]:
    """Step × what happened, as lines to print."""
    columns = list(itertools.product(VICTIMS, (KILL, FREEZE)))
    known = set(cells())
    heads = [f"{victim} {act}" for victim, act in columns]
    lines = [f"{'step':24}" + "".join(f"{head:>19}" for head in heads)]
    for point in STEPS:
        row = (Cell(point, victim, act) for victim, act in columns)
        lines.append(f"{point:24}" + "".join(f"{hit[cell] if cell in known else '-':>19}" for cell in row))
    return lines
