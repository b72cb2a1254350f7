"""policy.toml as tables, read once at import: actions, field classes, purposes. A wrong line stops the start."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from libs.access.policy import ROLES, SCOPES, scopes_of
from libs.values.division import LEVELS, Level

FILE: Final = Path(__file__).with_name("policy.toml")
STRUCTURE: Final = "structure"

Units = Literal["subtree", "above", "none"]


@dataclass(frozen=True, slots=True)
class FieldClass:
    """A class of fields: `scope` it needs besides the action's, purposes it is never shown for."""

    name: str
    reason: str
    scope: str | None
    never_in: frozenset[str]


@dataclass(frozen=True, slots=True)
class Action:
    """What a route does: who may, where, on which measures, for which purposes, showing which classes of fields."""

    name: str
    scopes: tuple[str, ...]
    roles: frozenset[str]
    units: Units
    measures: frozenset[str]
    purposes: frozenset[str]
    classes: frozenset[str]
    class_of: Mapping[str, str]
    """Field name → class, as this action uses the name."""
    level: Level | None
    """The lowest level of a caller's unit: a county's decision is not made by its villages. None: any."""
    states: tuple[str, ...]
    always_cut: bool
    """Whether nobody gets an answer as it is, because it holds more than `classes`."""
    reason: str


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of the policy."""

    version: int
    purposes: Mapping[str, str]
    classes: Mapping[str, FieldClass]
    actions: Mapping[str, Action]
    whole: frozenset[str]
    """Names of values that belong to their class with whatever is in them."""

    def action(self, name: str) -> Action:
        """The action; raises ValueError for a name the policy does not know."""
        try:
            return self.actions[name]
        except KeyError:
            raise ValueError(f"{name!r} is no action of libs/access/policy.toml") from None


def read(text: str) -> Rules:
    """The policy of a text; raises ValueError naming the first wrong line."""
    data = tomllib.loads(text)
    classes = {name: _class(name, each) for name, each in data["classes"].items()}
    names = _names(data["classes"])
    purposes = data["purposes"]
    actions = {name: _action(name, each, names, classes, purposes) for name, each in data["actions"].items()}
    whole = frozenset(data["whole"]["fields"])
    if unknown := whole - set(names):
        raise ValueError(f"whole: no class holds {', '.join(sorted(unknown))}")
    return Rules(
        data["version"], MappingProxyType(purposes), MappingProxyType(classes), MappingProxyType(actions), whole
    )


def _class(name: str, data: Mapping[str, Any]) -> FieldClass:
    scope = data.get("scope")
    if scope is not None and scope not in SCOPES:
        raise ValueError(f"class {name}: unknown scope {scope}")
    return FieldClass(name, data["reason"], scope, frozenset(data.get("never_in", ())))


def _names(classes: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, each in classes.items():
        for field in each["fields"]:
            if found.setdefault(field, name) != name:
                raise ValueError(f"field {field} stands in two classes: {found[field]} and {name}")
    return found


def _action(
    name: str,
    data: Mapping[str, Any],
    names: Mapping[str, str],
    classes: Mapping[str, FieldClass],
    purposes: Mapping[str, str],
) -> Action:
    scopes, roles = (data["scope"], *data.get("also", ())), frozenset(data["roles"])
    own = data.get("fields", {})
    known = (
        ("scope", scopes, SCOPES), ("role", roles, ROLES), ("units", [data["units"]], get_args(Units)),
        ("purpose", data.get("purposes", ()), purposes),
        ("level", [data["level"]] if "level" in data else (), LEVELS),
        ("class", [*data["classes"], *own.values()], classes),
    )  # fmt: skip
    for what, given, allowed in known:
        if wrong := set(given) - set(allowed):
            raise ValueError(f"action {name}: unknown {what} {', '.join(sorted(wrong))}")
    for role in roles:
        if missing := set(scopes) - scopes_of(role):
            raise ValueError(f"action {name}: the role {role} lacks {', '.join(sorted(missing))}")
    if not data["reason"].strip():
        raise ValueError(f"action {name}: without a reason")
    return Action(
        name=name,
        scopes=tuple(scopes),
        roles=roles,
        units=data["units"],
        measures=frozenset(data["measures"]),
        purposes=frozenset(data.get("purposes", ())),
        classes=frozenset(data["classes"]),
        class_of=MappingProxyType({**names, **own}),
        level=data.get("level"),
        states=tuple(data.get("states", ())),
        always_cut=bool(data.get("always_cut", False)),
        reason=data["reason"],
    )


POLICY: Final = read(FILE.read_text(encoding="utf-8"))
MEASURES: Final = frozenset(measure for action in POLICY.actions.values() for measure in action.measures)
"""Measures that an account, token or agreement may be limited to."""
