"""given(decider, *history).when(command).then(*events): the rules of an aggregate as sentences."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from libs.events.decider import Decider
from libs.values.errors import DomainError

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")


@dataclass(frozen=True)
class Given(Generic[S, C, E]):
    """A decider and what happened before."""

    decider: Decider[S, C, E]
    history: tuple[E, ...]

    def when(self, command: C) -> "When":
        """Decide the command on the folded history."""
        state = self.decider.fold(self.history)
        try:
            return When(list(self.decider.decide(state, command)), None)
        except DomainError as refusal:
            return When([], refusal)


@dataclass(frozen=True)
class When:
    """The answer to one command."""

    events: list[Any]
    refusal: DomainError | None

    def then(self, *expected: object) -> None:
        """Exactly these events follow."""
        if self.refusal is not None:
            raise AssertionError(f"refused: {self.refusal.code}: {self.refusal}") from self.refusal
        assert self.events == list(expected), f"expected {list(expected)}, got {self.events}"

    def then_nothing(self) -> None:
        """Accepted, and nothing new is said."""
        self.then()

    def then_refused(self, kind: type[DomainError], text: str = "") -> None:
        """Refused with this kind of error, whose code or message contains the text."""
        assert self.refusal is not None, f"expected a refusal, got {self.events}"
        assert isinstance(self.refusal, kind), f"expected {kind.__name__}, got {self.refusal!r}"
        said = f"{self.refusal.code}: {self.refusal}"
        assert text in said, f"expected {text!r} in {said!r}"


def given(decider: Decider[S, C, E], *history: E) -> Given[S, C, E]:
    """Start of a sentence."""
    return Given(decider, history)
