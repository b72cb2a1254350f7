"""Training and the real registry together: its app answers resolve, its facts arrive by its published log."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from libs.access.tokens import Issuer
from libs.events.meta import Meta
from libs.values.division import NATION
from services.training.adapters.registry import HttpRegistry
from services.training.handlers.ports import Question
from tests.integration.registry.filled import with_register
from tests.integration.registry.house import House as Registry
from tests.integration.registry.house import key
from tests.integration.training.house import COUNTY, MIGRATIONS, SERVICE_MIGRATIONS, House
from tests.integration.training.test_rosters import decide, waiting, women
from tests.support.postgres import Databases
from tests.unit.training.leishan import REGISTER, SIGN_IN, expected, registry, township_of

MINE = township_of("522634198804256703")


@pytest.fixture
async def both(own_databases: Databases, issuer: Issuer) -> AsyncIterator[tuple[Registry, House]]:
    registry_dsn, keys_dsn = await with_register(own_databases)
    dsn = await own_databases.make(SERVICE_MIGRATIONS, MIGRATIONS)
    async with Registry.open(registry_dsn, keys_dsn, issuer) as register:
        transport = httpx.ASGITransport(app=register.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://registry") as client:
            find = HttpRegistry(client, lambda: issuer.service_token("training", NATION), "/v1/resolve")
            async with House.open(dsn, keys_dsn, issuer, find, {"registry": registry_dsn}) as house:
                number = await register.runtime.pool.fetchval("SELECT max(number) FROM published")
                assert await house.runtime.wait_consumed("training.registry", number, 60)
                yield register, house


async def test_the_whole_way_with_the_real_registry(both: tuple[Registry, House]) -> None:
    _, house = both
    for path in (REGISTER, SIGN_IN):
        answer = await house.roster(path)
        said = {
            row["row"]: (
                row["match"] or "",
                {(finding["rule"], finding["severity"], finding["right_answer"]) for finding in row["findings"]},
            )
            for row in answer["rows"]
        }
        assert said == expected(path.stem)
    assert await women(house) == 57
    await decide(house, await waiting(house), "confirm")
    assert await women(house) == 65


async def test_a_township_is_told_the_same_of_strangers_by_the_real_registry(both: tuple[Registry, House]) -> None:
    _, house = both
    answer = await house.roster(REGISTER, MINE)
    rows = {row.pop("row"): row for row in answer["rows"]}
    assert rows[5] == rows[15]
    assert rows[5]["outcome"] == "passed"
    assert await women(house) == 38


async def test_a_merge_in_the_registry_reaches_the_decision(both: tuple[Registry, House]) -> None:
    register, house = both
    await house.roster(REGISTER)
    line, other = (await waiting(house))[:2]
    async with register.client() as client:
        await _merge(client, line["candidate"], other["candidate"])
    xid = await register.runtime.pool.fetchval("SELECT max(xid::text::bigint)::text::bigint FROM events")
    number = await register.runtime.wait_published(xid, 30)
    assert number is not None
    assert await house.runtime.wait_consumed("training.registry", number, 60)
    answer = await decide(house, [line, other], "confirm")
    assert [item["status"] for item in answer["items"]] == [200, 200]
    assert await women(house) == 39
    rows = await house.runtime.pool.fetch("SELECT woman_id FROM enrolments WHERE NOT withdrawn")
    assert UUID(other["candidate"]) in {row["woman_id"] for row in rows}
    assert UUID(line["candidate"]) not in {row["woman_id"] for row in rows}


async def test_the_registrys_trail_names_the_user_for_whom_training_asked(both: tuple[Registry, House]) -> None:
    register, house = both
    await house.roster(REGISTER, MINE)
    who = (f"cadre-{MINE}", "cadre", MINE)
    reads = "SELECT DISTINCT actor, role, unit FROM personal_reads WHERE route = 'POST /v1/resolve'"
    assert [tuple(row) for row in await register.runtime.pool.fetch(reads)] == [who]
    entries = "SELECT actor, detail FROM audit_trail WHERE action = 'persons.searched'"
    found = await register.runtime.pool.fetch(entries)
    assert {row["actor"] for row in found} == {"service:training"}
    assert {tuple(row["detail"][name] for name in ("asked_by", "asked_as", "asked_in")) for row in found} == {who}


async def test_the_fake_answers_as_the_real_registry(both: tuple[Registry, House]) -> None:
    _, house = both
    real = house.app.state.training.roster._resolver  # the adapter under test
    questions = [
        Question("1", "杨凤兰", "522634198804256703"),
        Question("2", "文正仙", "522601196111056021"),
        Question("3", "毛正娥", None, "大龙村", "西江镇"),
        Question("4", "杨美芝", "522634197407169708"),
        Question("5", "王翠绣", "522634197401269249"),
        Question("6", "文婷婷", " 522634 197511013922"),
        Question("7", "毛光珍", "522634910525252"),
        Question("8", "杨国忠", "522634198701018112"),
    ]
    for unit in (COUNTY, MINE):
        asked_by = Meta(actor="cadre-1", role="cadre", unit=unit, correlation_id=UUID(int=1))
        one, two = await real.resolve(asked_by, questions), await registry().resolve(asked_by, questions)
        assert [_shape(answer) for answer in one] == [_shape(answer) for answer in two]


def _shape(answer: Any) -> Any:
    """What must be equal: everything but the ids, which each register makes itself."""
    rules = {(finding.rule, finding.severity) for finding in answer.findings} if not answer.outside else set()
    return answer.ref, answer.match, answer.woman_id is None, answer.candidate is None, answer.outside, rules


async def _merge(client: httpx.AsyncClient, merged: str, survivor: str) -> None:
    seen = await client.get(f"/v1/women/{merged}")
    headers = key() | {"If-Match": seen.headers["ETag"]}
    answer = await client.post(f"/v1/women/{merged}/merge", json={"into": survivor}, headers=headers)
    assert answer.status_code < 300, answer.text
