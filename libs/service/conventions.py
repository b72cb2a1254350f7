"""What holds for every route, in this order: who calls and how often, then the form of what he sent.

One dependency of the app does all of it, by the route's traits; see `libs.service.traits`.
"""

from fastapi import Request

from libs.access.fastapi import authenticate
from libs.access.principal import Principal
from libs.service.bodies import strict_body
from libs.service.consistency import caught_up
from libs.service.context import context_of
from libs.service.query import known_parameters_only
from libs.service.rates import Meter, Rates, times_of
from libs.service.traits import Traits, traits_of
from libs.service.writes import key_of
from libs.values.errors import TooMany, Unauthenticated
from libs.values.network import network_of


async def conventions(request: Request) -> None:
    """401, 429, 400 for parameters and keys, 415 and 400 for bodies: before anything of the route runs.

    A read then waits for the writes it names (`libs.service.consistency`).
    """
    traits = traits_of(request)
    if traits.hidden and traits.public:
        return  # health: asked by monitors, which must not be told to come later
    await _admit(request, traits)
    known_parameters_only(request, traits)
    if traits.keyed(request.method):
        key_of(request)
    await strict_body(request, traits)
    if request.method in ("GET", "HEAD"):
        await caught_up(request)


async def _admit(request: Request, traits: Traits) -> None:
    """Count the request: by client and scope, or by address where there is no good token."""
    rates: Rates = request.app.state.rates
    if traits.public:
        _count(request, rates.addresses, network_of(_host(request)))
        return
    try:
        principal: Principal = await authenticate(request)
    except Unauthenticated:
        _count(request, rates.addresses, network_of(_host(request)))
        raise
    _count(request, rates.clients, (principal.sub, *traits.scopes), times_of(principal.kind))


def _count(request: Request, meter: Meter, key: object, times: int = 1) -> None:
    standing = meter.take(key, times)
    if standing is None:
        return
    context_of(request.scope).headers |= meter.headers(standing, times)
    if standing.wait:
        raise TooMany(
            "common.too_many",
            f"请求太频繁，请在 {standing.wait} 秒后再试。",
            rule=f"≤ {meter.quota * times}",
            right=f"Retry-After: {standing.wait}",
        )


def _host(request: Request) -> str:
    return request.client.host if request.client else "local"
