"""Brings a class to what its roster says: the difference only, so the same roster again adds nothing.

One transaction holds an ordinary roster whole. A larger one takes its seats first and the rest in pages; killed
between two pages it is finished by running it again, because every id follows from course and woman.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from uuid import UUID

from libs.events.decider import Decider
from libs.events.meta import Meta
from libs.events.personal import Personal
from libs.events.store import NO_STREAM, Append, EventStore, VersionConflict
from libs.values.division import Division
from services.training.domain import course as courses
from services.training.domain import enrolment as enrolments
from services.training.domain import roster_line as lines
from services.training.domain.keys import enrolment_id
from services.training.handlers.fit_roster import fitted
from services.training.handlers.ports import Aliases
from services.training.handlers.settle import Known, Named, Roster, Settled, settle

ATTEMPTS = 12
PAGE = 4_000  # events of one transaction; the kernel takes at most 5,000


class OpenLines(Protocol):
    """Lines of a course that hold no seat of their own, as far as the read model knows."""

    async def unseated(self, course_id: UUID) -> Sequence[UUID]:
        """Ids of waiting lines beside an enrolment."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What an import did. `facts`: the course as it is now; `xid`: what to wait for, None when nothing changed."""

    settled: Settled
    facts: courses.Facts
    events: int
    changed: frozenset[UUID]
    xid: int | None


@dataclass
class _Streams:
    """Versions and states of every stream the roster touches."""

    course_version: int
    course: courses.State
    versions: dict[UUID, int] = field(default_factory=dict)
    women: dict[UUID, enrolments.State] = field(default_factory=dict)
    kept: dict[UUID, lines.State] = field(default_factory=dict)

    @property
    def seats(self) -> Mapping[UUID, courses.Seat]:
        return {} if isinstance(self.course, courses.NotOpened) else self.course.seats


class KeepRoster:
    """Handles one roster of one class."""

    def __init__(self, store: EventStore, aliases: Aliases, open_lines: OpenLines) -> None:
        """The log, the registry's merges, and the read model of lines."""
        self._store = store
        self._aliases = aliases
        self._open_lines = open_lines

    async def known(self, key_id: UUID) -> UUID:
        """The course that a roster's key means: one that was moved there, else that of the key itself."""
        state = courses.course.fold(item.event for item in await self._store.load(key_id))
        return state.course_id if isinstance(state, courses.Elsewhere) else key_id

    async def plan(self, roster: Roster) -> Kept:
        """What an import would do; writes nothing."""
        roster, streams, known = await self._load(roster)
        settled = settle(roster, known)
        appends = list(_appends(roster, streams, known, settled, _NOBODY))
        return Kept(settled, roster.facts, _count(appends), frozenset(append.stream_id for append in appends), None)

    async def keep(self, roster: Roster, meta: Meta) -> Kept:
        """Append the difference. Raises what the rules refuse, VersionConflict when others are always faster."""
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._once(roster, meta)
            except VersionConflict:
                continue
        return await self._once(roster, meta)

    async def _once(self, roster: Roster, meta: Meta) -> Kept:
        roster, streams, known = await self._load(roster)
        settled = settle(roster, known)
        appends = list(_appends(roster, streams, known, settled, meta))
        xid: int | None = None
        for page in _pages(appends):
            xid = (await self._store.append_many(page))[-1].xid
        return Kept(settled, roster.facts, _count(appends), frozenset(append.stream_id for append in appends), xid)

    async def _load(self, roster: Roster) -> tuple[Roster, _Streams, Known]:
        """The roster as its course has it, and what the log says of everybody in it."""
        recorded = await self._store.load(roster.course_id)
        streams = _Streams(len(recorded), courses.course.fold(item.event for item in recorded))
        roster = fitted(roster, streams.course)
        named = {woman for entry in roster.entries for woman in (entry.woman_id, entry.candidate) if woman}
        seated = {seat.woman_id for seat in streams.seats.values() if seat.woman_id}
        line_ids = {entry.line_id for entry in roster.entries}
        line_ids |= {seat.seat_id for seat in streams.seats.values() if seat.woman_id is None}
        line_ids |= set(await self._open_lines.unseated(roster.course_id))
        await self._load_lines(streams, line_ids)
        confirmed = {state.woman_id for state in streams.kept.values() if isinstance(state, lines.Confirmed)}
        canonical = await self._aliases.canonical(named | seated | confirmed)
        enrolled = _enrolled(streams.seats.values(), canonical)
        women = {canonical.get(woman, woman) for woman in named | confirmed}
        fresh = {enrolment_id(roster.course_id, woman) for woman in women}
        await self._load_enrolments(streams, fresh | {seat.seat_id for seat in streams.seats.values() if seat.woman_id})
        stuck = frozenset(seat_id for seat_id in streams.seats if not _may_free(roster, streams, seat_id))
        return roster, streams, Known(streams.kept, canonical, enrolled, _room(streams, stuck), stuck)

    async def _load_lines(self, streams: _Streams, ids: Collection[UUID]) -> None:
        for stream_id, recorded in (await self._store.load_many(ids)).items():
            streams.versions[stream_id] = len(recorded)
            streams.kept[stream_id] = lines.roster_line.fold(item.event for item in recorded)

    async def _load_enrolments(self, streams: _Streams, ids: Collection[UUID]) -> None:
        for stream_id, recorded in (await self._store.load_many(ids)).items():
            streams.versions[stream_id] = len(recorded)
            streams.women[stream_id] = enrolments.enrolment.fold(item.event for item in recorded)


