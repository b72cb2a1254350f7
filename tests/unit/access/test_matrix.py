"""The authorisation matrix: every operation of the real apps × role × measures × purpose × kind of caller.

What is expected comes from an oracle of its own over policy.toml that shares no code with `decide`. Nothing lies behind
the apps here, so the cells say who is let in; what is seen inside is asked of real data in the services' own tests.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from libs.access.fastapi import Requirement, authenticate
from libs.access.main import ROUTERS
from libs.access.policy import ROLES, scopes_of
from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.service.app import create_app
from libs.service.clock import system_ids
from libs.service.rates import Meter, Rates
from libs.service.settings import ServiceSettings
from libs.values.division import Division
from scripts.apps import built
from services import SERVICES
from tests.support.keys import KEYED

COUNTY = Division("522634000000")
POLICY = tomllib.loads((Path(__file__).parents[3] / "libs/access/policy.toml").read_text(encoding="utf-8"))
MEASURES: tuple[frozenset[str] | None, ...] = (None, frozenset({"registry"}), frozenset({"training"}))
PURPOSES = (None, "correction", "fun")
ID = "01a21155-0000-7000-8000-000000000000"
FILL = {"code": "522634000000"}
VERBS = ("HEAD", "PUT", "TRACE", "OPTIONS")

UNLIMITED = Rates(Meter("client", 0, 60), Meter("address", 0, 60))


@dataclass(frozen=True)
class Cell:
    """One request of the matrix."""

    method: str
    path: str
    action: str
    role: str
    measures: frozenset[str] | None
    purpose: str | None
    kind: Any

    @property
    def expected(self) -> str | None:
        """The code it is refused with, by the policy's text alone; None when it is let in."""
        line = POLICY["actions"][self.action]
        if set(ROLES[self.role]) < {line["scope"], *line.get("also", [])} | set(ROLES[self.role]):
            return "access.scope_missing"
        if self.role not in line["roles"]:
            return "access.role_not_allowed"
        if self.measures is not None and not self.measures.issuperset(line["measures"]):
            return "access.measure_outside"
        if self.purpose is not None and self.purpose not in POLICY["purposes"]:
            return "access.purpose_unknown"
        demanded = line.get("purposes", [])
        if not demanded or self.purpose in demanded:
            return None
        return "access.purpose_missing" if self.purpose is None else "access.purpose_refused"


def apps(issuer: Issuer) -> Iterator[FastAPI]:
    """The apps of the services from their composition roots, and that of access."""
    for service in SERVICES:
        app = built(service)
        app.state.verifier, app.state.trail = issuer.verifier(), None
        app.state.rates = UNLIMITED
        yield app
    verifier, settings = issuer.verifier(), ServiceSettings(rate_quota=0, address_quota=0)
    yield create_app("access", title="A", routers=ROUTERS, runtime=None, verifier=verifier, settings=settings)


def operations(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """Method, path and action of every operation that is not public, from the OpenAPI document."""
    for path, found in app.openapi()["paths"].items():
        for method, operation in found.items():
            if operation["security"]:
                (action,) = operation["x-action"]
                yield method.upper(), path, action


def cells(app: FastAPI) -> Iterator[Cell]:
    """All cells of an app."""
    for method, path, action in operations(app):
        for role in ROLES:
            for measures in MEASURES:
                for purpose in PURPOSES:
                    yield Cell(method, path, action, role, measures, purpose, "client" if role == "partner" else "user")


async def refused(http: httpx.AsyncClient, issuer: Issuer, cell: Cell) -> str | None:
    """The code of access the app answers with, if it does not let the caller in."""
    who = Principal("a", "", cell.role, COUNTY, scopes_of(cell.role), cell.kind, measures=cell.measures,
                    agreement="bank@1" if cell.kind == "client" else "")  # fmt: skip
    headers = {"Authorization": f"Bearer {issuer.user_token(who)}"} | (
        {"Purpose": cell.purpose} if cell.purpose else {}
    )
    answer = await http.request(cell.method, filled(cell.path), headers=headers)
    code = str(answer.json().get("code", "")) if answer.status_code >= 400 else ""
    return code if code.startswith("access.") else None


def filled(path: str) -> str:
    """A path with an id or a code in every place."""
    for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{name}}}", FILL.get(name, ID))
    return path


def over(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://m", event_hooks=KEYED)


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    key_file = tmp_path_factory.mktemp("issuer") / "k"
    return Issuer.from_file(key_file, clock=lambda: datetime(2016, 7, 1, tzinfo=UTC), ids=system_ids)


@pytest.fixture(scope="module")
def built_apps(issuer: Issuer) -> list[FastAPI]:
    """All of them, built once: their documents take longer than most tests here."""
    return list(apps(issuer))


async def test_every_cell_answers_as_the_policy_says(
    issuer: Issuer, built_apps: list[FastAPI], capsys: pytest.CaptureFixture[str]
) -> None:
    count, wrong = 0, []
    for app in built_apps:
        async with over(app) as http:
            for cell in cells(app):
                count += 1
                found = await refused(http, issuer, cell)
                if found != cell.expected:
                    wrong.append((cell, cell.expected, found))
    with capsys.disabled():
        print(f"authorisation matrix: {count} cells, {len(wrong)} wrong")  # noqa: T201 - the figure of the run
    assert wrong == []
    assert count > 3_000


async def test_without_a_token_or_by_another_verb_nobody_gets_in(issuer: Issuer, built_apps: list[FastAPI]) -> None:
    owner = issuer.user_token(Principal("a", "", "owner", COUNTY, scopes_of("owner")))
    reader = issuer.user_token(Principal("a", "", "reader", COUNTY, scopes_of("reader")))
    for app in built_apps:
        taken = {(method, path) for method, path, _ in operations(app)}
        async with over(app) as http:
            for method, path in sorted(taken):
                url = filled(path)
                forged = {"X-User-Id": "a", "X-Unit-Id": "000000000000", "X-Role": "owner"}
                assert (await http.request(method, url, headers=forged)).status_code == 401, (method, path)
                for verb in {*VERBS} - {each for each, of in taken if of == path}:
                    answer = await http.request(verb, url, headers={"Authorization": f"Bearer {owner}"})
                    assert answer.status_code == 405, (verb, path)
                if method == "GET":
                    headers = {"Authorization": f"Bearer {reader}", "X-HTTP-Method-Override": "DELETE"}
                    assert (await http.get(url, headers=headers)).status_code not in (202, 204), path


@pytest.mark.parametrize("number", range(12))
async def test_a_route_whose_check_is_gone_is_found(
    issuer: Issuer, built_apps: list[FastAPI], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    app = built_apps[number % 4]
    found = sorted(set(operations(app)))
    method, path, action = found[number // 4 * 3 % len(found)]
    holes = [each for each in requirements(app) if each.action.name == action]
    for each in holes:
        monkeypatch.setitem(app.dependency_overrides, each, authenticate)
    async with over(app) as http:
        mine = [cell for cell in cells(app) if (cell.method, cell.path) == (method, path)]
        wrong = [cell for cell in mine if await refused(http, issuer, cell) != cell.expected]
    assert holes
    assert wrong, (method, path)


def requirements(app: FastAPI) -> list[Requirement]:
    """Every Requirement that stands in a route of the app."""
    from fastapi.routing import APIRoute, iter_route_contexts

    from libs.service.traits import calls_of

    routes = [each for each in iter_route_contexts(app.routes) if isinstance(each.original_route, APIRoute)]
    return [call for each in routes for call in calls_of(each.dependant) if isinstance(call, Requirement)]
