"""What the door costs: a route that does nothing, with every convention and the decision, and bare, in one loop.

Requests alternate in blocks, so what else the machine does meets both. Both are called as a server calls them (ASGI),
with a signed token, a log line a request and counted; what a route does itself, and its database, is not in it. The
time of the processor is told too, which a busy machine changes less.
"""

import io
import statistics
import time
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI
from joserfc.jwk import OKPKey

from bench.figure import figure, percentile
from libs.access.fastapi import requires
from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.service.app import create_app
from libs.service.clock import system_clock, system_ids
from libs.service.logs import configure_logs
from libs.service.settings import ServiceSettings
from libs.values.division import Division

BLOCKS = 40
REQUESTS = 50  # of a block
PATH = "/v1/nothing"


async def doors() -> list[str]:
    """The median and the slowest hundredth of both, what lies between them, and how many times as long."""
    configure_logs(stream=io.StringIO())
    issuer = Issuer(OKPKey.generate_key("Ed25519", private=True), clock=system_clock, ids=system_ids)
    principal = Principal("bench", "", "federation", Division("522634000000"), scopes_of("federation"))
    headers = [(b"host", b"bench"), (b"authorization", f"Bearer {issuer.user_token(principal)}".encode())]
    apps = {"with": _with_doors(issuer), "bare": _bare()}
    taken: dict[str, list[float]] = {name: [] for name in apps}
    worked: dict[str, list[float]] = {name: [] for name in apps}
    for block in range(BLOCKS + 2):
        for name, app in apps.items():
            began = time.process_time()
            times = [await _asked(app, headers) for _ in range(REQUESTS)]
            if block > 1:  # the first two build what is built once
                taken[name] += times
                worked[name].append((time.process_time() - began) / REQUESTS * 1_000)
    median = {name: statistics.median(times) for name, times in taken.items()}
    return [
        figure("doors_p50", median["with"] - median["bare"], "ms more than the bare route", 2.0, "<"),
        f"bench doors_p50_with: {median['with']:,.4g} ms",
        f"bench doors_p50_bare: {median['bare']:,.4g} ms",
        f"bench doors_ratio: {median['with'] / median['bare']:,.4g} times the bare route",
        *(f"bench doors_cpu_{name}: {statistics.median(each):,.4g} ms of a processor" for name, each in worked.items()),
        *(f"bench doors_p99_{name}: {percentile(times, 99):,.4g} ms" for name, times in taken.items()),
    ]


def _with_doors(issuer: Issuer) -> FastAPI:
    router = APIRouter(tags=["bench"])

    @router.get(PATH)
    async def nothing(principal: Annotated[Principal, requires("registry:divisions.read")]) -> dict[str, str]:
        """Who asks."""
        return {"code": principal.division.code}

    settings = ServiceSettings(rate_quota=10**9, address_quota=10**9)
    return create_app(
        "bench", title="Bench", routers=[router], runtime=None, verifier=issuer.verifier(), settings=settings
    )


def _bare() -> FastAPI:
    app = FastAPI(openapi_url=None)

    @app.get(PATH)
    async def nothing() -> dict[str, str]:
        return {"code": "522634000000"}

    return app


async def _asked(app: Callable[..., Any], headers: list[tuple[bytes, bytes]]) -> float:
    """Milliseconds from the call until the answer is whole."""
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": PATH, "raw_path": PATH.encode(), "query_string": b"", "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("bench", 80), "state": {},
    }  # fmt: skip
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    began = time.perf_counter()
    await app(scope, receive, send)
    took = (time.perf_counter() - began) * 1_000
    assert statuses == [200]
    return took


CASES = {"doors": doors}