def _enrolled(seats: Iterable[courses.Seat], canonical: Mapping[UUID, UUID]) -> dict[UUID, courses.Seat]:
    """Woman → her seat; of two records that were merged the survivor's."""
    found: dict[UUID, courses.Seat] = {}
    for seat in seats:
        if seat.woman_id is None:
            continue
        woman = canonical.get(seat.woman_id, seat.woman_id)
        if woman not in found or seat.woman_id == woman:
            found[woman] = seat
    return found


_NOBODY = Meta(actor="", role="", unit="", correlation_id=UUID(int=0))


def _appends(roster: Roster, streams: _Streams, known: Known, settled: Settled, meta: Meta) -> Iterator[Append]:
    """The difference, stream by stream, the course first."""
    release = [seat_id for seat_id in streams.seats if seat_id not in settled.seats and seat_id not in known.stuck]
    yield from _course(roster, streams, settled, tuple(release), meta)
    for named in settled.named.values():
        state = streams.women.get(named.enrolment_id, enrolments.NotEnrolled())
        events = _enrolment(roster, state, named)
        yield from _one(streams, named.enrolment_id, events, meta)
    for seat_id in release:
        if seat_id in streams.women:
            state = streams.women[seat_id]
            yield from _one(streams, seat_id, enrolments.decide(state, enrolments.Withdraw(seat_id)), meta)
    for line_id, line in streams.kept.items():
        yield from _one(streams, line_id, _line(roster, line_id, line, settled), meta)


def _course(
    roster: Roster, streams: _Streams, settled: Settled, release: tuple[UUID, ...], meta: Meta
) -> Iterator[Append]:
    events: list[courses.Event] = []
    state = streams.course
    if isinstance(state, courses.NotOpened) or _covers(roster.unit, state.facts.unit):
        facts = roster.facts
        if not isinstance(state, courses.NotOpened):
            facts = replace(facts, unit=state.facts.unit)  # it stays with the unit that brought it
        events += courses.decide(state, courses.KeepFacts(roster.course_id, facts))
        state = courses.course.fold(events, state)
    fill = courses.FillSeats(roster.course_id, tuple(settled.seats.values()), release)
    events += courses.decide(state, fill)
    if events:
        yield Append(roster.course_id, streams.course_version or NO_STREAM, events, meta)


def _enrolment(roster: Roster, state: enrolments.State, named: Named) -> list[enrolments.Event]:
    if isinstance(state, enrolments.Active) and not _covers(roster.unit, state.unit):
        return []  # another unit's roster says so; that stands
    enrol = enrolments.EnrolWoman(
        named.enrolment_id, roster.course_id, named.woman_id, named.division, roster.unit, "roster"
    )
    certificate = Personal(named.woman_id, named.certificate, "training") if named.certificate else None
    record = enrolments.RecordAttendance(named.enrolment_id, named.attendance, certificate)
    return _in_turn(enrolments.enrolment, state, (enrol, record))


def _line(roster: Roster, line_id: UUID, state: lines.State, settled: Settled) -> list[lines.Event]:
    keep = settled.kept.get(line_id)
    if keep is not None:
        return lines.decide(state, keep)
    if isinstance(state, lines.Kept) and (_covers(roster.unit, state.said.unit) or line_id in settled.closed):
        return lines.decide(state, lines.DropLine(line_id))
    if isinstance(state, lines.Refused) and _covers(roster.unit, state.said.unit):
        return lines.decide(state, lines.DropLine(line_id))
    return []


def _in_turn(decider: Decider[Any, Any, Any], state: Any, commands: Sequence[Any]) -> list[Any]:
    events: list[Any] = []
    for command in commands:
        new = decider.decide(state, command)
        state = decider.fold(new, state)
        events += new
    return events


def _one(streams: _Streams, stream_id: UUID, events: Sequence[object], meta: Meta) -> Iterator[Append]:
    if events:
        yield Append(stream_id, streams.versions.get(stream_id, 0) or NO_STREAM, events, meta)


def _may_free(roster: Roster, streams: _Streams, seat_id: UUID) -> bool:
    """A roster frees only seats that a roster took, of its own unit or one below."""
    line = streams.kept.get(seat_id)
    if isinstance(line, lines.Kept | lines.Refused):
        return _covers(roster.unit, line.said.unit)
    state = streams.women.get(seat_id)
    if isinstance(state, enrolments.Active):
        return state.source == "roster" and _covers(roster.unit, state.unit)
    return True


def _room(streams: _Streams, stuck: frozenset[UUID]) -> int | None:
    if isinstance(streams.course, courses.NotOpened) or streams.course.capacity is None:
        return None
    return streams.course.capacity - len(stuck)


def _covers(unit: str, other: str) -> bool:
    return Division(unit).covers(Division(other))


def _count(appends: Sequence[Append]) -> int:
    return sum(len(append.events) for append in appends)


def _pages(appends: Sequence[Append]) -> Iterator[list[Append]]:
    page: list[Append] = []
    size = 0
    for append in appends:
        if page and size + len(append.events) > PAGE:
            yield page
            page, size = [], 0
        page.append(append)
        size += len(append.events)
    if page:
        yield page
