"""The heads of a course: seats taken and released, and those that are only typed. Every change counts them anew."""

from dataclasses import dataclass
from uuid import UUID

from libs.values.errors import Invalid
from services.training.domain.course_state import (
    Cancelled,
    Event,
    HeadsCounted,
    HeadsTyped,
    NotOpened,
    Open,
    Seat,
    SeatsReleased,
    SeatsTaken,
    State,
    evolve,
)


@dataclass(frozen=True, slots=True)
class TypeHeads:
    """How many took part and how many of them were women; registered are those who are known by name."""

    course_id: UUID
    participants: int
    women: int


def type_heads(state: Open, command: TypeHeads) -> list[Event]:
    """Never fewer than are known by name; men who are known are no women. Raises Invalid `training.bad_headcount`."""
    known, women = len(state.seats), sum(seat.woman for seat in state.seats.values())
    for field, value, least, most in (
        ("participants", command.participants, known, None),
        ("women", command.women, women, command.participants - (known - women)),
    ):
        if value < least or (most is not None and value > most):
            bounds = f"不少于{least}" if most is None else f"{least}至{most}"
            raise Invalid(
                "training.bad_headcount",
                f"人数{value}不正确：名册中已有{known}人，其中女{women}人",
                field=field,
                value=str(value),
                rule="总人数不少于已知人数，女学员不多于总人数减去已知的男学员",
                right=bounds,
            )
    if state.typed == (command.participants, command.women):
        return []
    typed = HeadsTyped(command.course_id, command.participants, command.women)
    after = evolve(state, typed)
    assert isinstance(after, Open)
    return [typed, _counted(after, command.course_id)]


def seats_changed(state: Open, course_id: UUID, take: tuple[Seat, ...], release: tuple[UUID, ...]) -> list[Event]:
    """Seats released and taken, and the heads counted after it."""
    events: list[Event] = []
    if release:
        events.append(SeatsReleased(course_id, release))
    if take:
        events.append(SeatsTaken(course_id, take))
    after: State = state
    for event in events:
        after = evolve(after, event)
    assert not isinstance(after, NotOpened)
    return [*events, _counted(after, course_id)] if events else []


def _counted(state: Open, course_id: UUID) -> HeadsCounted:
    seats = state.seats.values()
    registered = {seat.woman_id for seat in seats if seat.woman_id is not None}
    participants, women = len(seats), sum(seat.woman for seat in seats)
    if not isinstance(state, Cancelled):
        participants, women = max(participants, state.typed[0]), max(women, state.typed[1])
    return HeadsCounted(course_id, participants, women, len(registered))
