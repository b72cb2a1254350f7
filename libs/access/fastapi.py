"""`requires(action)` and `public()`: the two ways a route says who may call it.

    async def list_women(principal: Annotated[Principal, requires("registry:read")]) -> …  # an action of policy.toml
    @router.get("/health/live", dependencies=[public()])

A route with neither fails `libs.service.routes.check` (and with it the build).
"""

from typing import Any

from fastapi import Depends, Request

from libs.access.deciding import Resource, decide
from libs.access.principal import Principal
from libs.access.rules import POLICY
from libs.access.tokens import Verifier
from libs.values.errors import Unauthenticated


class Requirement:
    """A dependency that gives the `Principal` who may do the action; its callable is introspectable."""

    def __init__(self, action: str) -> None:
        self.action = POLICY.action(action)
        self.scopes = self.action.scopes

    async def __call__(self, request: Request) -> Principal:
        """401 without a good token; 403 naming scope, role, measure or purpose; 422 without a purpose it demands."""
        known = getattr(request.state, "principal", None)
        principal = known if isinstance(known, Principal) else await authenticate(request)
        stated = Resource(purpose=request.headers.get("purpose"), reason=request.query_params.get("reason"))
        decision = decide(principal, self.action.name, stated)
        request.state.decision = decision
        decision.check()
        return principal


class Public:
    """A dependency that does nothing but say: anybody may call this route."""

    async def __call__(self) -> None:
        """Let everybody pass."""


def requires(action: str) -> Any:
    """A `Depends` giving the caller's `Principal`, if the policy lets him do `action` at all.

    Raises ValueError, when the route is written, for an action that policy.toml does not know.
    """
    return Depends(Requirement(action))


def public() -> Any:
    """A `Depends` marking a route that needs no token."""
    return Depends(Public())


async def authenticate(request: Request) -> Principal:
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
    await verifier.follow(token)
    principal = verifier.verify(token)
    request.state.principal = principal
    return principal


def unauthenticated() -> Unauthenticated:
    """One answer for every way a token can be wrong."""
    return Unauthenticated("access.unauthenticated", "sign in first, or send a good bearer token")
