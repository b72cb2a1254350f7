"""The policy as data, and the one decision over it."""

from dataclasses import replace

import pytest

from libs.access.deciding import Resource, decide
from libs.access.explaining import explain
from libs.access.policy import ACCOUNT_ROLES, ROLES, SCOPES, scopes_of
from libs.access.principal import Principal
from libs.access.rules import FILE, POLICY, read
from libs.values.division import NATION, Division
from libs.values.errors import Forbidden, Invalid, NotFound

COUNTY, YONGLE, OTHER = Division("522634000000"), Division("522634101000"), Division("522635000000")
SCOPED = scopes_of("federation")
TEXT = FILE.read_text(encoding="utf-8")


def who(role: str = "federation", **limits: object) -> Principal:
    return Principal("a", "", role, COUNTY, scopes_of(role), **limits)  # type: ignore[arg-type]


def test_every_scope_but_that_for_clear_names_is_asked_for_by_an_action_and_every_role_does_something() -> None:
    asked = {scope for action in POLICY.actions.values() for scope in action.scopes}
    assert asked == set(SCOPES)
    assert {role for action in POLICY.actions.values() for role in action.roles} == set(ROLES)


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ('roles = ["auditor", "owner"]', 'roles = ["auditor", "cadre"]', "the role cadre lacks audit:read"),
        ('scope = "audit:read"', 'scope = "audit:write"', "unknown scope audit:write"),
        ('units = "none"', 'units = "some"', "unknown units some"),
        ('level = "township"', 'level = "parish"', "unknown level parish"),
        ('purposes = ["correction"]', 'purposes = ["fun"]', "unknown purpose fun"),
        ('fields = ["phone"]', 'fields = ["phone", "name"]', "field name stands in two classes"),
        ('reason = "the auditor reads who did what, and changes nothing"', 'reason = " "', "without a reason"),
    ],
)
def test_a_wrong_line_of_the_policy_stops_the_start_and_is_named(line: str, wrong: str, said: str) -> None:
    assert line in TEXT
    with pytest.raises(ValueError, match=said):
        read(TEXT.replace(line, wrong))


def test_an_unknown_action_is_an_error_of_ours() -> None:
    with pytest.raises(ValueError, match=r"registry:dance.*policy\.toml"):
        decide(who(), "registry:dance")


@pytest.mark.parametrize(
    ("principal", "action", "resource", "error", "code"),
    [
        (who("cadre"), "registry:write", Resource(), Forbidden, "access.scope_missing"),
        (who("security-admin"), "registry:read", Resource(), Forbidden, "access.scope_missing"),
        (replace(who("auditor"), scopes=SCOPED), "registry:write", Resource(), Forbidden, "access.role_not_allowed"),
        (replace(who(), division=YONGLE), "exits:confirm", Resource(), Forbidden, "access.level_below"),
        (who(measures=frozenset({"training"})), "registry:read", Resource(), Forbidden, "access.measure_outside"),
        (who(measures=frozenset({"training"})), "reporting:read", Resource(), Forbidden, "access.measure_outside"),
        (who(), "registry:refused.export", Resource(), Invalid, "access.purpose_missing"),
        (who(), "registry:refused.export", Resource(purpose="aid"), Forbidden, "access.purpose_refused"),
        (who(), "registry:read", Resource(purpose="fun"), Invalid, "access.purpose_unknown"),
        (who(purpose="aid"), "registry:read", Resource(purpose="visit"), Forbidden, "access.purpose_refused"),
        (who(), "registry:read", Resource(OTHER), NotFound, "common.not_found"),
        (who(), "registry:read", Resource(NATION), NotFound, "common.not_found"),
        (who(), "training:courses.read", Resource(OTHER), NotFound, "common.not_found"),
        (who(), "registry:read", Resource(purpose="other"), Invalid, "access.reason_missing"),
        (who(), "registry:read", Resource(purpose="other", reason="other"), Invalid, "access.reason_missing"),
        (who("cadre"), "health:read", Resource(purpose="aid"), Forbidden, "access.scope_missing"),
    ],
)
def test_what_is_refused_and_how(
    principal: Principal, action: str, resource: Resource, error: type[Exception], code: str
) -> None:
    decision = decide(principal, action, resource)
    assert not decision.allowed
    with pytest.raises(error) as refused:
        decision.check()
    assert refused.value.code == code  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("action", "division"),
    [
        ("registry:read", COUNTY),
        ("registry:read", YONGLE),
        ("training:courses.read", NATION),
        ("registry:divisions.read", OTHER),
    ],
)
def test_own_units_those_above_where_said_and_what_belongs_to_nobody(action: str, division: Division) -> None:
    assert decide(who(), action, Resource(division)).allowed


def test_health_facts_need_their_scope_and_a_purpose_and_are_never_in_a_notice() -> None:
    assert POLICY.classes["health"].scope == "health:read"
    assert [role for role in ACCOUNT_ROLES if "health:read" in scopes_of(role)] == ["federation"]
    federation = who(measures=frozenset({"screening"}))
    assert decide(federation, "health:read").refusal.code == "access.purpose_missing"  # type: ignore[union-attr]
    assert "health" in decide(federation, "health:read", Resource(purpose="aid")).fields
    assert "health" not in decide(federation, "health:read", Resource(purpose="notice")).fields
    without = Principal("a", "", "federation", COUNTY, scopes_of("federation") - {"health:read"})
    assert "health" not in decide(without, "health:read", Resource(purpose="aid")).fields


def test_a_client_sees_the_classes_of_its_agreement_that_the_action_shows_and_no_others() -> None:
    client = who("partner", kind="client", fields=frozenset({"poverty", "health", "figures"}), agreement="bank@1")
    decision = decide(client, "registry:read")
    assert (decision.fields, decision.cut) == ({"structure", "poverty"}, True)
    without = decide(who("partner", kind="client", fields=frozenset({"poverty"})), "registry:read")
    assert without.refusal is not None
    assert without.refusal.code == "access.agreement_missing"
    assert not decide(who(), "registry:read").cut


def test_another_purpose_is_good_in_words() -> None:
    assert decide(who(), "registry:read", Resource(purpose="other", reason="核对她搬家后的地址")).allowed


def test_what_is_explained_is_what_is_decided() -> None:
    for action in POLICY.actions:
        for principal in (who(), who("cadre"), who("partner", kind="client"), who(measures=frozenset({"training"}))):
            for resource in (Resource(), Resource(OTHER), Resource(purpose="aid"), Resource(purpose="other")):
                held = all(line.holds for line in explain(principal, action, resource))
                assert held == decide(principal, action, resource).allowed, (action, principal, resource)


def test_every_line_of_a_decision_says_what_held_and_why() -> None:
    lines = explain(who("cadre"), "registry:erase", Resource(OTHER))
    assert [(line.rule, line.holds) for line in lines] == [
        ("scope", False), ("role", False), ("level", True), ("measure", True), ("purpose", True), ("agreement", True),
        ("unit", False), ("fields", True), ("state", True),
    ]  # fmt: skip
    assert all(line.said and line.reason for line in lines)


def test_adding_a_scope_or_dropping_a_limit_never_hides_anything() -> None:
    for action in POLICY.actions:
        narrow = who(measures=frozenset({"registry"}))
        if decide(narrow, action).allowed:
            assert decide(who(), action).allowed
        assert decide(narrow, action).fields <= decide(who(), action).fields
