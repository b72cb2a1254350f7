"""How many requests a caller may send: per client and scope, without a token per address; told in every answer.

Counted by the generic cell rate algorithm: one number a caller, the instant at which his quota is whole again. Each
process counts for itself, so behind n replicas a caller has up to n times the quota. Headers follow
draft-ietf-httpapi-ratelimit-headers-11.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from math import ceil
from typing import Final

from libs.service.settings import ServiceSettings

MOST: Final = 20_000  # callers remembered at once; the one that was silent longest is forgotten first
_KINDS: Final = {"service": 20}  # our own services ask for all their users


@dataclass(frozen=True, slots=True)
class Standing:
    """What is left to a caller: requests now, seconds until all of them, seconds to wait when refused (else 0)."""

    left: int
    whole_in: int
    wait: int


class Meter:
    """Counts requests by key under one policy: `quota` in `window` seconds. A quota of 0 counts nothing."""

    def __init__(
        self, name: str, quota: int, window: float, *, now: Callable[[], float] = time.monotonic, most: int = MOST
    ) -> None:
        """`now` gives seconds of a clock that never goes back."""
        self.name = name
        self.quota = quota
        self._window = window
        self._now = now
        self._most = most
        self._whole: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        """How many callers are remembered."""
        return len(self._whole)

    def take(self, key: Hashable, times: int = 1) -> Standing | None:
        """Count one request of `key`, whose quota is `times` the policy's; None where nothing is counted."""
        if not self.quota:
            return None
        now, step = self._now(), self._window / (self.quota * times)
        whole = max(self._whole.get(key, now), now)
        wait = whole + step - now - self._window
        if wait > 1e-9:
            return Standing(0, ceil(whole - now), max(1, ceil(wait)))
        whole += step
        self._whole[key] = whole
        self._whole.move_to_end(key)
        if len(self._whole) > self._most:
            self._whole.popitem(last=False)
        return Standing(int((self._window - (whole - now)) / step + 1e-9), ceil(whole - now), 0)

    def headers(self, standing: Standing, times: int = 1) -> dict[str, str]:
        """`RateLimit-Policy`, `RateLimit`, and `Retry-After` when refused."""
        told = {
            "RateLimit-Policy": f'"{self.name}";q={self.quota * times};w={ceil(self._window)}',
            "RateLimit": f'"{self.name}";r={standing.left};t={standing.whole_in}',
        }
        return told | ({"Retry-After": str(standing.wait)} if standing.wait else {})


class Rates:
    """The two policies of an app: `client` for callers with a token, `address` for those without."""

    def __init__(self, clients: Meter, addresses: Meter) -> None:
        """See `Meter`."""
        self.clients = clients
        self.addresses = addresses


def rates_of(settings: ServiceSettings) -> Rates:
    """Both policies by the settings of a service."""
    return Rates(
        Meter("client", settings.rate_quota, settings.rate_window),
        Meter("address", settings.address_quota, settings.rate_window),
    )


def times_of(kind: str) -> int:
    """How many times the quota a kind of caller has."""
    return _KINDS.get(kind, 1)
