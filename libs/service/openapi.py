"""The OpenAPI document, built when first asked for: what a route's traits imply is written into its operation.

So that no route needs to repeat the conventions, and none can leave one out: statuses, headers, scopes, examples.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from libs.service import openapi_parts as parts
from libs.service.examples import example_of
from libs.service.traits import Traits, all_traits

_SELECTED: Final = {
    "type": "object",
    "required": ["items"],
    "properties": {
        "items": {"type": "array", "items": {"type": "object", "description": "the `fields` asked for"}},
        "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "count": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "count_missing": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
}
_LICENSE: Final = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
_BINARY: Final = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
_METHODS: Final = ("get", "put", "post", "patch", "delete")


def operation_id(route: APIRoute) -> str:
    """`{tag}_{function}`, which generators turn into readable method names."""
    tag = str(route.tags[0]) if route.tags else "api"
    return f"{tag}_{route.name}".replace("-", "_")


def install(app: FastAPI, hears: Sequence[str] = ()) -> None:
    """Replace the app's document builder; nothing is built until someone asks. `hears`: the sources of its reads."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app, hears)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way


def _build(app: FastAPI, hears: Sequence[str]) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
    )
    schema["info"]["license"] = _LICENSE
    schema["servers"] = [{"url": f"/{app.state.name}"}]
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= parts.SCHEMAS
    components["headers"] = dict(parts.HEADERS)
    components["parameters"] = dict(parts.PARAMETERS)
    components["responses"] = parts.responses()
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for context, traits in all_traits(app):
        for method in _METHODS:
            operation = schema["paths"].get(context.path or "", {}).get(method)
            if operation is not None and method.upper() in context.methods:
                _complete(operation, method.upper(), traits, hears)
                _exemplify(operation, schemas)
    _drop_unused(schema)
    return schema


def _drop_unused(schema: dict[str, Any]) -> None:
    """Parts that no operation refers to: of the conventions, and FastAPI's own form of errors."""
    used = set(_references(schema["paths"]))
    found = used
    while found:
        parts_of = (schema["components"].get(kind, {}).get(name, {}) for kind, name in found)
        found = set(_references(list(parts_of))) - used
        used |= found
    for kind, named in schema["components"].items():
        if kind != "securitySchemes":
            schema["components"][kind] = {name: part for name, part in named.items() if (kind, name) in used}


def _references(value: Any) -> Iterator[tuple[str, str]]:
    """Kind and name of each component that a part of the document refers to."""
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            kind, name = reference.removeprefix("#/components/").split("/")
            yield kind, name
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _references(each)


def _complete(operation: dict[str, Any], method: str, traits: Traits, hears: Sequence[str]) -> None:
    if traits.takes_file:
        operation["requestBody"] = {"required": True, "content": _BINARY}
    operation.setdefault("parameters", []).extend(map(parts.parameter, _parameters(method, traits, hears)))
    answers = operation["responses"]
    answers.pop("422", None)
    for status, answer in answers.items():
        answer["headers"] = parts.headers(*parts.EVERY_ANSWER, *_headers(method, traits, hears, status))
    if "fields" in traits.known:
        _selectable(answers["200"])
    if method == "GET" and traits.single:
        answers["304"] = {"description": "Not modified", "headers": parts.headers(*parts.EVERY_ANSWER, "ETag")}
    refusals = {int(status) for status in answers if status >= "4"}  # named by the route itself
    for code in refusals.union(_statuses(operation, method, traits, hears)):
        answers[str(code)] = parts.problem(code, answers.get(str(code), {}).get("content"))
    operation["responses"] = dict(sorted(answers.items()))
    operation["security"] = [] if traits.public else [{"bearer": list(traits.scopes)}]
    if not traits.public:
        operation["x-scope"] = list(traits.scopes)
        operation["x-action"] = list(traits.actions)
        operation["x-fields"] = list(traits.fields)
    if traits.unversioned:
        operation["x-unversioned"] = traits.unversioned


def _selectable(answer: dict[str, Any]) -> None:
    """A list answers whole items, or of each the fields that were asked for."""
    content = answer["content"].get("application/json")
    if content is not None:
        content["schema"] = {"anyOf": [content["schema"], _SELECTED]}


def _parameters(method: str, traits: Traits, hears: Sequence[str]) -> Iterator[str]:
    if traits.keyed(method):
        yield "IdempotencyKey"
    if traits.if_match is not None:
        yield "IfMatch" if traits.if_match else "IfMatchIfAny"
    if method == "GET" and traits.single:
        yield "IfNoneMatch"
    if method == "GET" and not traits.public:
        yield from ("Prefer", "ReadToken", *(("AfterEvent",) if hears else ()))


def _headers(method: str, traits: Traits, hears: Sequence[str], status: str) -> Iterator[str]:
    if "cursor" in traits.known:
        yield "Link"
    if method == "GET" and traits.single:
        yield "ETag"
    if method == "GET" and not traits.public:
        yield from ("Preference-Applied", *(("Freshness", "Age") if hears else ()))
    if traits.keyed(method):
        yield "Idempotency-Replayed"
        yield from ("Location", "Preference-Applied", "Retry-After") if status == "202" else ("ETag", "Read-Token")
        if status != "202":
            yield "Event-Id"
    if status == "201":
        yield "Location"


def _statuses(operation: dict[str, Any], method: str, traits: Traits, hears: Sequence[str]) -> Iterator[int]:
    yield from (400, 422, 429, 500, 503)
    if not traits.public:
        yield from (401, 403, 404)
    if "requestBody" in operation:
        yield from (408, 413, 415)
    if (method != "GET" and not traits.only_reads) or (method == "GET" and hears):
        yield 409
    if traits.if_match is not None:
        yield from (412, 428) if traits.if_match else (412,)


def _exemplify(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """An example beside every body that has a schema and none of its own."""
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for body in bodies:
        for content in body.get("content", {}).values():
            schema = content.get("schema")
            if schema and schema.get("format") != "binary" and not {"example", "examples"} & content.keys():
                content["example"] = example_of(schema, schemas)
