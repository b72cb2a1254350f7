"""What the law says of notice, consent, requests and restriction, as rules over one woman's rights."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from libs.events.testing import given
from libs.values.errors import Conflict, NotFound, Refused
from services.registry.domain.correction import checked
from services.registry.domain.rights import commands as c
from services.registry.domain.rights import events as e
from services.registry.domain.rights.rights import rights
from services.registry.domain.rights.words import Text
from services.registry.domain.words import personal

WOMAN, REQUEST = UUID(int=1), UUID(int=2)
DAY, TODAY = date(2026, 11, 2), date(2026, 11, 27)
DUTY = Text("registration", "2021-11", "lawful_duty")
BANK = Text("bank", "2021-11", "consent")


def said(by: Any = "herself", *, child: bool = False, guardian: str = "", relation: str = "") -> c.Said:
    return c.Said(by, "T-17", guardian, relation, child)


def consented() -> list[Any]:
    return [
        e.WomanInformed(WOMAN, "bank", "2021-11", "form", DAY),
        e.ConsentGiven(WOMAN, "bank", "2021-11", "herself", DAY, personal(WOMAN, {"evidence": "T-17"})),
    ]


def asked() -> e.RequestMade:
    return e.RequestMade(WOMAN, REQUEST, "access", None, "herself", DAY, date(2026, 11, 23))


def test_she_is_told_once_an_edition() -> None:
    inform = c.Inform(WOMAN, (DUTY,), "in_person", DAY, TODAY)
    told = e.WomanInformed(WOMAN, "registration", "2021-11", "in_person", DAY)
    given(rights).when(inform).then(told)
    given(rights, told).when(inform).then_nothing()


def test_a_consent_on_a_form_tells_her_too() -> None:
    given(rights).when(c.GiveConsent(WOMAN, BANK, said(), DAY, TODAY)).then(*consented())


def test_what_is_lawful_duty_is_told_and_not_asked() -> None:
    command = c.GiveConsent(WOMAN, DUTY, said(), DAY, TODAY)
    given(rights).when(command).then_refused(Refused, "法定职责")


@pytest.mark.parametrize(
    ("who", "words"),
    [
        (said("herself", child=True), "不满十四周岁"),
        (said("guardian", guardian="李某", relation="母亲"), "由本人同意"),
        (said("guardian", child=True), "监护人姓名"),
    ],
)
def test_a_guardian_agrees_for_a_child_and_for_nobody_else(who: c.Said, words: str) -> None:
    given(rights).when(c.GiveConsent(WOMAN, BANK, who, DAY, TODAY)).then_refused(Refused, words)


def test_a_consent_is_withdrawn_from_its_day_on_and_only_once() -> None:
    withdraw = c.WithdrawConsent(WOMAN, BANK, said(), TODAY, TODAY)
    gone = e.ConsentWithdrawn(WOMAN, "bank", "2021-11", "herself", TODAY, personal(WOMAN, {"evidence": "T-17"}))
    given(rights, *consented()).when(withdraw).then(gone)
    given(rights, *consented(), gone).when(withdraw).then_refused(Conflict, "无从撤回")
    early = c.WithdrawConsent(WOMAN, BANK, said(), date(2026, 11, 1), TODAY)
    given(rights, *consented()).when(early).then_refused(Refused, "早于")


def test_a_request_is_answered_once_and_in_its_own_way() -> None:
    refuse = c.RefuseRequest(WOMAN, REQUEST, TODAY, TODAY, "已提供过")
    given(rights, asked()).when(c.AcceptCorrection(WOMAN, REQUEST, TODAY, TODAY)).then_refused(NotFound, "request")
    refused = e.RequestRefused(WOMAN, REQUEST, TODAY, personal(WOMAN, {"reason": "已提供过"}))
    given(rights, asked()).when(refuse).then(refused)
    given(rights, asked(), refused).when(refuse).then_refused(Conflict, "已经办结")


def test_a_correction_names_its_field_and_a_copy_none() -> None:
    bare = c.MakeRequest(WOMAN, REQUEST, "correction", "herself", DAY, TODAY, TODAY)
    given(rights).when(bare).then_refused(Refused, "哪一项")
    odd = c.MakeRequest(WOMAN, REQUEST, "access", "herself", DAY, TODAY, TODAY, "name", "", "韦某")
    given(rights).when(odd).then_refused(Refused, "哪一项")


def test_processing_is_restricted_once_and_lifted_after() -> None:
    stop = c.Restrict(WOMAN, "accuracy", DAY, TODAY, "正在核实")
    stopped = e.ProcessingRestricted(WOMAN, "accuracy", DAY, personal(WOMAN, {"reason": "正在核实"}))
    given(rights).when(stop).then(stopped)
    given(rights, stopped).when(stop).then_refused(Conflict, "限制处理")
    given(rights).when(c.Lift(WOMAN, DAY, TODAY, "核实完")).then_refused(Conflict, "没有限制")
    early = c.Lift(WOMAN, date(2026, 11, 1), TODAY, "核实完")
    given(rights, stopped).when(early).then_refused(Refused, "早于")


def test_nothing_is_written_down_before_it_happened() -> None:
    ahead = c.Inform(WOMAN, (DUTY,), "phone", date(2026, 11, 28), TODAY)
    given(rights).when(ahead).then_refused(Refused, "还没有到")


@pytest.mark.parametrize(
    ("field", "wanted"),
    [("name", " "), ("resident_id", "52263419740101123"), ("phone", "电话"), ("labour", "strong"), ("relation", "")],
)
def test_a_wanted_value_of_the_wrong_form_is_refused_without_being_quoted(field: Any, wanted: str) -> None:
    with pytest.raises(Refused, match="不符合") as refused:
        checked(field, wanted, TODAY)
    assert refused.value.value is None
