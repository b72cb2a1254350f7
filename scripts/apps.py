"""The apps of all services from their composition roots, with nothing behind them: for documents and checks."""

import importlib
import inspect
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from libs.access.main import build as build_access
from libs.service.clock import system_clock, system_ids
from libs.service.settings import ServiceSettings

ROOT = Path(__file__).resolve().parents[1]
SERVICES = sorted(path.parent.name for path in (ROOT / "services").glob("*/main.py"))
DOCUMENTED = ("access", *(name for name in SERVICES if name != "console"))


class Anything:
    """Stands in for what a composition root hands in; building an app must not use it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything()

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        return Anything()


def built(service: str) -> FastAPI:
    """The service's app from its own composition root, with nothing behind it."""
    if service == "access":
        nothing: Any = Anything()
        settings = ServiceSettings()
        return build_access(nothing, verifier=nothing, settings=settings, clock=system_clock, ids=system_ids)
    build = importlib.import_module(f"services.{service}.main").build
    given: dict[str, Any] = {}
    for name, parameter in inspect.signature(build).parameters.items():
        kind = parameter.annotation
        if isinstance(kind, type) and issubclass(kind, ServiceSettings):
            given[name] = kind()
        elif parameter.default is parameter.empty and parameter.kind is not parameter.VAR_KEYWORD:
            given[name] = Anything()
    app = build(**given)
    assert isinstance(app, FastAPI)
    return app
