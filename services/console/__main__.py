"""The console and the routes of access as a process of their own: `python -m services.console api`."""

import asyncio
import sys

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from libs.access import main as access
from libs.access.oidc import externals_of
from libs.access.tokens import Issuer
from libs.service.clock import system_clock, system_ids
from libs.service.logs import configure_logs
from services.console.main import build
from services.console.settings import ConsoleSettings


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
        app = Starlette(routes=[Mount("/access", rest), Mount("/", pages)])
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
