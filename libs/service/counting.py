"""Counts a request against the quota of whoever sent it, and tells what is left in the headers of its answer."""

from typing import Final

from fastapi import Request

from libs.access.principal import Principal
from libs.service.context import address_of, context_of
from libs.service.rates import Meter, Rates, times_of
from libs.service.traits import Traits
from libs.values.errors import TooMany
from libs.values.network import network_of

_TOLD: Final = "RateLimit"


def count_client(request: Request, principal: Principal, traits: Traits) -> None:
    """By client and scope; raises TooMany."""
    _count(request, _rates(request).clients, (principal.sub, *traits.scopes), times_of(principal.kind))


def count_address(request: Request) -> None:
    """By the caller's address, where nobody is known; raises TooMany."""
    _count(request, _rates(request).addresses, network_of(address_of(request)))


def count_unrouted(request: Request) -> None:
    """The same for what is refused before a route's conventions, unless it was counted on its way; raises TooMany."""
    if _TOLD not in context_of(request.scope).headers:
        count_address(request)


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


def _rates(request: Request) -> Rates:
    rates: Rates = request.app.state.rates
    return rates
