"""Unknown query parameters are refused: a misspelt filter must never answer with everything."""

from collections import Counter
from collections.abc import Collection, Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin

from fastapi import FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from libs.values.errors import DomainError

_CACHE = "known_parameters"
Known = dict[str, bool]  # parameter → may be repeated


class BadParameter(DomainError):
    """A query parameter that is unknown, or given twice."""

    status = 400


async def known_parameters_only(request: Request) -> None:
    """400 for a query parameter the route does not declare, or a single one given twice."""
    counts = Counter(name for name, _ in request.query_params.multi_items())
    if not counts:
        return
    known = _known(request.app).get(id(request.scope.get("route")), {})
    for name, count in counts.items():
        if name not in known:
            raise BadParameter(
                "common.unknown_parameter", f"unknown query parameter {name[:64]}", field=name[:64],
                right=", ".join(sorted(known)) or "no parameter",
            )  # fmt: skip
        if count > 1 and not known[name]:
            raise BadParameter("common.repeated_parameter", f"{name[:64]} is given twice", field=name[:64])


def _known(app: FastAPI) -> dict[int, Known]:
    """By route, worked out once per app at the first request that has a query."""
    cached: dict[int, Known] | None = getattr(app.state, _CACHE, None)
    if cached is None:
        cached = {}
        for context in iter_route_contexts(app.routes):
            dependant = getattr(context, "dependant", None)
            if isinstance(dependant, Dependant):
                cached.setdefault(id(context.original_route), {}).update(_parameters(dependant))
        setattr(app.state, _CACHE, cached)
    return cached


def _parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    for field in dependant.query_params:
        annotation = field.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, info in annotation.model_fields.items():
                yield info.alias or name, _is_list(info.annotation)
        else:
            yield field.alias, _is_list(annotation)
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _is_list(annotation: Any) -> bool:
    origin = get_origin(annotation) or annotation
    if origin in (UnionType, Union):
        return any(map(_is_list, get_args(annotation)))
    return isinstance(origin, type) and issubclass(origin, Collection) and not issubclass(origin, (str, bytes))
