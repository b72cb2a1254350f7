"""The projection itself, without I/O: facts taken one by one, states and lines that change at each recorded number.

Every fact is applied at its own number, also inside a batch: a report as known at any number is exact, and the
same facts give the same rows however they were batched.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.reporting.domain.aliases import Aliases
from services.reporting.domain.lines import LineKey, Written, difference, key
from services.reporting.domain.mapping.row import Body, Merges, Row, Unmerges
from services.reporting.domain.records import Entry, read
from services.reporting.domain.versions import Version, Versions
from services.reporting.domain.women import State, woman


@dataclass(frozen=True, slots=True)
class Numbered:
    """A fact with its recorded number and its publisher's; `body` is the contract as JSON values."""

    recorded: int
    number: int
    event_id: UUID
    source: str
    row: Row
    key: UUID
    body: Body


class Book:
    """All that is known about the women a batch touches, and what the batch changes about them."""

    def __init__(
        self,
        aliases: Aliases,
        entries: Mapping[UUID, Sequence[Entry]],
        states: Mapping[UUID, Version[State]],
        lines: Iterable[Written],
    ) -> None:
        """`states` and `lines` are the open ones; `entries` the facts so far, in order."""
        self.states: Versions[UUID, State] = Versions(states)
        self.lines: list[Written] = []  # new ones
        self._aliases = aliases
        self._entries = defaultdict(list, {woman_id: list(each) for woman_id, each in entries.items()})
        self._open: defaultdict[UUID, dict[LineKey, Written]] = defaultdict(dict)
        for written in lines:
            self._open[written.line.subject_id][key(written.line)] = written

    def take(self, fact: Numbered) -> None:
        """Apply one fact at its number."""
        women = fact.row.subjects(fact.body)
        touched = self._aliases.connected(women)  # those joined before, for an un-merge parts them
        self._join(fact)
        seq = 1
        for canonical, members in self._aliases.groups(touched).items():
            seq += self._refold(canonical, members, fact, seq)

    def _join(self, fact: Numbered) -> None:
        match fact.row.effect:
            case Merges(merged, survivor):
                self._aliases.merge(UUID(fact.body[merged]), UUID(fact.body[survivor]))
            case Unmerges(merged, survivor):
                self._aliases.unmerge(UUID(fact.body[merged]), UUID(fact.body[survivor]))
            case _:
                entry = Entry(fact.recorded, fact.number, fact.event_id, fact.source, fact.row, fact.body)
                self._entries[fact.row.subjects(fact.body)[0]].append(entry)

    def _refold(self, canonical: UUID, members: Sequence[UUID], fact: Numbered, seq: int) -> int:
        folded = woman(canonical, [read(member, self._entries.get(member, ())) for member in members])
        for member in members:
            self.states.settle(member, folded.state if member == canonical else None, fact.recorded)
        held = {line_key: each for member in members for line_key, each in self._open[member].items()}
        written = difference(held, folded.lines, fact.recorded, fact.event_id, seq)
        for each in written:
            of_subject = self._open[each.line.subject_id]
            if each.reverses is None:
                of_subject[key(each.line)] = each
            else:
                del of_subject[key(each.line)]
        self.lines += written
        return len(written)
