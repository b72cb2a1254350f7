"""One record of a woman, read from its facts in order: where she lived when, her status, exits, measures."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import assert_never
from uuid import UUID

from libs.values.valid_date import ValidDate
from services.reporting.domain.mapping.row import (
    Body,
    Context,
    DropsHousehold,
    Exits,
    HoldsHousehold,
    Leaves,
    ListsDivisions,
    Measures,
    Merges,
    Outcomes,
    Registers,
    Rejoins,
    Returns,
    Row,
    Unmerges,
    Withdraws,
)

EXITED = "exited"
RETURNED = "returned"
MONITORED = "monitored"
LEFT = "left"


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact as her record sees it. `number` is the publisher's: the order in which it told its facts."""

    recorded: int
    number: int
    event_id: UUID
    source: str
    row: Row
    body: Body


@dataclass(frozen=True, slots=True)
class Residence:
    """Where the register of a day had her."""

    as_of: date
    recorded: int
    division: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Unit and status as they hold since a day, and the event that said so."""

    division: str
    status: str
    since: date
    source: str
    event_id: UUID


@dataclass(frozen=True, slots=True)
class Episode:
    """An exit or a return with its valid date."""

    exit: bool
    valid: ValidDate
    entry: Entry


@dataclass(slots=True)
class Record:
    """What is known under one id. `register` is the body of the latest register fact, None when never.

    `here` is false from her leaving (died, moved, …) until she is back.
    """

    woman: UUID
    register: Body | None = None
    here: bool = True
    standing: Standing | None = None
    residences: list[Residence] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)
    measures: dict[tuple[str, UUID], Entry] = field(default_factory=dict)

    def unit_on(self, day: date) -> str | None:
        """Her village on a day: by the last register up to it, before the first one as in the first one."""
        if not self.residences:
            return None
        until = [each for each in self.residences if each.as_of <= day]
        if until:
            return max(until, key=lambda each: (each.as_of, each.recorded)).division
        return min(self.residences, key=lambda each: (each.as_of, -each.recorded)).division


def read(woman: UUID, entries: Iterable[Entry]) -> Record:
    """Her record after these facts, in the order they were recorded."""
    record = Record(woman)
    for entry in entries:
        _take(record, entry)
    return record


def _take(record: Record, entry: Entry) -> None:
    effect = entry.row.effect
    match effect:
        case Registers(outside):
            _register(record, entry, MONITORED if outside else entry.body["status"])
        case Leaves() | Rejoins():
            record.here = isinstance(effect, Rejoins)
        case Exits() | Returns():
            _episode(record, entry, effect)
        case Measures() | Outcomes():
            record.measures[effect.kind.name, UUID(entry.body[effect.measure_id])] = entry
        case Withdraws():
            record.measures.pop((effect.kind.name, UUID(entry.body[effect.measure_id])), None)
        case Merges() | Unmerges() | HoldsHousehold() | DropsHousehold():
            pass  # an edge between records, or no figure of hers
        case ListsDivisions() | Context():
            pass  # names, and what only explains
        case _:
            assert_never(effect)


def _register(record: Record, entry: Entry, status: str) -> None:
    body, as_of = entry.body, date.fromisoformat(entry.body["as_of"])
    record.register = body
    record.residences.append(Residence(as_of, entry.recorded, body["division"]))
    _stand(record, entry, body["division"], status, as_of)


def _episode(record: Record, entry: Entry, effect: Exits | Returns) -> None:
    is_exit = isinstance(effect, Exits)
    episode = Episode(is_exit, ValidDate.parse(entry.body[effect.valid]), entry)
    record.episodes.append(episode)
    if record.standing is not None and latest(record.episodes) is episode:
        status = EXITED if is_exit else RETURNED
        _stand(record, entry, record.standing.division, status, episode.valid.last)


def _stand(record: Record, entry: Entry, division: str, status: str, since: date) -> None:
    held = record.standing
    if held is None or (held.division, held.status) != (division, status):
        record.standing = Standing(division, status, since, entry.source, entry.event_id)


def latest(episodes: Iterable[Episode]) -> Episode | None:
    """The last one by valid date; of two on one day the one told later by its publisher, however we read them."""
    return max(episodes, key=lambda each: (each.valid.last, each.entry.number), default=None)
