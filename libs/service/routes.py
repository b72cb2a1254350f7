"""Every route names the scope it needs, or says that it is public: read from the app itself, never from a list."""

from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from starlette.routing import BaseRoute, Mount, Route

from libs.service.traits import of_route

_BUILT_IN = frozenset({"openapi", "swagger_ui_html", "swagger_ui_redirect", "redoc_html"})


@dataclass(frozen=True, slots=True)
class RouteRight:
    """What a route asks of its caller."""

    methods: tuple[str, ...]
    path: str
    scopes: tuple[str, ...]
    public: bool
    actions: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    @property
    def stated(self) -> bool:
        """Exactly one of: needs scopes, is public."""
        return bool(self.scopes) != self.public


def rights(app: FastAPI, prefix: str = "") -> Iterator[RouteRight]:
    """The rights of every route of the app and of our apps mounted in it; static files are public by nature."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        path = prefix + (context.path or "")
        if isinstance(route, (APIRoute, APIWebSocketRoute)):
            yield _right(context.methods, path, context.dependant)
        elif isinstance(route, Mount):
            yield from _mounted(route, path)
        elif not _built_in(route):
            yield RouteRight(tuple(sorted(context.methods or ("ANY",))), path, (), public=False)


def unstated(app: FastAPI) -> list[str]:
    """Routes that name neither a scope nor `public()`, or both: must be empty."""
    return [f"{' '.join(right.methods)} {right.path}" for right in rights(app) if not right.stated]


def check(app: FastAPI) -> None:
    """Raise when a route does not say who may call it; `create_app` calls this, so no such app ever serves."""
    wrong = unstated(app)
    if wrong:
        raise LookupError(f"routes without requires(scope) or public(): {'; '.join(wrong)}")


def _mounted(route: Mount, path: str) -> Iterator[RouteRight]:
    inner = route.app
    if isinstance(inner, FastAPI):
        yield from rights(inner, path)
    elif type(inner).__name__ == "StaticFiles":
        yield RouteRight(("GET", "HEAD"), f"{path}/*", (), public=True)
    else:
        yield RouteRight(("ANY",), f"{path}/*", (), public=False)


def _right(methods: set[str] | None, path: str, dependant: Dependant) -> RouteRight:
    found = of_route(None, dependant)
    return RouteRight(
        methods=tuple(sorted(methods or ("WEBSOCKET",))),
        path=path,
        scopes=found.scopes,
        public=found.public,
        actions=found.actions,
        fields=found.fields,
    )


def _built_in(route: BaseRoute) -> bool:
    return isinstance(route, Route) and route.name in _BUILT_IN
