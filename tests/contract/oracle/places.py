"""The places of an operation at which a caller names a thing or a unit, found in its document by form alone.

A parameter or a property of a body is such a place when its schema asks for a UUID or a 12-digit code, whatever it is
called: a route that is added later has its places found without a word here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Literal

from libs.access.rules import POLICY
from libs.service.examples import example_of
from tests.contract.conventions.asking import Ask, Operation

Kind = Literal["id", "unit", "number", "word"]
WORDS = {"action": "registry:read", "measure": "training"}
"""Values of free text that the document gives no example of, and that are not a matter of the caller's unit."""
TIME = re.compile(r"\d{4}-\d\d-\d\dT")
NAMES = frozenset({"user"})
"""Parameters that name somebody by a word of his own."""
LEFT_OUT = frozenset({"limit", "cursor", "wait", "as_known", "lastEventId", "timeout", "from", "to", "number"})
"""Parameters of paging and of time: asked by tests of their own."""


@dataclass(frozen=True)
class Place:
    """Where a value goes: `path`, `query` or `body`; in a body by the steps to it."""

    where: Literal["path", "query", "body"]
    name: str
    kind: Kind
    steps: tuple[str | int, ...] = ()
    required: bool = True

    def put(self, ask: Ask, value: str, operation: Operation) -> Ask:
        """The same request with this value at this place."""
        if self.where == "query":
            return ask.adding(**{self.name: value})
        if self.where == "body":
            body = deepcopy(ask.json)
            inner = body
            for step in self.steps[:-1]:
                inner = inner[step]
            inner[self.steps[-1]] = value
            return replace(ask, json=body)
        raise AssertionError("a path is filled as a whole")


def places(operation: Operation) -> list[Place]:
    """All of an operation, in the order of its document."""
    found = []
    for each in operation.parameters:
        if each["in"] == "path" and _plain(each["schema"]).get("type") == "integer":
            found.append(Place("path", each["name"], "number"))
            continue
        kind = _kind(operation, each["schema"], each["name"], each.get("example"))
        if kind is not None and each["in"] in ("path", "query") and each["name"] not in LEFT_OUT:
            found.append(Place(each["in"], each["name"], kind, required=bool(each.get("required"))))
    media, content = operation.body or ("", {})
    if media == "application/json":
        found += _in_body(content.get("example"), ())
    return found


def asks(operation: Operation, headers: Mapping[str, str]) -> list[Ask]:
    """Requests without their places: as little as it asks for, all that it offers, and each of its named values."""
    bare = _bare(operation, headers)
    optional = {
        each["name"]: _value(each)
        for each in operation.parameters
        if each["in"] == "query"
        and not each.get("required")
        and each["name"] not in LEFT_OUT
        and _kind(operation, each["schema"], each["name"], each.get("example")) is None
    }
    full = {name: value for name, value in optional.items() if value is not None}
    named = [bare.adding(**{each["name"]: value}) for each in operation.parameters for value in _named(each)]
    return [bare, *([bare.adding(**full)] if full else []), *named]


def filled(operation: Operation, ask: Ask, values: Mapping[Place, str]) -> Ask:
    """The request with these values at these places; other words in a path are the service's name (of its feed)."""
    path = operation.path
    for place, value in values.items():
        if place.where == "path":
            path = path.replace(f"{{{place.name}}}", value)
        else:
            ask = place.put(ask, value, operation)
    url = str(operation.document["servers"][0]["url"])
    return replace(ask, path=url + re.sub(r"{\w+}", url.strip("/"), path))


def purposes(operation: Operation) -> dict[str, str]:
    """The header that an operation asks for whose action demands a purpose."""
    wanted = [min(POLICY.action(name).purposes, default="") for name in operation.said.get("x-action", ())]
    return {"Purpose": wanted[0]} if any(wanted) else {}


def _bare(operation: Operation, headers: Mapping[str, str]) -> Ask:
    ask = operation.good({**headers, **purposes(operation)})
    texts = {each["name"]: WORDS[each["name"]] for each in operation.parameters if each["name"] in WORDS}
    query = {name: texts.get(name, value) for name, value in ask.query.items()}
    version = {"If-Match": '"1"'} if operation.method != "GET" else {}
    return replace(ask, query=query, headers={**ask.headers, **version}, json=_later(ask.json))


def _later(value: Any) -> Any:
    """Times to come instead of those of the examples: what ends must not have ended."""
    if isinstance(value, dict):
        return {name: _later(each) for name, each in value.items()}
    return "2098-01-01T08:00:00+08:00" if isinstance(value, str) and TIME.match(value) else value


def _value(parameter: Mapping[str, Any]) -> Any:
    schema = _plain(parameter["schema"])
    if schema.get("type") == "boolean":
        return "true"
    name = parameter["name"]
    if name in WORDS:
        return WORDS[name]
    if _values(schema):
        return _values(schema)[0]
    if name == "reason":
        return "更正被退回的行后重新导入"
    return None


def _named(parameter: Mapping[str, Any]) -> Sequence[str]:
    return _values(_plain(parameter["schema"])) if parameter["in"] == "query" else ()


def _values(schema: Mapping[str, Any]) -> Sequence[str]:
    """All values of a schema that names them."""
    return [schema["const"]] if "const" in schema else schema.get("enum", ())


def _kind(operation: Operation, schema: Mapping[str, Any], name: str, example: Any = None) -> Kind | None:
    if _plain(schema).get("format") == "uuid":
        return "id"
    if name in NAMES:
        return "word"
    if name in WORDS or _values(_plain(schema)) or _plain(schema).get("type") != "string":
        return None
    shown = example or example_of(schema, operation.document["components"]["schemas"], name)
    return _kind_of(shown)


def _kind_of(value: Any) -> Kind | None:
    if not isinstance(value, str):
        return None
    if len(value) == 36 and value.count("-") == 4:
        return "id"
    return "unit" if len(value) == 12 and value.isdigit() else None


def _in_body(value: Any, steps: tuple[str | int, ...]) -> Iterator[Place]:
    inner: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        kind = _kind_of(each)
        if kind is not None:
            name = str(step) if isinstance(step, str) else str(steps[-1])
            yield Place("body", name, kind, (*steps, step))
        yield from _in_body(each, (*steps, step))


def _plain(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema without `null`."""
    for each in schema.get("anyOf", ()):
        if each.get("type") != "null":
            return _plain(each)
    return schema
