"""The rules of people's rights: who was told, who agreed, what was asked and answered, what is restricted. Pure."""

from datetime import date
from typing import assert_never
from uuid import UUID

from libs.events.decider import Decider
from libs.values.errors import Conflict, NotFound, Refused
from services.registry.domain.rights import commands as c
from services.registry.domain.rights import events as e
from services.registry.domain.rights.state import Event, Request, Rights, evolve
from services.registry.domain.rights.words import CHILD, Kind, Text
from services.registry.domain.words import Sealed, personal


def decide(state: Rights, command: c.Command) -> list[Event]:  # noqa: PLR0911 - one answer a command
    """What follows from a command; refusals name their rule and the article."""
    check_day(command.on, command.today)
    match command:
        case c.Inform():
            return _inform(state, command)
        case c.GiveConsent():
            return _consent(state, command)
        case c.WithdrawConsent():
            return _withdraw(state, command)
        case c.MakeRequest():
            return _request(state, command)
        case c.GiveCopy():
            _open(state, command.request_id, "access", command.on)
            sealed = _sealed(command.woman_id, receiver=command.receiver)
            return [e.CopyGiven(command.woman_id, command.request_id, command.on, sealed)]
        case c.AcceptCorrection():
            _open(state, command.request_id, "correction", command.on)
            return [e.CorrectionAccepted(command.woman_id, command.request_id, command.on)]
        case c.RefuseRequest():
            _open(state, command.request_id, None, command.on)
            sealed = _sealed(command.woman_id, reason=command.reason)
            return [e.RequestRefused(command.woman_id, command.request_id, command.on, sealed)]
        case c.Restrict():
            return _restrict(state, command)
        case c.Lift():
            return _lift(state, command)
        case _:
            assert_never(command)


def check_day(on: date, today: date) -> None:
    """What is written down has happened."""
    if on > today:
        raise Refused(
            "rights.in_the_future",
            f"日期{on}还没有到（今天是{today}）",
            field="on",
            value=str(on),
            rule="只登记已经发生的事",
            right=f"{today}或以前",
        )


def _inform(state: Rights, command: c.Inform) -> list[Event]:
    return [
        e.WomanInformed(command.woman_id, text.purpose, text.version, command.how, command.on)
        for text in command.texts
        if state.told.get(text.purpose) != text.version
    ]


def _consent(state: Rights, command: c.GiveConsent) -> list[Event]:
    text, said, woman_id = command.text, command.said, command.woman_id
    _check_basis(text)
    _check_age(said, command.on)
    known = state.consents.get(text.purpose)
    if known is not None and known.version == text.version:
        return []
    told: list[Event] = []
    if state.told.get(text.purpose) != text.version:
        told.append(e.WomanInformed(woman_id, text.purpose, text.version, "form", command.on))
    return [
        *told,
        e.ConsentGiven(woman_id, text.purpose, text.version, said.by, command.on, _paper(woman_id, said)),
    ]


def _withdraw(state: Rights, command: c.WithdrawConsent) -> list[Event]:
    text, said, woman_id = command.text, command.said, command.woman_id
    _check_basis(text)
    known = state.consents.get(text.purpose)
    if known is None:
        raise Conflict(
            "rights.no_consent",
            "这项用途没有有效的同意，无从撤回",
            field="purpose",
            value=text.purpose,
            rule="个人信息保护法 第十五条：同意后方可撤回",
        )
    _check_after(command.on, known.on)
    _check_age(said, command.on)
    return [e.ConsentWithdrawn(woman_id, text.purpose, known.version, said.by, command.on, _paper(woman_id, said))]


def _check_basis(text: Text) -> None:
    if text.basis == "lawful_duty":
        raise Refused(
            "rights.consent_not_needed",
            "这项用途是履行法定职责所必需，不以同意为前提；只须告知",
            field="purpose",
            value=text.purpose,
            rule="个人信息保护法 第十三条第一款第（三）项、第三十五条",
            right="登记告知",
        )


