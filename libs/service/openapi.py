"""The OpenAPI document, built when first asked for: scopes, the problem schema, readable operation ids."""

from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from libs.service.problems import MEDIA_TYPE
from libs.service.routes import RouteRight, rights

_PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "description": "RFC 9457; `code` is stable and never translated.",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/common/invalid"]},
        "title": {"type": "string", "examples": ["内容不符合要求"]},
        "status": {"type": "integer", "examples": [422]},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string", "examples": ["common.invalid"]},
        "trace_id": {"type": ["string", "null"]},
        "errors": {"type": "array", "items": {"$ref": "#/components/schemas/ProblemItem"}},
    },
}
_ITEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["pointer", "code", "detail"],
    "properties": {
        "pointer": {"type": "string", "description": "JSON pointer (RFC 6901)"},
        "in": {"type": "string", "enum": ["body", "query", "path", "header", "cookie"]},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "value": {"type": "string"},
        "rule": {"type": "string"},
        "right": {"type": "string"},
    },
}
_ANSWER: Final[dict[str, Any]] = {
    "description": "problem",
    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_UNUSED: Final = ("HTTPValidationError", "ValidationError")


def operation_id(route: APIRoute) -> str:
    """`{tag}_{function}`, which generators turn into readable method names."""
    tag = str(route.tags[0]) if route.tags else "api"
    return f"{tag}_{route.name}".replace("-", "_")


def install(app: FastAPI) -> None:
    """Replace the app's document builder; nothing is built until someone asks."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _build(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # FastAPI's documented way


def _build(app: FastAPI) -> dict[str, Any]:
    schema = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
    )
    components = schema.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in _UNUSED:
        schemas.pop(name, None)
    schemas |= {"Problem": _PROBLEM, "ProblemItem": _ITEM}
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    for right in rights(app):
        for method in right.methods:
            operation = schema["paths"].get(right.path, {}).get(method.lower())
            if operation is not None:
                _complete(operation, right)
    return schema


def _complete(operation: dict[str, Any], right: RouteRight) -> None:
    answers = operation.setdefault("responses", {})
    answers["422"] = answers["default"] = _ANSWER
    if right.public:
        operation["security"] = []
        return
    answers["401"] = answers["403"] = _ANSWER
    operation["x-scope"] = list(right.scopes)
    operation["x-action"] = list(right.actions)
    operation["x-fields"] = list(right.fields)
    operation["security"] = [{"bearer": list(right.scopes)}]
