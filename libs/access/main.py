"""Composition of access: its database, its parts, its app; called by composition roots.

access, pool = await open_access(dsn, issuer, clock=…, ids=…)
password = await access.accounts.ensure_first()          # print it once
app = build(access, settings=settings, clock=…, ids=…)   # mounted at /access
"""

from pathlib import Path
from typing import Final

from fastapi import FastAPI

import libs.service
from libs.access import clients_api, explain_api, token_api
from libs.access.accounts import Accounts
from libs.access.api import Access, router
from libs.access.client_sign_in import ClientSignIn
from libs.access.clients import Clients
from libs.access.passwords import Hasher
from libs.access.sessions import Sessions
from libs.access.sign_in import SignIn
from libs.access.tokens import Issuer
from libs.audit import MIGRATIONS as AUDIT
from libs.audit.trail import Trail
from libs.events.pool import make_pool
from libs.events.schema import migrate
from libs.events.types import Clock, Ids, Pool
from libs.service.app import create_app
from libs.service.settings import ServiceSettings

SHARED: Final = Path(libs.service.__path__[0]) / "migrations"
ROUTERS: Final = (router, explain_api.router, token_api.router, clients_api.router)
MIGRATIONS: Final = Path(__file__).parent / "migrations"


async def open_access(dsn: str, issuer: Issuer, *, clock: Clock, ids: Ids) -> tuple[Access, Pool]:
    """Bring the database up to date and put the parts together; the caller closes the pool."""
    await migrate(dsn, SHARED, AUDIT, MIGRATIONS, kernel=False)
    pool = await make_pool(dsn, name="jinguo-access", max_size=5)
    return compose(pool, issuer, clock=clock, ids=ids), pool


def compose(pool: Pool, issuer: Issuer, *, clock: Clock, ids: Ids) -> Access:
    """The parts over one pool."""
    hasher, trail = Hasher(), Trail(pool)
    return Access(
        accounts=Accounts(pool, hasher, clock=clock, ids=ids, trail=trail),
        sign_in=SignIn(pool, hasher, clock=clock, trail=trail),
        sessions=Sessions(pool, clock=clock),
        issuer=issuer,
        pool=pool,
        trail=trail,
        clients=Clients(pool, clock=clock, ids=ids),
        client_sign_in=ClientSignIn(pool, clock=clock),
    )


def build(access: Access, *, settings: ServiceSettings, clock: Clock, ids: Ids) -> FastAPI:
    """The app of `/access`."""
    app = create_app(
        "access",
        title="Jinguo access",
        routers=ROUTERS,
        runtime=None,
        verifier=access.issuer.verifier(),
        settings=settings,
        trail=access.trail,
        clock=clock,
        ids=ids,
        pool=access.pool,
    )
    app.state.access = access
    return app
