"""`requires(scope)` and `public()`: the two ways a route says who may call it.

    async def list_women(principal: Annotated[Principal, requires("registry:read")]) -> …
    @router.get("/health/live", dependencies=[public()])

A route with neither fails `libs.service.routes.check` (and with it the build).
"""

from typing import Any

from fastapi import Depends, Request

from libs.access.policy import SCOPES
from libs.access.principal import Principal
from libs.access.tokens import Verifier
from libs.values.errors import Unauthenticated


class Requirement:
    """A dependency that gives the `Principal` of a bearer token holding `scope`; its callable is introspectable."""

    def __init__(self, scope: str) -> None:
        if scope not in SCOPES:
            raise ValueError(f"{scope!r} is no scope of libs/access/policy.py")
        self.scope = scope

    async def __call__(self, request: Request) -> Principal:
        """401 without a good token, 403 naming the scope it lacks."""
        principal = authenticate(request)
        principal.require(self.scope)
        return principal


class Public:
    """A dependency that does nothing but say: anybody may call this route."""

    async def __call__(self) -> None:
        """Let everybody pass."""


def requires(scope: str) -> Any:
    """A `Depends` giving the caller's `Principal`, who must hold `scope`."""
    return Depends(Requirement(scope))


def public() -> Any:
    """A `Depends` marking a route that needs no token."""
    return Depends(Public())


def authenticate(request: Request) -> Principal:
    """The caller by exactly one `Authorization: Bearer` header; anything else is the same 401."""
    values = request.headers.getlist("authorization")
    if len(values) != 1:
        raise unauthenticated()
    kind, _, token = values[0].partition(" ")
    if kind.lower() != "bearer" or not token:
        raise unauthenticated()
    verifier: Verifier | None = getattr(request.app.state, "verifier", None)
    if verifier is None:
        raise unauthenticated()
    principal = verifier.verify(token)
    request.state.principal = principal
    return principal


def unauthenticated() -> Unauthenticated:
    """One answer for every way a token can be wrong."""
    return Unauthenticated("access.unauthenticated", "sign in first, or send a good bearer token")
