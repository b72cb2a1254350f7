"""Steps of an exit by household, asked by people: inside the caller's units, decided on the log, once a key.

A confirmation and the exits of the household's women are one transaction, and so are a return and theirs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson

from libs.access.principal import not_found
from libs.events.commands import Commands, Idempotency, Receipt, Respond
from libs.events.decider import Decider
from libs.events.meta import Meta
from libs.events.runtime import Runtime
from libs.events.store import Recorded
from libs.events.types import Connection
from libs.values.errors import Conflict, Invalid, Refused
from libs.values.rule_set import Dated
from libs.values.valid_date import ValidDate
from services.registry.domain import woman as w
from services.registry.domain.exits import commands as c
from services.registry.domain.exits import events as e
from services.registry.domain.exits.process import exit_process
from services.registry.domain.exits.rules import Criterion, ExitRule, Keepers, income_line
from services.registry.domain.exits.state import NotProposed, Over, Running
from services.registry.domain.incomes.assessing import income_assessments
from services.registry.domain.keys import exit_process_id, incomes_id
from services.registry.domain.woman_state import Registered
from services.registry.handlers.households import last_exit, women_of
from services.registry.projections import households


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the range of divisions he may write, what is kept beside the events, key and version of the request."""

    scope: tuple[str, str]
    meta: Meta
    idempotency: Idempotency | None = None
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """The sign-off form as it was sent: each line met (None) or not, with its reason.

    `income_fen` None: as it was assessed for that year; another figure than that needs `income_reason`.
    """

    household_id: UUID
    on: date
    year: int
    income_fen: int | None
    line_fen: int | None
    lines: Mapping[Criterion, str | None] = field(repr=False)
    income_reason: str = field(default="", repr=False)


def answer_of(process_id: UUID) -> Respond:
    """What a step is answered with: the process and its version."""

    def respond(receipt: Receipt) -> bytes:
        return orjson.dumps({"process_id": process_id, "version": receipt.version})

    return respond


