"""Every route of every service names the scope it needs, read from the apps themselves; and the check bites."""

import inspect
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, FastAPI, WebSocket
from fastapi.routing import iter_route_contexts
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from libs.access.fastapi import public, requires
from libs.access.policy import SCOPES
from libs.access.principal import Principal
from libs.access.rules import POLICY
from libs.service.app import create_app
from libs.service.routes import check, rights, unstated
from libs.service.settings import ServiceSettings
from libs.service.traits import calls_of
from scripts.apps import ROOT, SERVICES, built

PUBLIC = {
    "/health/live",
    "/health/ready",
    "/health/readers",
}


def test_services_are_found() -> None:
    assert set(SERVICES) <= {path.name for path in (ROOT / "services").iterdir()}


@pytest.mark.parametrize("service", SERVICES)
def test_every_route_of_a_service_names_its_scope(service: str) -> None:
    found = list(rights(built(service)))
    assert found
    assert [f"{right.methods} {right.path}" for right in found if not right.stated] == []
    assert {scope for right in found for scope in right.scopes} <= set(SCOPES)
    if service != "console":  # its pages ask for a session, and each call behind them carries that user's token
        assert {right.path for right in found if right.public} <= PUBLIC


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "console"])
def test_operation_ids_of_a_service_are_unique(service: str) -> None:
    document = built(service).openapi()
    ids = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))


def test_every_route_of_access_names_its_scope() -> None:
    from libs.access.main import ROUTERS

    app = create_app("access", title="A", routers=ROUTERS, runtime=None, verifier=None, settings=ServiceSettings())
    assert {right.path for right in rights(app) if right.public} - PUBLIC == {
        "/v1/sign-in",
        "/v1/second-factor",
        "/v1/second-factor/confirmation",
        "/v1/token",
        "/v1/password",
        "/v1/keys",
    }


def test_a_route_without_scope_is_not_built() -> None:
    router = APIRouter()

    @router.get("/v1/women")
    async def women() -> None: ...

    with pytest.raises(LookupError, match="GET /v1/women"):
        create_app("bad", title="Bad", routers=[router], runtime=None, verifier=None, settings=ServiceSettings())


def test_a_route_both_public_and_scoped_is_not_built() -> None:
    router = APIRouter()

    @router.get("/v1/women", dependencies=[public()])
    async def women(principal: Annotated[Principal, requires("registry:read")]) -> None: ...

    with pytest.raises(LookupError):
        create_app("bad", title="Bad", routers=[router], runtime=None, verifier=None, settings=ServiceSettings())


def test_a_scope_nobody_defined_is_refused_when_the_route_is_written() -> None:
    with pytest.raises(ValueError, match="women:read"):
        requires("women:read")


def test_the_check_sees_routes_of_every_kind() -> None:
    async def plain(_request: Any) -> PlainTextResponse:
        return PlainTextResponse("")

    inner = FastAPI(openapi_url=None)

    @inner.get("/deep")
    async def deep() -> None: ...

    static = Mount("/static", StaticFiles(directory=ROOT / "docs"))
    app = FastAPI(routes=[Route("/plain", plain), Mount("/inner", inner), Mount("/any", plain), static])

    @app.websocket("/socket")
    async def socket(socket: WebSocket) -> None: ...

    nested, outer = APIRouter(prefix="/nested"), APIRouter(prefix="/outer")

    @nested.post("/list")
    async def listed() -> None: ...

    outer.include_router(nested)
    app.include_router(outer)
    assert sorted(unstated(app)) == [
        "ANY /any/*",
        "GET /inner/deep",
        "GET HEAD /plain",
        "POST /outer/nested/list",
        "WEBSOCKET /socket",
    ]
    with pytest.raises(LookupError):
        check(app)


def test_a_scope_on_the_router_counts_for_its_routes() -> None:
    router = APIRouter(dependencies=[requires("registry:read")])

    @router.get("/v1/women")
    async def women() -> None: ...

    app = FastAPI(openapi_url=None)
    app.include_router(router)
    (found,) = rights(app)
    assert (found.path, found.scopes, found.public) == ("/v1/women", ("registry:read",), False)
    assert found.actions == ("registry:read",)
    assert set(found.fields) == POLICY.action("registry:read").classes


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "console"])
def test_every_operation_states_action_scope_and_fields_and_answers_no_field_without_a_class(service: str) -> None:
    document = built(service).openapi()
    schemas = document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if operation["security"] == []:
                continue
            (name,) = operation["x-action"]
            action = POLICY.action(name)
            assert operation["x-scope"] == sorted(action.scopes), (method, path)
            assert set(operation["x-fields"]) == action.classes, (method, path)
            shown = set(answered(operation, schemas))
            assert {field for field in shown if field not in action.class_of} == set(), (method, path)
            assert {action.class_of[field] for field in shown} <= action.classes, (method, path)


def answered(operation: dict[str, Any], schemas: dict[str, Any]) -> Iterator[str]:
    """Names of all fields of the answers that are no problems."""
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            for content in answer.get("content", {}).values():
                yield from fields_of(content.get("schema", {}), schemas, frozenset())


def fields_of(schema: Any, schemas: dict[str, Any], seen: frozenset[str]) -> Iterator[str]:
    """Names of properties at every depth."""
    if not isinstance(schema, dict):
        return
    name = str(schema.get("$ref", "")).rsplit("/", 1)[-1]
    if name and name not in seen and not name.startswith("Problem"):
        yield from fields_of(schemas[name], schemas, seen | {name})
    for field, inner in schema.get("properties", {}).items():
        yield field
        yield from fields_of(inner, schemas, seen)
    for part in (schema.get("items"), schema.get("additionalProperties"), *schema.get("anyOf", ())):
        yield from fields_of(part, schemas, seen)


@pytest.mark.parametrize("service", ["access", *SERVICES])
def test_no_dependency_is_sent_into_a_thread(service: str) -> None:
    calls = {call for context in iter_route_contexts(built(service).routes) for call in _calls(context)}
    assert calls
    assert sorted(getattr(call, "__qualname__", repr(call)) for call in calls if not _in_loop(call)) == []


def _calls(context: Any) -> Iterator[Any]:
    dependant = getattr(context, "dependant", None)
    if dependant is not None:
        yield from calls_of(dependant)


def _in_loop(call: Any) -> bool:
    forms = [call] if inspect.isroutine(call) else [] if inspect.isclass(call) else [type(call).__call__]
    return any(inspect.iscoroutinefunction(form) or inspect.isasyncgenfunction(form) for form in forms)
