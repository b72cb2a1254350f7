"""The chain of `previous` numbers in each partition: it shows what follows, what comes twice, each hole, each fork."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from libs.events.envelope import TICK
from libs.events.poison import Stopped
from libs.events.transport import Offset, Published


class Fork(Stopped):
    """The publisher's log is not the one that was read so far (restored, or written by two): stop and ask a person."""


@dataclass(frozen=True, slots=True)
class Next:
    """Of a batch: the records that follow what is stored, the ticks that do, and the partitions with a hole."""

    taken: Sequence[Published]
    ticks: Sequence[Published]
    holes: frozenset[int]


def follow(offsets: Mapping[int, Offset], batch: Sequence[Published]) -> Next:
    """What can be taken after `offsets`, duplicates dropped; raises Fork.

    What is missing may come later in the same batch, after records that were sent before it.
    """
    taken: list[Published] = []
    ticks: list[Published] = []
    holes: set[int] = set()
    last = dict(offsets)
    for record in batch:
        before = last[record.partition]
        if record.type == TICK:
            if record.previous > before.number:
                holes.add(record.partition)
            elif record.previous == before.number:
                ticks.append(record)
        elif record.number <= before.number:
            if record.number == before.number and before.event_id not in {None, record.event_id}:
                raise Fork(f"number {record.number} came with another event id than before")
        elif record.previous > before.number:
            holes.add(record.partition)
        elif record.previous < before.number:
            raise Fork(f"number {record.number} follows {record.previous}, but {before.number} was read before")
        elif record.previous_id is not None and before.event_id not in {None, record.previous_id}:
            raise Fork(f"number {record.number} follows another record {record.previous} than was read before")
        else:
            last[record.partition] = Offset(record.number, record.event_id, record.place)
            holes.discard(record.partition)
            taken.append(record)
    return Next(taken, ticks, frozenset(holes))
