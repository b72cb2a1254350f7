"""Composition of access: its database, its parts, its app; called by composition roots.

access, pool = await open_access(dsn, issuer, key, clock=…, ids=…)
password = await access.accounts.ensure_first()          # print it once
app = build(access, verifier=verifier, settings=settings, clock=…, ids=…)   # mounted at /access
"""

from pathlib import Path
from typing import Final

from fastapi import FastAPI

import libs.service
from libs.access import agreements_api, clients_api, explain_api, second_factor_api, token_api
from libs.access.accounts import Accounts
from libs.access.agreements import Agreements
from libs.access.api import Access, router
from libs.access.client_sign_in import ClientSignIn
from libs.access.clients import Clients
from libs.access.passwords import Hasher
from libs.access.second_factor import SecondFactors
from libs.access.sessions import Sessions
from libs.access.sign_in import SignIn
from libs.access.tokens import Issuer, Verifier
from libs.audit import MIGRATIONS as AUDIT
from libs.audit.trail import Trail
from libs.events.pool import make_pool
from libs.events.schema import migrate
from libs.events.types import Clock, Ids, Pool
from libs.service.app import create_app
from libs.service.settings import ServiceSettings

SHARED: Final = Path(libs.service.__path__[0]) / "migrations"
ROUTERS: Final = (
    router,
    explain_api.router,
    token_api.router,
    agreements_api.router,
    clients_api.router,
    second_factor_api.router,
)
MIGRATIONS: Final = Path(__file__).parent / "migrations"


async def open_access(
    dsn: str, issuer: Issuer, key: bytes, *, clock: Clock, ids: Ids, for_all: bool = False
) -> tuple[Access, Pool]:
    """Bring the database up to date and put the parts together; the caller closes the pool."""
    await migrate(dsn, SHARED, AUDIT, MIGRATIONS, kernel=False)
    pool = await make_pool(dsn, name="jinguo-access", max_size=5)
    return compose(pool, issuer, key, clock=clock, ids=ids, for_all=for_all), pool


def compose(pool: Pool, issuer: Issuer, key: bytes, *, clock: Clock, ids: Ids, for_all: bool = False) -> Access:
    """The parts over one pool; `key` (32 bytes) seals second factors, `for_all` demands one of everybody."""
    hasher, trail = Hasher(), Trail(pool)
    factors = SecondFactors(pool, key, clock=clock, trail=trail, for_all=for_all)
    agreements = Agreements(pool, clock=clock, ids=ids, trail=trail)
    return Access(
        accounts=Accounts(pool, hasher, clock=clock, ids=ids, trail=trail),
        sign_in=SignIn(pool, hasher, factors, clock=clock, trail=trail),
        factors=factors,
        sessions=Sessions(pool, clock=clock, trail=trail),
        issuer=issuer,
        pool=pool,
        trail=trail,
        agreements=agreements,
        clients=Clients(pool, agreements, clock=clock, ids=ids, trail=trail),
        client_sign_in=ClientSignIn(pool, clock=clock, trail=trail),
    )


def build(access: Access, *, verifier: Verifier, settings: ServiceSettings, clock: Clock, ids: Ids) -> FastAPI:
    """The app of `/access`."""
    app = create_app(
        "access",
        title="Jinguo access",
        routers=ROUTERS,
        runtime=None,
        verifier=verifier,
        settings=settings,
        trail=access.trail,
        clock=clock,
        ids=ids,
        pool=access.pool,
    )
    app.state.access = access
    return app
