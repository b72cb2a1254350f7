"""The exit of one household, step by step: proposed, checked, agreed, noticed, checked again, confirmed, followed up.

No household goes out without its own agreement and a notice that hung its whole time with every objection decided.
What the timers and the service itself say is never refused: said too late, it changes nothing.
"""

from collections.abc import Mapping
from datetime import date
from typing import assert_never
from uuid import UUID

from libs.events.decider import Decider
from libs.events.personal import Personal
from libs.values.errors import Conflict, Invalid, NotFound, Refused
from services.registry.domain.exits import commands as c
from services.registry.domain.exits import events as e
from services.registry.domain.exits.rules import CRITERIA, REQUIRED
from services.registry.domain.exits.state import (
    ALLOWED,
    CONFIRMED,
    Action,
    NotProposed,
    Over,
    Running,
    State,
    evolve,
    step_of,
)
from services.registry.domain.words import Sealed

OUT = frozenset({"exited"})


def decide(state: State, command: c.Command) -> list[e.Event]:  # noqa: C901, PLR0911, PLR0912 - one answer a command
    """What follows from a command; refusals name the step, and what may be done at it."""
    match command:
        case c.ProposeExit():
            return _propose(state, command)
        case c.CheckExit():
            _allowed(state, "check", command.on, command.today)
            return [e.ExitChecked(command.process_id, command.on)]
        case c.RecordAnswer():
            return _answer(state, command)
        case c.StartNotice():
            return _notice(state, command)
        case c.InterruptNotice():
            was = _allowed(state, "interrupt", command.on, command.today)
            sealed = _note(was, reason=_said(command.reason))
            return [e.NoticeInterrupted(command.process_id, was.turn, command.on, sealed)]
        case c.LodgeObjection():
            return _object(state, command)
        case c.DecideObjection():
            return _judge(state, command)
        case c.CheckAtTownship():
            was = _allowed(state, "township_check", command.on, command.today)
            _settled(was)
            return [e.TownshipChecked(command.process_id, command.on, command.visited)]
        case c.ConfirmExit():
            return _confirm(state, command)
        case c.RefuseExit():
            was = _allowed(state, "refuse", command.on, command.today)
            sealed = _note(was, reason=_said(command.reason))
            return [e.ExitRefused(command.process_id, command.on, command.kind, was.step, sealed)]
        case c.WithdrawExit():
            was = _allowed(state, "withdraw", command.on, command.today)
            sealed = _note(was, reason=_said(command.reason))
            return [e.ExitWithdrawn(command.process_id, command.on, was.step, sealed)]
        case c.SettleDifference():
            return _settle(state, command)
        case c.ReturnHousehold():
            return _return(state, command)
        case c.EndNotice() | c.CloseExit():
            return _end(state, command)
        case c.OvertakeExit():
            return _overtake(state, command)
        case c.RecodeExit():
            return _recode(state, command)
        case c.CompareWithOffice():
            return _compare(state, command)
        case _:
            assert_never(command)


def _propose(state: State, command: c.ProposeExit) -> list[e.Event]:
    if not isinstance(state, NotProposed):
        raise Conflict(
            "exits.proposed_already",
            "该户的脱贫程序正在办理",
            field="household_id",
            value=step_of(state),
            rule="同一户同时只办理一个程序",
            right=str(command.process_id),
        )
    _not_after(command.on, command.today)
    form = command.proposal
    if not form.women:
        raise Refused("exits.nobody", "该户没有登记的妇女", field="household_id", rule="脱贫登记在户内登记的妇女名下")
    _check_lines(form)
    reasons: dict[str, str] = {name: text for name, text in form.lines.items() if text is not None}
    said = {"income": form.income_reason.strip()} if form.income_reason.strip() else {}
    sealed = _sealed(form.household_id, reasons | said)
    return [
        e.ExitProposed(
            command.process_id,
            form.household_id,
            form.division,
            form.ordinal,
            form.persons,
            form.women,
            command.on,
            form.year,
            form.income_fen,
            form.line_fen,
            tuple(name for name in CRITERIA if name in reasons),
            sealed,
        )
    ]


