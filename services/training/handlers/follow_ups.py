"""Recording what became of a woman after a course, and reading it back: inside the caller's units only."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from libs.events.commands import Receipt
from libs.events.personal import Personal
from libs.events.runtime import Runtime
from libs.events.store import Recorded
from libs.events.types import Record
from libs.values.division import Division
from services.training.domain.enrolment import Active, enrolment
from services.training.domain.follow_up import FollowUpRecorded, RecordFollowUp, Said, follow_up
from services.training.domain.keys import follow_up_id
from services.training.handlers.enrolments import Caller, not_enrolled
from services.training.projections.follow_ups import FollowUps


@dataclass(frozen=True, slots=True)
class Told:
    """The answer as sent; `note` is free text about her."""

    said: Said
    note: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Story:
    """An enrolment of the caller's, the months at which is asked, and every answer with its note, the last first."""

    hers: Record
    months: list[Record]
    answers: list[tuple[Recorded[FollowUpRecorded], str | None]]
    version: int


class Answers:
    """Answers of women who finished a course."""

    def __init__(self, runtime: Runtime) -> None:
        """The log with its keys, and the read model."""
        self._runtime = runtime
        self._list = FollowUps(runtime.pool)

    async def record(self, enrolment_id: UUID, told: Told, today: date, caller: Caller) -> Receipt:
        """Raises NotFound for an enrolment that is not the caller's, and what the rules of a follow-up refuse."""
        hers = await self._hers(enrolment_id, caller.division)
        state, _version = await self._runtime.commands.state(enrolment, enrolment_id)
        attendance = state.attendance if isinstance(state, Active) else None
        if not isinstance(state, Active):
            raise not_enrolled()
        command = RecordFollowUp(
            enrolment_id,
            state.course_id,
            state.woman_id,
            hers["division"],
            caller.division.code,
            last_day=attendance.last_day if attendance else today,
            completed=attendance is not None and attendance.completed,
            today=today,
            said=told.said,
            note=Personal(state.woman_id, told.note, "training") if told.note else None,
        )
        return await self._runtime.commands.handle(
            follow_up,
            follow_up_id(enrolment_id),
            command,
            caller.meta,
            idempotency=caller.idempotency,
            respond=caller.respond,
            expected=caller.expected,
        )

    async def story(self, enrolment_id: UUID, division: Division, *, clear: bool) -> Story:
        """Notes only where `clear`, None once their key is destroyed. Raises NotFound."""
        hers = await self._hers(enrolment_id, division)
        recorded = await self._runtime.store.load(follow_up_id(enrolment_id))
        notes = await self._notes(recorded) if clear else [None] * len(recorded)
        answers = list(zip(recorded, notes, strict=True))
        return Story(hers, await self._list.of_one(enrolment_id), answers[::-1], len(recorded))

    async def _hers(self, enrolment_id: UUID, division: Division) -> Record:
        hers = await self._list.hers(division, enrolment_id)
        if hers is None:
            raise not_enrolled()
        return hers

    async def _notes(self, recorded: list[Recorded[Any]]) -> list[str | None]:
        """The note of each answer, in clear."""
        sealed = [each.event.note for each in recorded]
        known = [(note.subject, note.sealed or "") for note in sealed if note is not None]
        texts = iter(await self._runtime.vault.open_many(known))
        return [next(texts) if note is not None else None for note in sealed]
