"""The one decision: may this principal do this action on this resource, for this purpose, seeing which fields.

Used by the route dependency (`requires`) and by the edge that cuts answers (`edge.py`), at every request, so it makes
no words; `explaining.py` looks at the same rules and says of each what was compared. Which rows are seen is decided
inside SQL, by the range of the caller's division.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from libs.access.masking import check_reason
from libs.access.principal import Principal, not_found
from libs.access.rules import POLICY, STRUCTURE, Action
from libs.values.division import LEVELS, Division
from libs.values.errors import DomainError, Forbidden, Invalid

Rule = Literal["scope", "role", "level", "measure", "purpose", "agreement", "unit", "fields", "state"]
NOTICE: Final = "notice"
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class Resource:
    """What is acted on. `division` None: a list, which its query narrows; `purpose` and `reason` as stated."""

    division: Division | None = None
    purpose: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided under which version of the policy; `fields` are the classes an answer may show."""

    action: Action
    allowed: bool
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
    """Look at the rules, in the order in which a refusal is told. Raises ValueError for an unknown action."""
    act = POLICY.action(action)
    refusal = next((error for rule in RULES.values() if (error := rule(principal, act, resource)) is not None), None)
    seen = fields_of(principal, act, resource)
    purpose = resource.purpose or principal.purpose
    return Decision(
        action=act,
        allowed=refusal is None,
        fields=seen,
        cut=act.always_cut or principal.kind == "client" or seen != act.classes or purpose == NOTICE,
        purpose=purpose,
        refusal=refusal,
        version=POLICY.version,
    )


def fields_of(principal: Principal, act: Action, resource: Resource) -> frozenset[str]:
    """The classes of the action that this principal sees for this purpose."""
    purpose = resource.purpose or principal.purpose
    seen = act.classes
    for name in act.classes:
        each = POLICY.classes[name]
        if (each.scope is not None and each.scope not in principal.scopes) or purpose in each.never_in:
            seen = seen - {name}
    if principal.kind == "client":
        seen = seen & ((principal.fields or frozenset()) | {STRUCTURE})
    return seen


def _scope(principal: Principal, act: Action, _resource: Resource) -> DomainError | None:
    missing = next((scope for scope in act.scopes if scope not in principal.scopes), None)
    if missing is None:
        return None
    return Forbidden("access.scope_missing", f"this needs the scope {missing}", rule="scope", right=missing)


def _role(principal: Principal, act: Action, _resource: Resource) -> DomainError | None:
    if principal.role in act.roles:
        return None
    return Forbidden("access.role_not_allowed", "this is not for your role", rule="role", value=principal.role)


def _level(principal: Principal, act: Action, _resource: Resource) -> DomainError | None:
    own = principal.division.level
    if act.level is None or LEVELS.index(own) <= LEVELS.index(act.level):
        return None
    return Forbidden("access.level_below", f"this is for a {act.level}", rule="level", value=own, right=act.level)


def _measure(principal: Principal, act: Action, _resource: Resource) -> DomainError | None:
    if principal.measures is None or act.measures <= principal.measures:
        return None
    right = " ".join(sorted(act.measures - principal.measures))
    return Forbidden("access.measure_outside", f"this needs the measures {right}", rule="measure", right=right)


def _purpose(principal: Principal, act: Action, resource: Resource) -> DomainError | None:
    stated = resource.purpose or principal.purpose
    if stated is None:
        return _no_purpose(act) if act.purposes else None
    if stated not in POLICY.purposes:
        right = " ".join(POLICY.purposes)
        return Invalid("access.purpose_unknown", "unknown purpose", field="Purpose", value=stated[:40], right=right)
    other = principal.purpose is not None and stated != principal.purpose
    if other or (act.purposes and stated not in act.purposes):
        right = principal.purpose if other and principal.purpose else " ".join(sorted(act.purposes))
        return Forbidden("access.purpose_refused", "not for this purpose", field="Purpose", value=stated, right=right)
    if stated == OTHER and principal.purpose is None:
        return _without_words(resource.reason)
    return None


def _no_purpose(act: Action) -> DomainError:
    right = " ".join(sorted(act.purposes))
    return Invalid("access.purpose_missing", "state the purpose in the header Purpose", field="Purpose", right=right)


def _without_words(reason: str | None) -> DomainError | None:
    """`other` says nothing by itself: the request's `reason` says it in words."""
    try:
        check_reason(reason)
    except Invalid as missing:
        return missing
    return None


def _agreement(principal: Principal, _act: Action, _resource: Resource) -> DomainError | None:
    """A client works under an agreement: what it may see stands there, and without one there is nothing to see."""
    if principal.kind != "client" or principal.agreement:
        return None
    message, right = "the token names no agreement", "POST /access/v1/token"
    return Forbidden("access.agreement_missing", message, rule="agreement", right=right)


def _unit(principal: Principal, act: Action, resource: Resource) -> DomainError | None:
    own, other = principal.division, resource.division
    holds = act.units == "none" or other is None or own.covers(other) or (act.units == "above" and other.covers(own))
    return None if holds else not_found()


Check = Callable[[Principal, Action, Resource], DomainError | None]
RULES: Final[Mapping[Rule, Check]] = {
    "scope": _scope,
    "role": _role,
    "level": _level,
    "measure": _measure,
    "purpose": _purpose,
    "agreement": _agreement,
    "unit": _unit,
}
"""Each gives what it refuses with, or None; in the order in which a refusal is told."""