def _check_lines(form: c.Proposal) -> None:
    missing = [name for name in CRITERIA if name not in form.lines]
    if missing:
        raise Invalid(
            "exits.lines_missing",
            "双认定表须逐项填写",
            field="lines",
            value="、".join(missing),
            rule="九项各填达标或未达标",
            right="、".join(CRITERIA),
        )
    silent = [name for name, text in form.lines.items() if text is not None and not text.strip()]
    if silent:
        raise Invalid(
            "exits.line_without_reason", "未达标的项须写明原因", field=f"lines.{silent[0]}", rule="未达标须写明原因"
        )
    unmet = [name for name in CRITERIA if name in REQUIRED and form.lines[name] is not None]
    if unmet:
        raise Refused(
            "exits.line_not_met",
            "人均纯收入和“两不愁三保障”未达标的户不能提出脱贫",
            field=f"lines.{unmet[0]}",
            value=unmet[0],
            rule="收入超过扶贫标准，住房、医保、义务教育、饮水均达标",
            right="达标后再提出",
        )
    if form.assessed_fen not in (None, form.income_fen) and not form.income_reason.strip():
        raise Refused(
            "exits.income_differs",
            f"该户{form.year}年核算的人均纯收入是{(form.assessed_fen or 0) / 100:.2f}元，与所填不同",
            field="income_fen",
            value=str(form.income_fen),
            rule="与当年核算不同的收入须说明原因（income_reason）",
            right=str(form.assessed_fen),
        )
    if form.income_fen < form.line_fen:
        raise Refused(
            "exits.income_below_line",
            f"人均纯收入{form.income_fen / 100:.2f}元低于{form.year}年标准{form.line_fen / 100:.2f}元",
            field="income_fen",
            value=str(form.income_fen),
            rule="人均纯收入超过当年扶贫标准",
            right=f"不低于{form.line_fen}",
        )


def _answer(state: State, command: c.RecordAnswer) -> list[e.Event]:
    was = _allowed(state, "agree", command.on, command.today)
    if command.agreed:
        return [e.HouseholdAgreed(command.process_id, command.on)]
    return [e.HouseholdDeclined(command.process_id, command.on, _note(was, reason=_said(command.reason)))]


def _notice(state: State, command: c.StartNotice) -> list[e.Event]:
    was = _allowed(state, "notice", command.first, command.today)
    if command.until < command.first:
        raise Invalid(
            "exits.notice_dates",
            "公示截止日不能早于起始日",
            field="until",
            value=str(command.until),
            rule="起始日计入公示期",
            right=f"{command.first}或以后",
        )
    return [
        e.NoticeStarted(command.process_id, was.turn + 1, command.first, command.until, command.edition),
    ]


def _object(state: State, command: c.LodgeObjection) -> list[e.Event]:
    if isinstance(state, Running) and command.objection_id in state.lodged:
        return []
    was = _allowed(state, "object", command.on, command.today, since=False)
    assert was.first is not None
    assert was.until is not None
    if not was.first <= command.on <= was.until:
        raise Refused(
            "exits.objection_late",
            f"公示期为{was.first}至{was.until}，异议须在其间提出",
            field="on",
            value=str(command.on),
            rule="异议在公示期内提出",
            right=f"{was.first}至{was.until}",
        )
    sealed = _note(was, by=_said(command.by, "by"), text=_said(command.text, "text"))
    return [e.ObjectionLodged(command.process_id, command.objection_id, command.on, sealed)]


def _judge(state: State, command: c.DecideObjection) -> list[e.Event]:
    if isinstance(state, Running) and not command.upheld and command.objection_id in state.rejected:
        return []
    was = _allowed(state, "decide", command.on, command.today, since=False)
    if command.objection_id not in was.pending:
        raise NotFound("common.not_found", "no such objection waits for a decision")
    reason = _said(command.reason)
    decided = e.ObjectionDecided(
        command.process_id, command.objection_id, command.on, command.upheld, _note(was, reason=reason)
    )
    if not command.upheld:
        return [decided]
    refused = e.ExitRefused(command.process_id, command.on, "objection_upheld", was.step, _note(was, reason=reason))
    return [decided, refused]


def _confirm(state: State, command: c.ConfirmExit) -> list[e.Event]:
    was = _allowed(state, "confirm", command.on, command.today)
    _settled(was)
    assert was.agreed, "a notice starts with the household's agreement"
    if not command.women:
        raise Conflict(
            "exits.already_out",
            "户内没有可登记脱贫的妇女：均已登记脱贫或不在该户",
            field="household_id",
            rule="扶贫办已登记脱贫的，以其为准",
        )
    return [
        e.ExitConfirmed(command.process_id, was.household_id, command.on, command.until, command.visited, command.women)
    ]


def _return(state: State, command: c.ReturnHousehold) -> list[e.Event]:
    own = command.source == "process"
    if not own and (isinstance(state, NotProposed) or step_of(state) not in CONFIRMED):
        return []
    was = _at(state, "return")
    return [
        e.HouseholdReturned(
            command.process_id,
            command.valid,
            command.source,
            _sealed(was.household_id, {"reason": command.reason} if own else {}),
        )
    ]


