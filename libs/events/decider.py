"""The rules of one aggregate as data: pure functions, no clock, no I/O."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from libs.events.snapshots import Snapshots

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")


@dataclass(frozen=True)
class Decider(Generic[S, C, E]):
    """`decide(state, command)` gives events or raises a DomainError; `evolve(state, event)` gives the next state.

    `snapshots` spare reading long streams whole, `remembered` those that are asked for again and again; measure before
    you opt in.
    """

    initial: S
    decide: Callable[[S, C], list[E]]
    evolve: Callable[[S, E], S]
    snapshots: Snapshots[S] | None = None
    remembered: bool = False

    def fold(self, events: Iterable[E], state: S | None = None) -> S:
        """The state after these events."""
        current = self.initial if state is None else state
        for event in events:
            current = self.evolve(current, event)
        return current
