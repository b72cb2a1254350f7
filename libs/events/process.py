"""Process managers: a service reacts to what happened by deciding on streams of its own.

`react` says what shall be done, as data; it is done in the transaction that moves the reader's offset (or fires the
timer), so it is done once. Another service is reached only by an event that is published as a contract it consumes.
A rule that refuses does not stop the reader: the process says which event becomes of it, for a person to see.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, TypeAlias, TypeVar
from uuid import UUID, uuid5

from libs.events import tracing
from libs.events.commands import Commands, Idempotency, InProgress
from libs.events.contract import Fact
from libs.events.decider import Decider
from libs.events.meta import Meta
from libs.events.store import Recorded, VersionConflict
from libs.events.timers import Timer, Timers, new_timer
from libs.events.types import Clock, Connection
from libs.values.errors import DomainError, Unavailable

S = TypeVar("S")

OUTWARD = "outward."  # timers whose process begins so are calls to the world outside
CLIENT = "process:"  # who asks, for the commands of a process; they are not pruned
Cause: TypeAlias = Fact[Any] | Recorded[Any] | Timer


@dataclass(frozen=True, slots=True)
class Reaction:
    """A command on a stream of our own; `unit` and `valid` are those of the cause unless said otherwise."""

    decider: Decider[Any, Any, Any]
    stream_id: UUID
    command: Any
    unit: str | None = None
    valid: str | None = None


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Wake this process then; a timer of the same id is moved. `payload`: JSON of ids and figures only."""

    id: UUID
    due_at: datetime
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """The process need no longer be woken."""

    id: UUID


@dataclass(frozen=True, slots=True)
class Call:
    """Something to be done outside, by the port of this name: at least once, always under the same id."""

    to: str
    payload: Mapping[str, Any]


Step: TypeAlias = Reaction | SetTimer | CancelTimer | Call


@dataclass(frozen=True, slots=True)
class Refusal:
    """What the rules refused, and why."""

    cause: Cause
    reaction: Reaction
    error: DomainError


class Turn:
    """What a process may look at while it reacts. `now` is the clock's; `tx` is None over a store in memory."""

    def __init__(self, tx: Connection | None, commands: Commands, now: datetime) -> None:
        """Made by the reactor for each cause."""
        self.tx = tx
        self.now = now
        self._commands = commands

    async def state(self, decider: Decider[S, Any, Any], stream_id: UUID) -> S:
        """The state of a stream, with what this transaction has appended."""
        state, _version = await self._commands.state(decider, stream_id, self.tx)
        return state


React: TypeAlias = Callable[[Turn, Any], Awaitable[Sequence[Step]]]


@dataclass(frozen=True)
class Process:
    """`react` gets a `Fact` of `source`, or without a source a `Recorded` of the service's own log.

    The steps of one cause are done in their order, up to the first that is refused: `refused` then answers with the
    steps that record it, which must not be refused again. `timeout` gets the
    timers that the process set. A new process reads all history first, so its rules must find nothing to do about it.
    """

    name: str
    handles: tuple[type, ...]
    react: React
    refused: Callable[[Refusal], Sequence[Step]]
    source: str | None = None
    timeout: Callable[[Turn, Timer], Awaitable[Sequence[Step]]] | None = None


class Outward(Protocol):
    """The world outside: a letter, a bank, a message. Called again under the same id when the answer was lost."""

    async def send(self, call_id: UUID, payload: Mapping[str, Any]) -> None:
        """Do it, or know by `call_id` that it was done; raise when it should be tried again later."""


@dataclass(frozen=True, slots=True)
class _Work:
    """One cause with what its steps need."""

    tx: Connection | None
    cause: Cause
    base: UUID  # from which the ids of its commands and calls follow
    meta: Meta


class Reactor:
    """Does what one process decides; the same cause again does nothing again."""

    def __init__(self, service: str, process: Process, commands: Commands, timers: Timers, clock: Clock) -> None:
        """`service` signs what is done: nobody asked for it but the cause."""
        self.process = process
        self._service = service
        self._commands = commands
        self._timers = timers
        self._clock = clock

    async def take(self, tx: Connection | None, causes: Sequence[Fact[Any]] | Sequence[Recorded[Any]]) -> None:
        """React to facts or events in their order. Raises VersionConflict: the whole batch is then decided anew."""
        for cause in causes:
            base = uuid5(cause.event_id, self.process.name)
            await self._turn(_Work(tx, cause, base, self._meta(cause.event_id, cause.meta)), self.process.react)

    async def fire(self, tx: Connection | None, timer: Timer) -> None:
        """React to a timer; its id with its time is the cause, so a timer set anew is another one."""
        if self.process.timeout is None:
            raise LookupError(f"process {self.process.name} has a timer and no answer to it")
        base = uuid5(timer.id, f"{self.process.name}:{timer.due_at.isoformat()}")
        cause = timer.meta.causation_id or timer.id
        await self._turn(_Work(tx, timer, base, self._meta(cause, timer.meta)), self.process.timeout)

    async def _turn(self, work: _Work, react: React) -> None:
        with tracing.span("events.react", (work.cause.meta.traceparent,), process=self.process.name):
            steps = await react(Turn(work.tx, self._commands, self._clock()), work.cause)
            for ordinal, step in enumerate(steps):
                if not await self._do(work, uuid5(work.base, str(ordinal)), step):
                    break  # refused: what was to follow it does not

    async def _do(self, work: _Work, step_id: UUID, step: Step) -> bool:
        match step:
            case Reaction():
                return await self._decide(work, step_id, step)
            case SetTimer():
                await self._timers.set(
                    work.tx, new_timer(step.id, self.process.name, step.due_at, step.payload, work.meta)
                )
            case CancelTimer():
                await self._timers.cancel(work.tx, step.id)
            case Call():
                call = new_timer(step_id, OUTWARD + step.to, self._clock(), step.payload, work.meta)
                await self._timers.set(work.tx, call)
        return True

    async def _decide(self, work: _Work, command_id: UUID, reaction: Reaction) -> bool:
        try:
            await self._command(work, command_id, reaction)
            return True
        except (VersionConflict, InProgress, Unavailable):
            raise  # nobody's rule: try again
        except DomainError as error:
            for ordinal, step in enumerate(self.process.refused(Refusal(work.cause, reaction, error))):
                step_id = uuid5(command_id, f"refused:{ordinal}")
                if isinstance(step, Reaction):
                    await self._command(work, step_id, step)
                else:
                    await self._do(work, step_id, step)
            return False

    async def _command(self, work: _Work, command_id: UUID, reaction: Reaction) -> None:
        meta = replace(work.meta, command_id=command_id)
        if reaction.unit is not None:
            meta = replace(meta, unit=reaction.unit)
        if reaction.valid is not None:
            meta = replace(meta, valid=reaction.valid)
        await self._commands.handle_within(
            work.tx,
            reaction.decider,
            reaction.stream_id,
            reaction.command,
            meta,
            idempotency=Idempotency(command_id, CLIENT + self.process.name, ""),
        )

    def _meta(self, cause: UUID, meta: Meta) -> Meta:
        """Who caused it stays known by the causation: the event before, of the same correlation."""
        return Meta(
            actor=f"service:{self._service}",
            role="service",
            unit=meta.unit,
            correlation_id=meta.correlation_id,
            causation_id=cause,
            traceparent=meta.traceparent,
            valid=meta.valid,
        )
