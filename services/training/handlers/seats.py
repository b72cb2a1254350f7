"""What every command on a woman in a course looks up first: the course, if it is the caller's to fill, and her seat."""

from datetime import date
from typing import Final
from uuid import UUID

from libs.events.commands import Commands
from libs.events.types import Connection
from libs.values.division import Division
from libs.values.errors import NotFound
from libs.values.priority import Needs
from services.training.domain.course import Finished, NotOpened, Open, course
from services.training.domain.course_state import taking_place
from services.training.domain.refusals import course_over
from services.training.handlers.ports import Aliases, Register

ALONE: Final = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"


async def alone(tx: Connection, course_id: UUID) -> None:
    """Keep the seats of a course to the end of the transaction: nobody takes one while another is promised it."""
    await tx.execute(ALONE, f"course:{course_id}")


def near(caller: Division, unit: Division) -> bool:
    """Whether a unit's courses are the caller's to fill: its own, those below and those above."""
    return caller.covers(unit) or unit.covers(caller)


async def course_of(commands: Commands, course_id: UUID, caller: Division) -> Open:
    """The course; raises NotFound where there is none, and where it is neither of the caller's units nor above them.

    Refused `training.course_cancelled` where it is not held.
    """
    state, _version = await commands.state(course, course_id)
    if isinstance(state, NotOpened) or not near(caller, Division(state.facts.unit)):
        raise NotFound("training.course_not_found", "没有这个培训班，或它不属于您的单位")
    return taking_place(state)


async def standing_of(
    register: Register, aliases: Aliases, woman_id: UUID, caller: Division
) -> tuple[UUID, str, Needs]:
    """The id she is known by, where she is registered, her needs; raises NotFound for a woman of other units."""
    woman = (await aliases.canonical({woman_id})).get(woman_id, woman_id)
    known = (await register.standing({woman})).get(woman)
    if known is None or not caller.covers(Division(known[0])):
        raise NotFound("training.woman_not_found", "没有这位妇女，或她不属于您的单位", field="woman_id")
    return woman, *known


async def seat_of(aliases: Aliases, opened: Open, woman: UUID) -> UUID | None:
    """The seat of a woman, under whichever of her ids she took it; `woman` is the id she is known by."""
    women = {seat.woman_id for seat in opened.seats.values() if seat.woman_id}
    canonical = await aliases.canonical(women)
    for seat in opened.seats.values():
        if seat.woman_id and canonical.get(seat.woman_id, seat.woman_id) == woman:
            return seat.seat_id
    return None


def check_open(opened: Open, on: date) -> None:
    """Raises Refused when nobody can apply any more."""
    if isinstance(opened, Finished) or on > opened.facts.last_day:
        raise course_over(opened.facts.last_day, on)
