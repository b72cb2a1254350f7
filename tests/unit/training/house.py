"""Training over a log in memory: the same handlers as in production, with the fakes that ship with their ports."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from libs.events.memory import MemoryStore
from libs.events.meta import Meta
from libs.events.vault import MemoryVault
from libs.values.division import Division
from services.training.adapters.fake_registry import FakeRegistry
from services.training.domain import roster_line as lines
from services.training.domain.codec import codec
from services.training.domain.enrolment import Active, enrolment
from services.training.handlers.decisions import Decide, Decided, Decision
from services.training.handlers.keep_roster import KeepRoster
from services.training.handlers.ports import Upload
from services.training.rosters.importing import ImportRoster
from tests.unit.training.samples import COUNTY

NOW = datetime(2017, 12, 1, 4, 0, tzinfo=UTC)


class Register:
    """Merges and residence as the tests say."""

    def __init__(self) -> None:
        self.merged: dict[UUID, UUID] = {}
        self.homes: dict[UUID, str] = {}

    async def canonical(self, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
        return {woman: self.merged[woman] for woman in ids if woman in self.merged}

    async def divisions(self, ids: Collection[UUID]) -> Mapping[UUID, str]:
        return {woman: self.homes[woman] for woman in ids if woman in self.homes}


class TrainingHouse:
    """One service with a log in memory."""

    def __init__(self, registry: FakeRegistry) -> None:
        self.vault = MemoryVault()
        self.store = MemoryStore(codec(), clock=lambda: NOW, ids=uuid7, vault=self.vault)
        self.register = Register()
        keep = KeepRoster(self.store, self.register, self)
        self.importer = ImportRoster(registry, keep, self.vault, lambda: NOW, self._published)
        self.decider = Decide(self.store, self.vault, self.register, self.register)

    async def unseated(self, course_id: UUID) -> Sequence[UUID]:
        return [
            line_id
            for line_id, line in self.lines().items()
            if isinstance(line, lines.Kept)
            and line.course_id == course_id
            and line.said.kind == "waiting"
            and not line.said.seated
        ]

    async def roster(self, path: Path, unit: str = COUNTY, *, dry_run: bool = False) -> dict[str, Any]:
        """Import a file for a unit."""

        async def progress(_done: int, _total: int) -> None:
            return

        return await self.importer.run(Upload(path.name, path), meta(unit), progress, dry_run=dry_run)

    async def decide(self, line_id: UUID, decision: Any, unit: str = COUNTY) -> Decided:
        return await self.decider.decide(Decision(line_id, decision), Division(unit), meta(unit))

    async def confirm_all(self) -> None:
        for line_id in self.waiting():
            await self.decide(line_id, "confirm")

    def waiting(self) -> dict[UUID, lines.Kept]:
        return {
            line_id: line
            for line_id, line in self.lines().items()
            if isinstance(line, lines.Kept) and lines.waits(line)
        }

    def lines(self) -> dict[UUID, lines.State]:
        states: dict[UUID, lines.State] = {}
        for recorded in self.store.log:
            if recorded.type.startswith("line-"):
                before = states.get(recorded.stream_id, lines.NoLine())
                states[recorded.stream_id] = lines.evolve(before, recorded.event)
        return states

    def attended(self) -> dict[tuple[UUID, UUID], int]:
        """(course, woman) → days, for everybody whose attendance counts."""
        states: dict[UUID, Any] = {}
        for recorded in self.store.log:
            if recorded.type in ("woman-enrolled", "attendance-recorded", "enrolment-withdrawn"):
                before = states.get(recorded.stream_id, enrolment.initial)
                states[recorded.stream_id] = enrolment.evolve(before, recorded.event)
        return {
            (state.course_id, state.woman_id): state.attendance.days
            for state in states.values()
            if isinstance(state, Active) and state.attendance
        }

    def women(self) -> set[UUID]:
        return {woman for _, woman in self.attended()}

    async def _published(self, _xid: int) -> int | None:
        return len(self.store.log)


def meta(unit: str) -> Meta:
    return Meta(actor="tester", role="cadre", unit=unit, correlation_id=UUID(int=1))
