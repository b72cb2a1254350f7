"""Every rule of the policy over one decision, in words: what was compared, whether it held, why the rule is there."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from libs.access.deciding import RULES, Resource, Rule, fields_of
from libs.access.principal import Principal
from libs.access.rules import POLICY, Action


@dataclass(frozen=True, slots=True)
class Line:
    """A rule that held or failed, with its reason."""

    rule: Rule
    holds: bool
    said: str
    reason: str


def explain(principal: Principal, action: str, resource: Resource) -> tuple[Line, ...]:
    """A line for each rule, then what is shown and what the service looks at itself. ValueError: unknown action."""
    act = POLICY.action(action)
    lines = []
    for rule, check in RULES.items():
        said, reason = _SAID[rule](principal, act, resource)
        lines.append(Line(rule, check(principal, act, resource) is None, said, reason))
    states = (Line("state", True, "looked at by the service itself", state) for state in act.states)
    return (*lines, _shown(act, fields_of(principal, act, resource)), *states)


Said = tuple[str, str]


def _scope(principal: Principal, act: Action, _resource: Resource) -> Said:
    return f"needs {' '.join(act.scopes)}, has {_listed(principal.scopes)}", act.reason


def _role(principal: Principal, act: Action, _resource: Resource) -> Said:
    return f"{principal.role} of {_listed(act.roles)}", act.reason


def _level(principal: Principal, act: Action, _resource: Resource) -> Said:
    said = f"{principal.division.level} of {act.level or 'any'} or above"
    return said, "a step of a higher unit is not taken by those below it"


def _measure(principal: Principal, act: Action, _resource: Resource) -> Said:
    held = "all" if principal.measures is None else _listed(principal.measures)
    said = f"touches {_listed(act.measures)}, limited to {held}"
    return said, "a caller limited to measures does nothing that touches others"


def _purpose(principal: Principal, act: Action, resource: Resource) -> Said:
    stated = resource.purpose or principal.purpose
    reason = POLICY.purposes.get(stated or "", "目的须是策略列出的一种")
    return f"demands {_listed(act.purposes)}, stated {stated or 'none'}", reason


def _agreement(principal: Principal, act: Action, _resource: Resource) -> Said:
    if principal.kind != "client":
        return "no client", "agreements bind clients only"
    reason = "a partner sees the fields of its agreement, and no others"
    if not principal.agreement:
        return "names no agreement", reason
    shown = sorted((principal.fields or frozenset()) & act.classes)
    return f"agreement {principal.agreement} gives {' '.join(shown) or 'no fields'}", reason


def _unit(principal: Principal, act: Action, resource: Resource) -> Said:
    asked = f", asked for {resource.division.code}" if resource.division else ""
    return f"{act.units} of {principal.division.code}{asked}", "what lies in other units answers as what does not exist"


def _shown(act: Action, seen: frozenset[str]) -> Line:
    held_back = sorted(act.classes - seen)
    said = f"shows {_listed(seen)}" + (f", holds back {' '.join(held_back)}" if held_back else "")
    reason = "; ".join(POLICY.classes[name].reason for name in held_back) or "all that the action shows"
    return Line("fields", True, said, reason)


def _listed(names: frozenset[str]) -> str:
    return " ".join(sorted(names)) or "none"


_SAID: Final[Mapping[Rule, Callable[[Principal, Action, Resource], Said]]] = {
    "scope": _scope,
    "role": _role,
    "level": _level,
    "measure": _measure,
    "purpose": _purpose,
    "agreement": _agreement,
    "unit": _unit,
}