def _check_age(said: c.Said, on: date) -> None:
    """Art. 31: who is not yet 14 does not consent alone; who is has no guardian for it."""
    if said.child and said.by != "guardian":
        raise Refused(
            "rights.guardian_needed",
            f"她在{on}不满十四周岁，须由父母或其他监护人同意",
            field="by",
            value=said.by,
            rule="个人信息保护法 第三十一条",
            right="guardian",
        )
    if said.by == "guardian" and not said.child:
        raise Refused(
            "rights.guardian_not_needed",
            f"她在{on}已满{CHILD}周岁，由本人同意",
            field="by",
            value=said.by,
            rule="个人信息保护法 第三十一条只适用于不满十四周岁的未成年人",
            right="herself",
        )
    if said.by == "guardian" and not (said.guardian and said.relation):
        raise Refused(
            "rights.guardian_unnamed",
            "监护人同意的，须写明监护人姓名和与她的关系",
            field="guardian",
            rule="个人信息保护法 第三十一条",
            right="guardian、relation 都填写",
        )


def _request(state: Rights, command: c.MakeRequest) -> list[Event]:
    if (command.kind == "correction") != (command.field is not None and bool(command.wanted)):
        raise Refused(
            "rights.correction_incomplete",
            "申请更正的须写明更正哪一项、更正为什么；申请查阅复制的不写这两项",
            field="field",
            value=command.field,
            rule="个人信息保护法 第四十五条、第四十六条",
            right="kind=correction 时填写 field、wanted",
        )
    _check_after(command.due, command.on)
    words = {"now": command.now, "wanted": command.wanted, "evidence": command.evidence}
    made = e.RequestMade(
        command.woman_id,
        command.request_id,
        command.kind,
        command.field,
        command.by,
        command.on,
        command.due,
        _sealed(command.woman_id, **words),
    )
    return [] if command.request_id in state.requests else [made]


def _restrict(state: Rights, command: c.Restrict) -> list[Event]:
    if state.restricted is not None:
        raise Conflict(
            "rights.restricted_already",
            f"已自{state.restricted.on}起限制处理",
            field="ground",
            value=state.restricted.ground,
            rule="解除之后才能再次限制",
        )
    sealed = _sealed(command.woman_id, reason=command.reason)
    return [e.ProcessingRestricted(command.woman_id, command.ground, command.on, sealed)]


def _lift(state: Rights, command: c.Lift) -> list[Event]:
    if state.restricted is None:
        raise Conflict("rights.not_restricted", "没有限制处理，无从解除", rule="先限制，后解除")
    _check_after(command.on, state.restricted.on)
    return [e.RestrictionLifted(command.woman_id, command.on, _sealed(command.woman_id, reason=command.reason))]


def _open(state: Rights, request_id: UUID, kind: Kind | None, on: date) -> Request:
    found = state.requests.get(request_id)
    if found is None or (kind is not None and found.kind != kind):
        raise NotFound("common.not_found", "no such request in your units", field="request_id")
    if found.outcome is not None:
        raise Conflict(
            "rights.answered_already",
            "这项申请已经办结",
            field="request_id",
            value=found.outcome,
            rule="一项申请答复一次；不服的另行申请",
        )
    _check_after(on, found.on)
    return found


def _check_after(on: date, first: date) -> None:
    if on < first:
        raise Refused(
            "rights.before_it_began",
            f"日期{on}早于{first}",
            field="on",
            value=str(on),
            rule="先有申请、同意或限制，后有答复、撤回或解除",
            right=f"{first}或以后",
        )


def _paper(woman_id: UUID, said: c.Said) -> Sealed:
    return _sealed(woman_id, evidence=said.evidence, guardian=said.guardian, kinship=said.relation)


def _sealed(woman_id: UUID, **words: str) -> Sealed:
    return personal(woman_id, {name: text for name, text in words.items() if text})


rights: Decider[Rights, c.Command, Event] = Decider(Rights(), decide, evolve)
