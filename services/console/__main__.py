"""The console and the routes of access as a process of their own: `python -m services.console api`."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount

from libs.access import main as access
from libs.access.oidc import externals_of
from libs.access.tokens import Issuer
from libs.service.clock import system_clock, system_ids
from libs.service.logs import configure_logs
from services.console.main import build
from services.console.settings import ConsoleSettings


def together(rest: FastAPI, pages: FastAPI) -> Starlette:
    """Both behind one port. A mounted app's lifespan is not run by itself, and that of access seals its audit trail."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with rest.router.lifespan_context(rest):
            yield

    return Starlette(routes=[Mount("/access", rest), Mount("/", pages)], lifespan=lifespan)


async def serve(settings: ConsoleSettings) -> None:
    """Open the accounts' database and answer until told to stop."""
    issuer = Issuer.from_file(settings.signing_key, clock=system_clock, ids=system_ids)
    key = await asyncio.to_thread(settings.access_key.read_bytes)
    dsn = settings.dsn.get_secret_value()
    parts, pool = await access.open_access(dsn, issuer, key, clock=system_clock, ids=system_ids)
    verifier = issuer.verifier(externals_of(settings.issuers, clock=system_clock))
    async with pool, httpx.AsyncClient(base_url=settings.services_url, trust_env=False, timeout=60) as client:
        pages = build(parts, client=client, verifier=verifier, settings=settings)
        rest = access.build(parts, verifier=verifier, settings=settings, clock=system_clock, ids=system_ids)
        app = together(rest, pages)
        await uvicorn.Server(uvicorn.Config(app, host=settings.host, port=settings.port, log_config=None)).serve()


def main() -> int:
    """`api` is the only role."""
    if sys.argv[1:] != ["api"]:
        print("usage: python -m services.console api", file=sys.stderr)  # noqa: T201
        return 2
    configure_logs()
    asyncio.run(serve(ConsoleSettings()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
