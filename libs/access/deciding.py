"""The one decision: may this principal do this action on this resource, why, on which rows, seeing which fields.

Used by the route dependency (`requires`), by the edge that cuts answers (`edge.py`) and by `jinguo access explain`.
Rows are narrowed inside SQL by `Rows`, so that counts, pages, exports and errors know nothing of other rows.
"""

from dataclasses import dataclass
from typing import Final, Literal

from libs.access.principal import Principal, not_found
from libs.access.rules import POLICY, STRUCTURE, Action
from libs.values.division import Division
from libs.values.errors import DomainError, Forbidden, Invalid

Rule = Literal["scope", "role", "measure", "purpose", "agreement", "unit", "fields", "state"]
NOTICE: Final = "notice"


@dataclass(frozen=True, slots=True)
class Resource:
    """What is acted on. `division` None: a list, which the row filter narrows; `purpose` as the caller states it."""

    division: Division | None = None
    purpose: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A rule of the policy that held or failed, with its reason."""

    rule: Rule
    holds: bool
    said: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows an answer may be made of: `division BETWEEN low AND high`, and for `above` the units over them."""

    low: str
    high: str
    above: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided under which version of the policy; `fields` are the classes an answer may show."""

    action: Action
    allowed: bool
    lines: tuple[Line, ...]
    rows: Rows
    fields: frozenset[str]
    cut: bool
    """Whether the answer must be cut to `fields`, because the action shows more than this caller may see."""
    purpose: str | None
    refusal: DomainError | None
    version: int

    def check(self) -> None:
        """Raise the refusal, if there is one: 403, 404 or 422."""
        if self.refusal is not None:
            raise self.refusal


def decide(principal: Principal, action: str, resource: Resource = Resource()) -> Decision:
    """Look at every rule, in the order in which a refusal is told. Raises ValueError for an unknown action."""
    act = POLICY.action(action)
    looked = (
        _scope(principal, act),
        _role(principal, act),
        _measure(principal, act),
        _purpose(principal, act, resource),
        _agreement(principal, act),
        _unit(principal, act, resource),
    )
    lines = tuple(line for line, _ in looked)
    refusal = next((error for _, error in looked if error is not None), None)
    seen = _fields(principal, act, resource)
    purpose = resource.purpose or principal.purpose
    states = tuple(Line("state", True, "looked at by the service itself", state) for state in act.states)
    return Decision(
        action=act,
        allowed=refusal is None,
        lines=(*lines, _shown(act, seen), *states),
        rows=_rows(principal, act),
        fields=seen,
        cut=act.always_cut or principal.kind == "client" or seen != act.classes or purpose == NOTICE,
        purpose=purpose,
        refusal=refusal,
        version=POLICY.version,
    )


Looked = tuple[Line, DomainError | None]


def _scope(principal: Principal, act: Action) -> Looked:
    missing = next((scope for scope in act.scopes if scope not in principal.scopes), None)
    said = f"needs {' '.join(act.scopes)}, has {' '.join(sorted(principal.scopes)) or 'none'}"
    line = Line("scope", missing is None, said, act.reason)
    if missing is None:
        return line, None
    return line, Forbidden("access.scope_missing", f"this needs the scope {missing}", rule="scope", right=missing)


def _role(principal: Principal, act: Action) -> Looked:
    holds = principal.role in act.roles
    line = Line("role", holds, f"{principal.role} of {' '.join(sorted(act.roles))}", act.reason)
    if holds:
        return line, None
    return line, Forbidden("access.role_not_allowed", "this is not for your role", rule="role", value=principal.role)


def _measure(principal: Principal, act: Action) -> Looked:
    own = principal.measures
    missing = () if own is None else sorted(act.measures - own)
    held = "all" if own is None else " ".join(sorted(own)) or "none"
    said = f"touches {' '.join(sorted(act.measures)) or 'none'}, limited to {held}"
    line = Line("measure", not missing, said, "a caller limited to measures does nothing that touches others")
    if not missing:
        return line, None
    right = " ".join(missing)
    return line, Forbidden("access.measure_outside", f"this needs the measures {right}", rule="measure", right=right)


def _purpose(principal: Principal, act: Action, resource: Resource) -> Looked:
    stated = resource.purpose or principal.purpose
    demanded = " ".join(sorted(act.purposes))
    said = f"demands {demanded or 'none'}, stated {stated or 'none'}"
    reason = POLICY.purposes.get(stated or "", "目的须是策略列出的一种")
    if stated is not None and stated not in POLICY.purposes:
        right = " ".join(POLICY.purposes)
        return Line("purpose", False, said, reason), Invalid(
            "access.purpose_unknown", "unknown purpose", field="Purpose", value=stated[:40], right=right
        )
    if act.purposes and stated is None:
        return Line("purpose", False, said, reason), Invalid(
            "access.purpose_missing", "state the purpose in the header Purpose", field="Purpose", right=demanded
        )
    other = principal.purpose is not None and stated != principal.purpose
    if other or (act.purposes and stated not in act.purposes):
        right = principal.purpose if other and principal.purpose else demanded
        return Line("purpose", False, said, reason), Forbidden(
            "access.purpose_refused", "not for this purpose", field="Purpose", value=stated, right=right
        )
    return Line("purpose", True, said, reason), None


def _agreement(principal: Principal, act: Action) -> Looked:
    """A client works under an agreement: what it may see stands there, and without one there is nothing to see."""
    reason = "a partner sees the fields of its agreement, and no others"
    if principal.kind != "client":
        return Line("agreement", True, "no client", "agreements bind clients only"), None
    if not principal.agreement:
        return Line("agreement", False, "names no agreement", reason), Forbidden(
            "access.agreement_missing", "the token names no agreement", rule="agreement", right="POST /access/v1/token"
        )
    shown = sorted((principal.fields or frozenset()) & act.classes)
    said = f"agreement {principal.agreement} gives {' '.join(shown) or 'no fields'}"
    return Line("agreement", True, said, reason), None


def _unit(principal: Principal, act: Action, resource: Resource) -> Looked:
    own, other = principal.division, resource.division
    said = f"{act.units} of {own.code}" + (f", asked for {other.code}" if other else "")
    holds = act.units == "none" or other is None or own.covers(other) or (act.units == "above" and other.covers(own))
    line = Line("unit", holds, said, "what lies in other units answers as what does not exist")
    return line, None if holds else not_found()


def _fields(principal: Principal, act: Action, resource: Resource) -> frozenset[str]:
    purpose = resource.purpose or principal.purpose
    seen = act.classes
    for name in act.classes:
        each = POLICY.classes[name]
        if (each.scope is not None and each.scope not in principal.scopes) or purpose in each.never_in:
            seen = seen - {name}
    if principal.kind == "client":
        seen = seen & ((principal.fields or frozenset()) | {STRUCTURE})
    return seen


def _shown(act: Action, seen: frozenset[str]) -> Line:
    held_back = sorted(act.classes - seen)
    said = f"shows {' '.join(sorted(seen)) or 'none'}" + (f", holds back {' '.join(held_back)}" if held_back else "")
    reason = "; ".join(POLICY.classes[name].reason for name in held_back) or "all that the action shows"
    return Line("fields", True, said, reason)


def _rows(principal: Principal, act: Action) -> Rows:
    low, high = principal.division.range()
    if act.units == "none":
        return Rows("0" * 12, "9" * 12)
    if act.units != "above":
        return Rows(low, high)
    above, unit = [], principal.division.parent
    while unit is not None:
        above.append(unit.code)
        unit = unit.parent
    return Rows(low, high, tuple(above))
