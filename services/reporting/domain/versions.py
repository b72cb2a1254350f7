"""States as versions, each from one recorded number until before another: what was known at N stays readable."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

OPEN: Final = 2**63 - 1  # `until` of a version that still holds


@dataclass(slots=True)
class Version(Generic[V]):
    """A value from `recorded` until before `until`."""

    recorded: int
    value: V
    until: int = OPEN


class Versions(Generic[K, V]):
    """The open versions a batch touches, and what it opens and closes."""

    def __init__(self, held: Mapping[K, Version[V]]) -> None:
        """`held` are the open versions as stored."""
        self._held = dict(held)
        self._fresh: dict[tuple[K, int], Version[V]] = {}
        self.closed: list[tuple[K, int, int]] = []  # key, recorded, until: stored ones that end

    def value(self, key: K) -> V | None:
        """What holds for the key."""
        version = self._held.get(key)
        return version.value if version else None

    def present(self) -> list[K]:
        """Keys for which something holds."""
        return list(self._held)

    @property
    def opened(self) -> list[tuple[K, Version[V]]]:
        """New versions in order; some may have ended within the batch."""
        return [(key, version) for (key, _), version in self._fresh.items()]

    def settle(self, key: K, value: V | None, recorded: int) -> None:
        """From `recorded` on `value` holds, or nothing when None; what holds already is left alone."""
        if self.value(key) == value:
            return
        self._end(key, recorded)
        if value is not None:
            self._held[key] = self._fresh[key, recorded] = Version(recorded, value)

    def _end(self, key: K, recorded: int) -> None:
        version = self._held.pop(key, None)
        if version is None:
            return
        if (key, version.recorded) not in self._fresh:
            self.closed.append((key, version.recorded, recorded))
        elif version.recorded == recorded:  # replaced within one number: it never held
            del self._fresh[key, recorded]
        version.until = recorded
