"""Every route of every service keeps every convention, read from its document: routes added later are covered too."""

import httpx

from scripts.apps import DOCUMENTED
from tests.conftest import MakeDatabase
from tests.contract.conventions.asking import operations
from tests.contract.conventions.rules import RULES, Asked, of_every_answer
from tests.support.every_service import every_service


async def test_every_route_keeps_every_convention(make_database: MakeDatabase) -> None:
    broken: list[str] = []
    walked = 0
    async with every_service(make_database, rate_quota=1_000_000, address_quota=1_000_000) as everything:
        assert set(everything.apps) == set(DOCUMENTED)
        for name, app in everything.apps.items():
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{name}") as client:
                for operation in operations(app.openapi()):
                    asked = Asked(operation, client, everything.bearer(*operation.scopes))
                    for rule in RULES:
                        broken += [f"{name} {operation.name}, {rule.__name__}: {line}" async for line in rule(asked)]
                    broken += [f"{name} {operation.name}: {line}" for line in of_every_answer(asked)]
                    walked += 1
    assert broken == [], "\n".join(broken)
    assert walked == sum(len(list(operations(app.openapi()))) for app in everything.apps.values()) > 40
