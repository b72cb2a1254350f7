"""Answers are cut to what the policy and the agreement let a caller see, and masked for a notice."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter
from starlette.responses import Response

from libs.access.fastapi import requires
from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.service.app import create_app
from libs.service.clock import system_ids
from libs.service.settings import ServiceSettings
from libs.values.division import Division

COUNTY = Division("522634000000")
WOMAN = {
    "woman_id": "1", "division": "522634101000", "name": "杨*", "resident_id": "522***********0026",
    "phone": "139****0026", "status": "exited", "hpv": "CANARY-HEALTH", "secret_column": "CANARY-UNKNOWN",
}  # fmt: skip


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    return Issuer.from_file(tmp_path / "k", clock=lambda: datetime(2016, 7, 1, tzinfo=UTC), ids=system_ids)


@pytest.fixture
async def ask(issuer: Issuer) -> AsyncIterator[Callable[..., Any]]:
    router = APIRouter(prefix="/v1", tags=["women"])
    reader = Annotated[Principal, requires("registry:read")]

    @router.get("/women")
    async def women(_principal: reader) -> dict[str, Any]:  # type: ignore[valid-type]
        return {"items": [WOMAN], "next": None}

    @router.get("/file")
    async def file(_principal: reader) -> Response:  # type: ignore[valid-type]
        return Response("CANARY-FILE", media_type="text/csv")

    @router.get("/household")
    async def household(_principal: reader) -> dict[str, Any]:  # type: ignore[valid-type]
        return {"household_id": "1", "code": "52263400001", "hamlet": "三组", "birth_year": 1980, "persons": 4}

    @router.get("/division")
    async def division(_principal: Annotated[Principal, requires("registry:divisions.read")]) -> dict[str, Any]:
        return {"code": "522634000000", "name": "雷山县"}

    @router.get("/report")
    async def report(_principal: Annotated[Principal, requires("reporting:read")]) -> dict[str, Any]:
        measures, freshness = {"training": {"people": 3}}, {"registry": {"number": 7}}
        return {"name": "雷山县", "measures": measures, "freshness": freshness}

    @router.get("/health-facts")
    async def facts(_principal: Annotated[Principal, requires("health:read")]) -> dict[str, Any]:
        return {"woman_id": "1", "hpv": "CANARY-HEALTH"}

    verifier = issuer.verifier()
    app = create_app("t", title="T", routers=[router], runtime=None, verifier=verifier, settings=ServiceSettings())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://t") as http:

        async def asked(path: str, role: str = "partner", purpose: str | None = None, **limits: Any) -> httpx.Response:
            principal = Principal("a", "", role, COUNTY, scopes_of(role), **limits)
            headers = {"Authorization": f"Bearer {issuer.user_token(principal)}"}
            return await http.get(f"/v1/{path}", headers=headers | ({"Purpose": purpose} if purpose else {}))

        yield asked


async def test_a_client_gets_the_fields_of_its_agreement_and_nothing_it_does_not_name(ask: Callable[..., Any]) -> None:
    fields = frozenset({"reference", "poverty", "health"})
    answer = await ask("women", kind="client", agreement="bank@1", fields=fields)
    assert answer.json() == {"items": [{"woman_id": "1", "status": "exited"}], "next": None}
    assert int(answer.headers["content-length"]) == len(answer.content)


async def test_a_client_without_an_agreement_is_refused_and_without_fields_sees_the_form(
    ask: Callable[..., Any],
) -> None:
    refused = await ask("women", kind="client", fields=frozenset({"poverty"}))
    assert (refused.status_code, refused.json()["code"]) == (403, "access.agreement_missing")
    assert (await ask("women", kind="client", agreement="bank@1")).json() == {"items": [{}], "next": None}


async def test_a_file_that_cannot_be_cut_is_refused(ask: Callable[..., Any]) -> None:
    answer = await ask("file", kind="client", agreement="bank@1", fields=frozenset({"reference", "poverty"}))
    assert (answer.status_code, answer.json()["code"]) == (403, "access.file_not_agreed")
    assert "CANARY" not in answer.text
    assert (await ask("file", role="cadre")).text == "CANARY-FILE"


async def test_people_of_the_unit_get_the_answer_as_it_is(ask: Callable[..., Any]) -> None:
    assert (await ask("women", role="cadre")).json()["items"] == [WOMAN]


async def test_a_notice_is_masked_once_more_and_shows_no_health_facts(ask: Callable[..., Any]) -> None:
    (shown,) = (await ask("women", role="federation", purpose="notice")).json()["items"]
    assert (shown["name"], shown["resident_id"]) == ("杨*", "52*************026")
    assert "hpv" not in shown
    assert (await ask("file", role="federation", purpose="notice")).status_code == 403


async def test_a_notice_masks_by_class_not_by_name_and_keeps_what_is_keyed_by_data(ask: Callable[..., Any]) -> None:
    household = (await ask("household", role="federation", purpose="notice")).json()
    assert household == {"household_id": "1", "code": "*" * 8 + "001", "hamlet": "", "persons": 4}
    unit = (await ask("division", role="federation", purpose="notice")).json()
    assert unit == {"code": "522634000000", "name": "雷山县"}
    report = (await ask("report", role="federation", purpose="notice")).json()
    assert report == {
        "name": "雷山县",
        "measures": {"training": {"people": 3}},
        "freshness": {"registry": {"number": 7}},
    }


async def test_health_facts_need_scope_and_purpose(ask: Callable[..., Any]) -> None:
    assert (await ask("health-facts", role="cadre", purpose="aid")).json()["code"] == "access.scope_missing"
    assert (await ask("health-facts", role="federation")).json()["code"] == "access.purpose_missing"
    notice = await ask("health-facts", role="federation", purpose="notice")
    assert (notice.status_code, notice.json()["code"]) == (403, "access.purpose_refused")
    assert (await ask("health-facts", role="federation", purpose="aid")).json()["hpv"] == "CANARY-HEALTH"


async def test_limits_of_a_token_come_back_from_it(ask: Callable[..., Any], issuer: Issuer) -> None:
    limited = Principal(
        "a", "", "partner", COUNTY, scopes_of("partner"), "client", measures=frozenset({"training"}),
        agreement="bank@2", fields=frozenset(), purpose="aid", event_types=frozenset({"training.course-opened.v1"}),
    )  # fmt: skip
    assert issuer.verifier().verify(issuer.user_token(limited)) == limited
    assert (await ask("women", kind="client", measures=frozenset({"training"}))).status_code == 403
