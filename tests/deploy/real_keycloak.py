"""The realm of deploy/keycloak in a real Keycloak (`make test-keycloak`): who it signs in can work here, and no more.

Not among the tests of `make test`: it fetches 180 MB and takes minutes to start.
"""

import json
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.product import COUNTY, Product, product
from tests.support.keycloak import FOLDER, Keycloak, keycloak

EXCHANGE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
LISTS = {
    "registry:read": "/registry/v1/women",
    "accounts:write": "/access/v1/accounts",
    "audit:read": "/access/v1/audit",
}


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    with keycloak(tmp_path_factory.mktemp("provider")) as running:
        yield running


@pytest.fixture(scope="module")
def house(provider: Keycloak, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """Jinguo, trusting that provider by the issuers' file of deploy/keycloak."""
    folder = tmp_path_factory.mktemp("house")
    (named,) = json.loads((FOLDER / "issuers.json").read_text(encoding="utf-8"))
    (folder / "issuers.json").write_text(json.dumps([named | {"issuer": provider.issuer}]), encoding="utf-8")
    with product(folder / "data") as made:
        made.start(env={"JINGUO_ISSUERS": str(folder / "issuers.json")})
        made.load()
        yield made


def asked(house: Product, token: str, path: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(house.url + path, headers=headers, timeout=60, trust_env=False)


def test_a_cadre_sees_the_women_of_her_unit_and_no_accounts(provider: Keycloak, house: Product) -> None:
    cadre = provider.person("jinguo-cadre", "522634101000")
    token = cadre.token("registry:read accounts:write")
    women = asked(house, token, LISTS["registry:read"])
    assert women.status_code == 200, women.text
    assert women.json()["items"]
    assert {each["division"][:9] for each in women.json()["items"]} == {"522634101"}
    assert asked(house, token, LISTS["accounts:write"]).status_code == 403, "she asked for it and her role lacks it"
    without = cadre.token("reporting:read")
    assert asked(house, without, LISTS["registry:read"]).status_code == 403, "she did not ask for it"


@pytest.mark.parametrize(
    ("role", "scope"), [("jinguo-security-admin", "accounts:write"), ("jinguo-auditor", "audit:read")]
)
def test_an_administrator_needs_the_digits(provider: Keycloak, house: Product, role: str, scope: str) -> None:
    person = provider.person(role, COUNTY)
    refused = asked(house, person.token(scope), LISTS[scope])  # the digits were made, not asked for
    assert (refused.status_code, refused.json()["code"]) == (403, "access.second_factor_unproven")
    known = asked(house, person.token(scope), LISTS[scope])
    assert known.status_code == 200, known.text
    assert asked(house, person.token(scope), LISTS["registry:read"]).status_code == 403


def test_nobody_gives_himself_a_unit(provider: Keycloak) -> None:
    profile = provider.admin("GET", "/users/profile").json()["attributes"]
    edits = {each["name"]: each["permissions"]["edit"] for each in profile}
    assert edits["jinguo_division"] == edits["jinguo_agreement"] == ["admin"]


def test_a_partner_works_under_its_agreement_only(provider: Keycloak, house: Product) -> None:
    theirs = provider.partner_token("registry:read feeds:read")
    assert asked(house, theirs, "/registry/v1/women").json()["code"] == "access.agreement_missing"
    form = {"grant_type": EXCHANGE, "assertion": theirs}
    before = httpx.post(f"{house.url}/access/v1/token", data=form, trust_env=False)
    assert (before.status_code, before.json()["error"]) == (400, "invalid_grant")
    house.cli(
        "agreements", "add", "2016-03", "--partner", "bank", "--division", COUNTY, "--scope", "feeds:read",
        "--field", "place", "--event-type", "training.attended.v1", "--measure", "all", "--valid-from", "2016-03-01",
        "--reason", "contract of March 2016",
    )  # fmt: skip
    ours = httpx.post(f"{house.url}/access/v1/token", data=form, trust_env=False)
    assert ours.status_code == 200, ours.text
    events = asked(house, ours.json()["access_token"], "/training/feeds/training?limit=1000")
    assert len(events.json()) == 59
    assert {name for event in events.json() for name in event["data"]} == {"unit", "division"}
