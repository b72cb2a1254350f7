"""Roles, divisions and the bearer header."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter

from libs.access.fastapi import requires
from libs.access.policy import ACCOUNT_ROLES, ROLES, SCOPES, scopes_of
from libs.access.principal import Principal, covers_or_404
from libs.access.tokens import Issuer
from libs.service.app import create_app
from libs.service.clock import system_ids
from libs.service.settings import ServiceSettings
from libs.values.division import Division
from libs.values.errors import NotFound

NOW = datetime(2016, 7, 1, 8, tzinfo=UTC)
COUNTY, YONGLE, DATANG = Division("522634000000"), Division("522634101000"), Division("522634102000")


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer.from_file(tmp_path / "signing.json", clock=lambda: NOW, ids=system_ids)


@pytest.fixture
async def client(issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter(prefix="/v1", tags=["women"])

    @router.get("/women/{division}")
    async def women(division: str, principal: Annotated[Principal, requires("registry:read")]) -> str:
        covers_or_404(principal, Division(division))
        return principal.sub

    app = create_app(
        "t", title="T", routers=[router], runtime=None, verifier=issuer.verifier(), settings=ServiceSettings()
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as made:
        yield made


def token(issuer: Issuer, role: str, division: Division) -> str:
    return issuer.user_token(Principal("a", "", role, division, scopes_of(role)))


def without_ids(answer: httpx.Response) -> dict[str, object]:
    return {name: value for name, value in answer.json().items() if name not in ("trace_id", "instance")}


async def test_without_exactly_one_bearer_header_the_answer_is_the_same_401(
    client: httpx.AsyncClient, issuer: Issuer
) -> None:
    good = ("Authorization", f"Bearer {token(issuer, 'cadre', COUNTY)}")
    assert (await client.get(f"/v1/women/{COUNTY}", headers=[good])).status_code == 200
    answers = [
        await client.get(f"/v1/women/{COUNTY}", headers=headers)
        for headers in (
            [],
            [good, good],
            [good, ("Authorization", "Basic YTpi")],
            [("Authorization", "Basic YTpi")],
            [("Authorization", "Bearer")],
            [("Authorization", "Bearer x")],
            [("X-User-Id", "a"), ("X-Unit-Id", "000000000000")],
        )
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert all(without_ids(answer) == without_ids(answers[0]) for answer in answers)
    assert answers[0].headers["www-authenticate"] == 'Bearer realm="jinguo"'


async def test_a_missing_scope_is_403_and_named(client: httpx.AsyncClient, issuer: Issuer) -> None:
    nobody = issuer.user_token(Principal("a", "", "reader", COUNTY, frozenset({"reporting:read"})))
    answer = await client.get(f"/v1/women/{COUNTY}", headers={"Authorization": f"Bearer {nobody}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "access.scope_missing")
    assert "registry:read" in answer.text


async def test_another_township_and_nothing_at_all_are_the_same_404(client: httpx.AsyncClient, issuer: Issuer) -> None:
    headers = {"Authorization": f"Bearer {token(issuer, 'cadre', YONGLE)}"}
    other = await client.get(f"/v1/women/{DATANG}", headers=headers)
    above = await client.get(f"/v1/women/{COUNTY}", headers=headers)
    assert other.status_code == above.status_code == 404
    assert without_ids(other) == without_ids(above)


def test_a_division_covers_what_lies_inside_it() -> None:
    county = Principal("a", "", "cadre", COUNTY, frozenset())
    covers_or_404(county, YONGLE)
    with pytest.raises(NotFound):
        covers_or_404(Principal("a", "", "cadre", YONGLE, frozenset()), COUNTY)


def test_roles_name_known_scopes_only_and_people_never_resolve() -> None:
    assert all(scopes <= set(SCOPES) for scopes in ROLES.values())
    assert all("registry:resolve" not in ROLES[role] for role in ACCOUNT_ROLES)
    assert scopes_of("owner") == set(SCOPES) - {"registry:resolve"}
    assert ACCOUNT_ROLES.isdisjoint({"owner", "service", "admin"})
    assert scopes_of("nobody") == frozenset()


def test_three_administrators_share_no_right_and_see_no_business_data() -> None:
    three = [scopes_of(role) for role in ("system-admin", "security-admin", "auditor")]
    assert three == [{"system:read", "system:write"}, {"accounts:write"}, {"audit:read"}]
