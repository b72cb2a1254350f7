"""Which records are one woman: merges as edges, kept with the ids under which they were recorded."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID


class Aliases:
    """Edges that hold now. They may arrive in any order across women, so a passing circle must not trap us."""

    def __init__(self, edges: Iterable[tuple[UUID, UUID]] = ()) -> None:
        """Each edge is (merged, survivor)."""
        self._survivors: defaultdict[UUID, set[UUID]] = defaultdict(set)
        self._merged: defaultdict[UUID, set[UUID]] = defaultdict(set)
        for merged, survivor in edges:
            self.merge(merged, survivor)

    def merge(self, merged: UUID, survivor: UUID) -> None:
        """From here on the two are one; said twice it is said once."""
        self._survivors[merged].add(survivor)
        self._merged[survivor].add(merged)

    def unmerge(self, merged: UUID, survivor: UUID) -> None:
        """Takes one edge back; one that is not there is no fault."""
        self._survivors[merged].discard(survivor)
        self._merged[survivor].discard(merged)

    def canonical(self, woman: UUID) -> UUID:
        """The record under which she counts: the end of the chain; in a circle the smallest id."""
        chain = [woman]
        while following := self._survivors.get(chain[-1]):
            survivor = min(following)
            if survivor in chain:
                return min(chain[chain.index(survivor) :])
            chain.append(survivor)
        return chain[-1]

    def connected(self, women: Iterable[UUID]) -> frozenset[UUID]:
        """These and every record joined to them by edges, in either direction."""
        found: set[UUID] = set()
        waiting = set(women)
        while waiting:
            woman = waiting.pop()
            found.add(woman)
            waiting |= (self._survivors.get(woman, set()) | self._merged.get(woman, set())) - found
        return frozenset(found)

    def groups(self, women: Iterable[UUID]) -> dict[UUID, tuple[UUID, ...]]:
        """Canonical id → all records of that woman, for everybody joined to these."""
        result: defaultdict[UUID, list[UUID]] = defaultdict(list)
        for woman in sorted(self.connected(women)):
            result[self.canonical(woman)].append(woman)
        return {canonical: tuple(members) for canonical, members in result.items()}