class Exits:
    """The steps, over an open registry; `keepers` says which units keep the process and how."""

    def __init__(self, runtime: Runtime, keepers: Keepers) -> None:
        """One for the whole app."""
        self._runtime = runtime
        self._keepers = keepers
        self._states = _States(runtime.commands)

    async def propose(self, form: Form, today: date, caller: Caller) -> tuple[UUID, Receipt]:
        """Begin; refused where no unit keeps the process, while another one runs, and when all are out already."""
        row = await households.one(self._runtime.pool, form.household_id, caller.scope)
        if row is None:
            raise not_found("household")
        self._keepers.rule(row["division"], form.on)
        ordinal, last, state = await last_exit(self._states, form.household_id)
        process_id = last if isinstance(state, Running) else exit_process_id(form.household_id, ordinal + 1)
        women = await women_of(self._runtime.pool, self._states, form.household_id)
        if women and not _to_exit(women) and not isinstance(state, Running):
            raise already_out()
        assessed = await self._assessed(form)
        income = assessed if form.income_fen is None else form.income_fen
        if income is None:
            raise nothing_assessed(form.year)
        proposal = c.Proposal(
            form.household_id,
            row["division"],
            ordinal + 1,
            row["persons"],
            tuple(women),
            form.year,
            income,
            income_line(form.year, form.line_fen),
            form.lines,
            assessed,
            form.income_reason,
        )
        command = c.ProposeExit(process_id, proposal, form.on, today)
        return process_id, await self._handle(process_id, command, caller)

    async def notice(self, process_id: UUID, first: date, until: date | None, today: date, caller: Caller) -> Receipt:
        """Hang the notice out: its last day follows from the rule in force on its first; a later one may be given.

        Raises Refused `working_days.year_not_covered` when it must be given by hand, Conflict `exits.notice_short`.
        """
        known, proposed = await self._known(process_id, caller)
        rule = self._rule(known, proposed, first)
        least = _least(rule.value, first, until)
        chosen = least if until is None else until
        if chosen < least:
            raise Conflict(
                "exits.notice_short",
                f"公示不足{rule.value.notice_days}日，最早到{least}",
                field="until",
                value=str(chosen),
                rule=rule.source,
                right=f"{least}或以后",
            )
        command = c.StartNotice(process_id, first, chosen, f"{rule.source}（{rule.first}起）", today)
        return await self._handle(process_id, command, caller)

    async def confirm(self, process_id: UUID, on: date, visited: bool, today: date, caller: Caller) -> Receipt:
        """Announce it: every registered woman of the household who is not out yet is out from that day."""
        known, proposed = await self._known(process_id, caller)
        women = await women_of(self._runtime.pool, self._states, proposed.household_id)
        leaving = _to_exit(women)
        until = self._rule(known, proposed, proposed.on).value.monitored_until(on)
        command = c.ConfirmExit(process_id, visited, leaving, on, until, today)

        async def exits(tx: Connection, _events: list[e.Event]) -> None:
            for woman_id in leaving:
                told = w.ReportExit(woman_id, ValidDate.day(on), "process", "", today, process_id)
                await self._runtime.commands.handle_within(tx, w.woman, woman_id, told, caller.meta)

        return await self._reserving(process_id, command, caller, exits)

    async def fell_back(self, process_id: UUID, valid: ValidDate, reason: str, today: date, caller: Caller) -> Receipt:
        """The household fell back: the women who went out by this process return, each naming it as her exit."""
        await self._known(process_id, caller)
        recorded = await self._runtime.store.load(process_id)
        women = next((each.event.women for each in recorded if isinstance(each.event, e.ExitConfirmed)), ())
        command = c.ReturnHousehold(process_id, str(valid), "process", reason)

        async def returns(tx: Connection, _events: list[e.Event]) -> None:
            for woman_id in women:
                state, _version = await self._runtime.commands.state(w.woman, woman_id, tx)
                if isinstance(state, Registered) and state.exit_id == process_id:
                    told = w.ReportReturn(woman_id, valid, "process", "", today)
                    await self._runtime.commands.handle_within(tx, w.woman, woman_id, told, caller.meta)

        return await self._reserving(process_id, command, caller, returns)

    async def do(self, command: c.Command, caller: Caller) -> Receipt:
        """Any step that needs nothing but the process itself."""
        await self._known(command.process_id, caller)
        return await self._handle(command.process_id, command, caller)

    async def history(self, process_id: UUID, scope: tuple[str, str]) -> list[Recorded[Any]]:
        """Its events in order; the same 404 for none and for one of other units."""
        recorded = await self._runtime.store.load(process_id)
        state = exit_process.fold(each.event for each in recorded)
        if isinstance(state, NotProposed) or not scope[0] <= state.division <= scope[1]:
            raise not_found("exit")
        return recorded

    def shares(self, division: str, day: date) -> tuple[int, int]:
        """Percent of households that township and county look at; the usual ones where the unit keeps no process."""
        try:
            rule = self._keepers.rule(division, day).value
        except Refused:
            rule = ExitRule()
        return rule.township_share, rule.county_share

    async def _assessed(self, form: Form) -> int | None:
        """Per head and year, as it was assessed last; from the log."""
        state = await self._states.state(income_assessments, incomes_id(form.household_id))
        found = state.years.get(form.year)
        return None if found is None else int(found.per_head_fen)

    async def _known(self, process_id: UUID, caller: Caller) -> tuple[Running | Over, e.ExitProposed]:
        """How it stands and how it was proposed; a process of the caller's units."""
        recorded = await self.history(process_id, caller.scope)
        state = exit_process.fold(each.event for each in recorded)
        assert not isinstance(state, NotProposed), "its history begins with a proposal"
        return state, recorded[0].event

    def _rule(self, known: Running | Over, proposed: e.ExitProposed, day: date) -> Dated[ExitRule]:
        """Of the unit where the household is now; where that keeps none, of the one that began the process."""
        try:
            return self._keepers.rule(known.division, day)
        except Refused:
            if known.division == proposed.division:
                raise
            return self._keepers.rule(proposed.division, day)

    async def _handle(self, process_id: UUID, command: c.Command, caller: Caller) -> Receipt:
        return await self._runtime.commands.handle(
            exit_process,
            process_id,
            command,
            caller.meta,
            idempotency=caller.idempotency,
            respond=answer_of(process_id),
            expected=caller.expected,
        )

    async def _reserving(self, process_id: UUID, command: c.Command, caller: Caller, inside: Any) -> Receipt:
        return await self._runtime.commands.handle_reserving(
            exit_process,
            process_id,
            command,
            caller.meta,
            inside,
            idempotency=caller.idempotency,
            respond=answer_of(process_id),
            expected=caller.expected,
        )


class _States:
    """The command path as something that knows states."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    async def state(self, decider: Decider[Any, Any, Any], stream_id: UUID) -> Any:
        return (await self._commands.state(decider, stream_id))[0]


def already_out() -> Conflict:
    """The office's word counts: who is out need not be proposed."""
    return Conflict(
        "exits.already_out",
        "该户登记的妇女都已脱贫",
        field="household_id",
        rule="脱贫之后返贫的才能再次提出",
        right="如有不符，先登记返贫",
    )


def nothing_assessed(year: int) -> Invalid:
    """The form leaves the income to an assessment that nobody has made."""
    return Invalid(
        "exits.income_missing",
        f"该户{year}年的收入没有核算，请填写人均纯收入",
        field="income_fen",
        value=None,
        rule="没有核算的年度须填写人均纯收入",
        right="填写人均纯收入，或先核算该年收入",
    )


def _to_exit(women: Mapping[UUID, Registered]) -> tuple[UUID, ...]:
    return tuple(woman_id for woman_id, state in women.items() if state.facts.status != "exited")


def _least(rule: ExitRule, first: date, given: date | None) -> date:
    """The first day on which the notice may end; where the calendar does not know it, so many days at least."""
    try:
        return rule.notice_until(first)
    except Refused:
        if given is None:
            raise
        return first + timedelta(days=rule.notice_days - 1)