def _end(state: State, command: c.EndNotice | c.CloseExit) -> list[e.Event]:
    """A timer of a notice that was interrupted, or of a process that is over, says nothing any more."""
    if not isinstance(state, Running) or state.until != command.until:
        return []
    if isinstance(command, c.CloseExit):
        return [e.ExitClosed(command.process_id, command.until)] if state.step == "monitored" else []
    if state.step != "noticed" or state.turn != command.turn:
        return []
    return [e.NoticeEnded(command.process_id, command.turn, command.until)]


def _overtake(state: State, command: c.OvertakeExit) -> list[e.Event]:
    if not isinstance(state, Running):
        return []
    if state.step == "monitored":
        return [] if command.by == "office" else [e.ExitOvertaken(command.process_id, command.by, state.step)]
    events: list[e.Event] = [e.ExitOvertaken(command.process_id, command.by, state.step)]
    if command.by == "office":
        events.append(e.DifferenceFound(command.process_id, "exited", command.valid, command.source, state.step))
    return events


def _recode(state: State, command: c.RecodeExit) -> list[e.Event]:
    """Also of one that is over: who may see it goes by where the household is."""
    if isinstance(state, NotProposed) or state.division == command.division:
        return []
    return [e.ExitRecoded(command.process_id, command.division, command.change_id, command.valid)]


def _compare(state: State, command: c.CompareWithOffice) -> list[e.Event]:
    """A household that we confirmed and that the office has as poor; or that the office had out, and no longer has."""
    if isinstance(state, NotProposed):
        return []
    step = step_of(state)
    ours_out = step in CONFIRMED
    differs = ours_out and command.office not in OUT
    if state.office is None:
        found = e.DifferenceFound(command.process_id, command.office, command.valid, command.source, step)
        return [found] if differs else []
    same = command.office in OUT if ours_out else command.office not in OUT
    return [e.DifferenceGone(command.process_id, command.office, command.valid)] if same else []


def _settle(state: State, command: c.SettleDifference) -> list[e.Event]:
    if isinstance(state, NotProposed):
        raise _nobody()
    if state.office is None:
        raise Conflict(
            "exits.no_difference", "该户与扶贫办没有待处理的不一致", rule="已一致或已处理的不再处理", right="刷新清单"
        )
    _not_after(command.on, command.today)
    return [
        e.DifferenceSettled(
            command.process_id, command.on, _sealed(state.household_id, {"reason": _said(command.reason)})
        )
    ]


def _allowed(state: State, action: Action, on: date, today: date, *, since: bool = True) -> Running:
    """The process, when this may be done now and on that day; refusals say what may be done instead."""
    was = _at(state, action)
    assert isinstance(was, Running), "only a return is open to a process that is over"
    _not_after(on, today)
    if since and on < was.since:
        raise Refused(
            "exits.before_step",
            f"日期{on}早于上一步（{was.since}）",
            field="on",
            value=str(on),
            rule="各步骤依次进行",
            right=f"{was.since}或以后",
        )
    return was


def _at(state: State, action: Action) -> Running | Over:
    if isinstance(state, NotProposed):
        raise _nobody()
    step = step_of(state)
    if action not in ALLOWED[step]:
        now = "、".join(ALLOWED[step])
        raise Conflict(
            "exits.not_now",
            f"该程序现处于“{step}”，不能“{action}”；现在可以：{now or '无'}",
            field="step",
            value=step,
            rule="按步骤办理",
            right=now or "none",
        )
    return state


def _settled(was: Running) -> None:
    if was.pending:
        raise Conflict(
            "exits.objection_pending",
            f"还有{len(was.pending)}件异议没有处理",
            field="objections",
            value=str(len(was.pending)),
            rule="异议处理完毕后才能继续",
            right="先处理异议",
        )


def _not_after(on: date, today: date) -> None:
    if on > today:
        raise Refused(
            "exits.in_the_future",
            f"日期{on}还没有到（今天是{today}）",
            field="on",
            value=str(on),
            rule="只登记已经发生的事",
            right=f"{today}或以前",
        )


def _said(text: str, field: str = "reason") -> str:
    if not text.strip():
        raise Invalid("exits.reason_missing", "请写明原因", field=field, rule="须写明原因")
    return text.strip()


def _note(was: Running, **texts: str) -> Sealed:
    return _sealed(was.household_id, texts)


def _sealed(household_id: UUID, texts: Mapping[str, str]) -> Sealed:
    return {name: Personal(household_id, text, "note") for name, text in texts.items()}


def _nobody() -> NotFound:
    return NotFound("common.not_found", "no such exit in your units")


exit_process: Decider[State, c.Command, e.Event] = Decider(NotProposed(), decide, evolve)
