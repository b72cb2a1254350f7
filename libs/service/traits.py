"""What a route declares by its dependencies, worked out once an app: who may call it, what it takes, whether it writes.

Conventions are applied by these traits, never by a list of routes, so that a route added later has all of them.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, ClassVar, Final, Union, get_args, get_origin

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from libs.access.fastapi import Public, Requirement

_CACHE: Final = "traits"
_KEYED: Final = frozenset({"POST", "PATCH"})
Known = dict[str, bool]  # query parameter → may be repeated


class Reads:
    """A dependency that does nothing but say: this POST only reads, so it asks for no Idempotency-Key."""

    async def __call__(self) -> None:
        """Let everybody pass."""


def reads() -> Any:
    """A `Depends` marking a POST that changes nothing (a question too long for an address)."""
    return Depends(Reads())


class Noted:
    """Base of dependencies that note a read in the audit trail."""


class TakesFile:
    """A dependency that only says: the body is a file, streamed as it comes."""

    async def __call__(self) -> None:
        """Let everybody pass."""


def takes_file() -> Any:
    """A `Depends` marking a route that reads its body by `libs.service.uploads.receive_file`."""
    return Depends(TakesFile())


class Unversioned:
    """A dependency that only says why a change does not name the version it is made to."""

    def __init__(self, why: str) -> None:
        self.why = why

    async def __call__(self) -> None:
        """Let everybody pass."""


def unversioned(why: str) -> Any:
    """A `Depends` of a change that does not require `If-Match`, with the reason, which stands in the document."""
    return Depends(Unversioned(why))


class IfMatchStated:
    """Base of dependencies that read `If-Match`."""

    required: ClassVar[bool]


@dataclass(frozen=True, slots=True)
class Traits:
    """What a route asks and takes; `fields` are classes of the policy, `hidden` keeps it out of the document.

    `single`: a GET of one resource, which has an ETag; `item_fields`: those that an item of its list has.
    `if_match`: whether the header is required, None where it is not looked at; `unversioned`: why it is not required.
    """

    scopes: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    public: bool = False
    only_reads: bool = False
    hidden: bool = False
    json_body: bool = False
    known: Known = field(default_factory=dict)
    single: bool = False
    item_fields: frozenset[str] = frozenset()
    takes_file: bool = False
    if_match: bool | None = None
    unversioned: str | None = None

    def keyed(self, method: str) -> bool:
        """Whether a request must carry an Idempotency-Key: it writes, for somebody who is known."""
        return method in _KEYED and not self.only_reads and not self.public


NONE: Final = Traits()


def traits_of(request: Request) -> Traits:
    """The traits of the route of this request."""
    cached: dict[int, Traits] | None = getattr(request.app.state, _CACHE, None)
    if cached is None:
        cached = {id(context.original_route): traits for context, traits in all_traits(request.app)}
        setattr(request.app.state, _CACHE, cached)
    return cached.get(id(request.scope.get("route")), NONE)


def all_traits(app: FastAPI) -> Iterator[tuple[Any, Traits]]:
    """Every route of the app itself with its traits."""
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        if isinstance(dependant, Dependant):
            yield context, of_route(context.original_route, dependant)


def of_route(route: Any, dependant: Dependant) -> Traits:
    """From a route and what it depends on."""
    calls = tuple(calls_of(dependant))
    required = [call for call in calls if isinstance(call, Requirement)]
    return Traits(
        scopes=tuple(sorted({scope for call in required for scope in call.scopes})),
        actions=tuple(sorted({call.action.name for call in required})),
        fields=tuple(sorted({name for call in required for name in call.action.classes})),
        public=any(isinstance(call, Public) for call in calls),
        only_reads=any(isinstance(call, Reads) for call in calls),
        hidden=not getattr(route, "include_in_schema", True),
        json_body=getattr(route, "body_field", None) is not None,
        known=dict(_parameters(dependant)),
        single=_is_single(route) and not any(isinstance(call, Noted) for call in calls),
        item_fields=frozenset(_item_fields(getattr(route, "response_model", None))),
        takes_file=any(isinstance(call, TakesFile) for call in calls),
        unversioned=next((call.why for call in calls if isinstance(call, Unversioned)), None),
        if_match=next((call.required for call in calls if isinstance(call, IfMatchStated)), None),
    )


def calls_of(dependant: Dependant) -> Iterator[object]:
    """All dependencies of a route, those of dependencies too."""
    for inner in dependant.dependencies:
        yield inner.call
        yield from calls_of(inner)


def _parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    for field_ in dependant.query_params:
        annotation = field_.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, info in annotation.model_fields.items():
                yield info.alias or name, _is_list(info.annotation)
        else:
            yield field_.alias, _is_list(annotation)
    for inner in dependant.dependencies:
        yield from _parameters(inner)


def _is_single(route: Any) -> bool:
    """A JSON answer to GET at an address that ends with an id."""
    path, methods = getattr(route, "path_format", ""), getattr(route, "methods", None) or ()
    return path.endswith("}") and "GET" in methods and getattr(route, "response_model", None) is not None


def _item_fields(model: Any) -> Iterator[str]:
    """Names of the fields of `items`, of any page that a route may answer with."""
    if get_origin(model) in (UnionType, Union):
        for each in get_args(model):
            yield from _item_fields(each)
    elif isinstance(model, type) and issubclass(model, BaseModel) and "items" in model.model_fields:
        for item in get_args(model.model_fields["items"].annotation):
            yield from getattr(item, "model_fields", ())


def _is_list(annotation: Any) -> bool:
    origin = get_origin(annotation) or annotation
    if origin in (UnionType, Union):
        return any(map(_is_list, get_args(annotation)))
    return isinstance(origin, type) and issubclass(origin, Collection) and not issubclass(origin, (str, bytes))
