"""The table: every step at which a process may be, against everything that can happen to it or to a server there."""

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from libs.events.failpoints import POINTS

ROLES: Final = {"append": "client", "command": "client", "page": "publisher", "consumer": "consumer"}
STEPS: Final = tuple(point for point in POINTS if point.partition(".")[0] in ROLES)
OWN: Final = "process"
POSTGRESQL: Final = "postgresql"
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
        return ROLES[self.point.partition(".")[0]]

    def __str__(self) -> str:
        return f"{self.act} {self.victim} at {self.point}"


@dataclass(frozen=True, slots=True)
class Round:
    """Some cells one after another in one world, each at the n-th passing of its point."""

    number: int
    seed: int
    hits: tuple[tuple[Cell, int], ...]

    def __str__(self) -> str:
        return f"{self.number:03}: " + ", ".join(f"{cell} ({nth})" for cell, nth in self.hits)


def cells() -> list[Cell]:
    """All of them."""
    return [Cell(*each) for each in itertools.product(STEPS, (OWN, POSTGRESQL), (KILL, FREEZE))]


def rounds(count: int, seed: int, size: int) -> list[Round]:
    """Every cell once in an order drawn from the seed, then again, `size` to a round."""
    dice = random.Random(seed)
    endless = _shuffled_for_ever(dice)
    made = []
    for number in range(1, count + 1):
        hits = tuple((next(endless), dice.randint(1, LATEST)) for _ in range(size))
        made.append(Round(number, seed, hits))
    return made


def _shuffled_for_ever(dice: random.Random) -> Iterator[Cell]:
    while True:
        yield from dice.sample(cells(), len(cells()))


def table(hit: Counter[Cell]) -> Sequence[str]:
    """Step × what happened, as lines to print."""
    columns = list(itertools.product((OWN, POSTGRESQL), (KILL, FREEZE)))
    heads = [f"{victim} {act}" for victim, act in columns]
    lines = [f"{'step':24}" + "".join(f"{head:>20}" for head in heads)]
    for point in STEPS:
        counts = (hit[Cell(point, victim, act)] for victim, act in columns)
        lines.append(f"{point:24}" + "".join(f"{count:>20}" for count in counts))
    return lines
