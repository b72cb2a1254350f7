"""One woman from all her records: the state that is counted and the lines that are open. Pure, whatever came first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from libs.values.target_group import TargetGroup, target_group
from services.reporting.domain.lines import Line
from services.reporting.domain.mapping import MATCHING
from services.reporting.domain.mapping.row import Body, Measures, Outcomes
from services.reporting.domain.records import EXITED, LEFT, RETURNED, Entry, Episode, Record, latest

REGISTER = "register"
EPISODE = "episode"


@dataclass(frozen=True, slots=True)
class State:
    """A registered woman as reports count her. `measures` are the kinds she has, `classes` their classes."""

    woman_id: UUID
    household_id: UUID
    division: str
    status: str
    baseline_exit: bool
    lifted: bool
    birth_year: int
    labour: str
    in_school: bool
    head: bool
    as_of: date
    target_group: TargetGroup
    measures: tuple[str, ...]
    classes: tuple[str, ...]

    @property
    def matched(self) -> bool:
        """A development or relief measure started and not ended without effect; reach never matches."""
        return bool(MATCHING.intersection(self.classes))

    @property
    def returned(self) -> bool:
        """Her present state is 返贫."""
        return self.status == RETURNED


@dataclass(frozen=True, slots=True)
class Woman:
    """`state` is None while she is not in the register; her lines are kept meanwhile."""

    state: State | None
    lines: tuple[Line, ...]


def woman(canonical: UUID, records: Sequence[Record]) -> Woman:
    """Fold the records that are one woman; `canonical` is the id under which she counts."""
    ordered = sorted(records, key=lambda each: (each.woman != canonical, each.woman))
    measures = list(_measure_lines(ordered))
    lines = [*_register_line(ordered[0]), *_episode_lines(ordered), *measures]
    return Woman(_state(ordered, measures), tuple(lines))


def lifted(records: Iterable[Record], status: str) -> bool:
    """Out since an exit valid after her baseline, and not returned since (扶持一个、脱贫一个 counts these)."""
    records = list(records)
    baseline = min((home.as_of for each in records for home in each.residences), default=None)
    last = latest(episode for each in records for episode in each.episodes)
    return status == EXITED and baseline is not None and last is not None and last.exit and last.valid.last > baseline


def _state(records: Sequence[Record], measures: Sequence[Line]) -> State | None:
    register, standing = records[0].register, records[0].standing
    if register is None or standing is None:
        return None
    as_of = date.fromisoformat(register["as_of"])
    return State(
        woman_id=records[0].woman,
        household_id=UUID(register["household_id"]),
        division=standing.division,
        status=standing.status if records[0].here else LEFT,
        baseline_exit=register.get("baseline_exit", False),
        lifted=lifted(records, standing.status),
        birth_year=register["birth_year"],
        labour=register["labour"],
        in_school=register["in_school"],
        head=register["head"],
        as_of=as_of,
        target_group=target_group(register["birth_year"], register["labour"], register["in_school"], as_of),
        measures=tuple(sorted({line.measure_kind for line in measures})),
        classes=tuple(sorted({line.measure_class for line in measures})),
    )


def _register_line(record: Record) -> Iterable[Line]:
    standing = record.standing
    if standing is not None:
        yield Line(
            subject_kind="woman",
            subject_id=record.woman,
            measure_kind=REGISTER,
            measure_class=REGISTER,
            measure_id=record.woman,
            phase=standing.status,
            unit=standing.division,
            valid_from=standing.since,
            valid_to=standing.since,
            source=standing.source,
            event_id=standing.event_id,
        )


def _episode_lines(records: Sequence[Record]) -> Iterable[Line]:
    seen: set[object] = set()
    for record in records:
        for episode in record.episodes:
            same = (episode.exit, episode.valid.first, episode.valid.last)
            if same not in seen:  # two records of one woman often know the same exit
                seen.add(same)
                yield _episode_line(record, records[0], episode)


def _episode_line(record: Record, canonical: Record, episode: Episode) -> Line:
    return Line(
        subject_kind="woman",
        subject_id=record.woman,
        measure_kind="exit" if episode.exit else "return",
        measure_class=EPISODE,
        measure_id=episode.entry.event_id,
        phase="outcome",
        unit=_unit(record, canonical, episode.valid.last),
        valid_from=episode.valid.first,
        valid_to=episode.valid.last,
        source=episode.entry.source,
        event_id=episode.entry.event_id,
    )


def _measure_lines(records: Sequence[Record]) -> Iterable[Line]:
    seen: set[tuple[str, UUID]] = set()
    for record in records:
        for (kind, measure_id), entry in record.measures.items():
            if (kind, measure_id) in seen:  # once per measure, merged or not
                continue
            match entry.row.effect:
                case Measures() as effect if int(entry.body[effect.quantity]) >= effect.at_least:
                    seen.add((kind, measure_id))
                    yield _measure_line(record, records[0], entry, effect, measure_id)
                case Outcomes() as effect if entry.body[effect.good] and _delivered(records, entry, effect):
                    seen.add((kind, measure_id))
                    yield _outcome_line(record, records[0], entry, effect, measure_id)


def _measure_line(record: Record, canonical: Record, entry: Entry, effect: Measures, measure_id: UUID) -> Line:
    body = entry.body
    first = date.fromisoformat(body[effect.first])
    return Line(
        subject_kind="woman",
        subject_id=record.woman,
        measure_kind=effect.kind.name,
        measure_class=effect.kind.measure_class,
        measure_id=measure_id,
        phase="delivered" if _is_delivered(effect, body) else "started",
        unit=_unit(record, canonical, first),
        valid_from=first,
        valid_to=date.fromisoformat(body[effect.last]),
        source=entry.source,
        event_id=entry.event_id,
        quantity=int(body[effect.quantity]),
        quantity_unit=effect.kind.quantity_unit,
        fen=int(body[effect.fen]) if effect.fen else 0,
        need=body[effect.need] if effect.need else None,
        funding=body[effect.funding] if effect.funding else None,
    )


def _delivered(records: Sequence[Record], outcome: Entry, effect: Outcomes) -> bool:
    """Whether the measure that it is the outcome of stands, in whichever of her records, and is delivered."""
    key = (effect.of.name, UUID(outcome.body[effect.of_id]))
    held = [record.measures[key] for record in records if key in record.measures]
    return any(isinstance(each.row.effect, Measures) and _is_delivered(each.row.effect, each.body) for each in held)


def _is_delivered(effect: Measures, body: Body) -> bool:
    return effect.delivered is None or bool(body[effect.delivered])


def _outcome_line(record: Record, canonical: Record, entry: Entry, effect: Outcomes, measure_id: UUID) -> Line:
    on = date.fromisoformat(entry.body[effect.on])
    return Line(
        subject_kind="woman",
        subject_id=record.woman,
        measure_kind=effect.kind.name,
        measure_class=effect.kind.measure_class,
        measure_id=measure_id,
        phase="outcome",
        unit=_unit(record, canonical, on),
        valid_from=on,
        valid_to=on,
        source=entry.source,
        event_id=entry.event_id,
        quantity=1,
        quantity_unit=effect.kind.quantity_unit,
    )


def _unit(record: Record, canonical: Record, day: date) -> str | None:
    return record.unit_on(day) or canonical.unit_on(day)
