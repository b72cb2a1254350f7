"""A person's own sessions: what she sees of them, who ends them, and that each end stands in the trail."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from libs.access.accounts import Account, Change
from libs.values.errors import Unauthenticated
from tests.integration.access.conftest import ADMIN, PASSWORD, World

Bearer = Callable[..., dict[str, str]]
HERE, ELSEWHERE = "10.0.0.1", "10.9.9.9"


async def begun(world: World, account: Account, *addresses: str) -> list[str]:
    """Tokens of sessions begun from these addresses."""
    return [(await world.access.sessions.start(account, each, f"browser {each}"))[0] for each in addresses]


async def alive(world: World, *tokens: str) -> list[bool]:
    return [await world.access.sessions.find(each, HERE) is not None for each in tokens]


async def ends(world: World) -> list[dict[str, Any]]:
    """What the trail says of sessions that were ended."""
    rows = await world.pool.fetch(
        "SELECT actor, role, unit, object_id, session, address, outcome, detail FROM audit_trail"
        " WHERE code = 'session_ended' ORDER BY id"
    )
    return [dict(row) for row in rows]


async def test_ones_own_open_sessions_are_shown_the_last_used_first(world: World) -> None:
    account, other = await world.open_account("leishan"), await world.open_account("yongle")
    began: datetime = world.clock()
    first, _, idle = await begun(world, account, HERE, ELSEWHERE, "10.0.0.3")
    await begun(world, other, HERE)
    world.clock.move(minutes=20)
    assert await alive(world, idle) == [True]
    world.clock.move(minutes=5)
    await world.access.sessions.find(first, ELSEWHERE)
    shown = await world.access.sessions.open_of(account)
    assert [(each.begun_from, each.seen_from, each.seen_at - began) for each in shown] == [
        (HERE, ELSEWHERE, timedelta(minutes=25)),
        ("10.0.0.3", HERE, timedelta(minutes=20)),
        (ELSEWHERE, ELSEWHERE, timedelta(0)),
    ]
    assert {(each.begun_at, each.browser) for each in shown} == {
        (began, f"browser {each}") for each in (HERE, ELSEWHERE, "10.0.0.3")
    }
    world.clock.move(minutes=5)
    assert len(await world.access.sessions.open_of(account)) == 2, "what is idle is not open"


async def test_another_address_is_noted_at_once_and_the_same_once_a_minute(world: World) -> None:
    account = await world.open_account("leishan")
    (token,) = await begun(world, account, HERE)
    world.clock.move(seconds=59)
    await world.access.sessions.find(token, HERE)
    (kept,) = await world.access.sessions.open_of(account)
    await world.access.sessions.find(token, ELSEWHERE)
    (moved,) = await world.access.sessions.open_of(account)
    assert (moved.seen_from, moved.seen_at - kept.seen_at) == (ELSEWHERE, timedelta(seconds=59))


async def test_one_other_session_or_all_others_are_ended_and_noted(world: World) -> None:
    account, stranger = await world.open_account("leishan"), await world.open_account("yongle")
    mine, lost, third = await begun(world, account, HERE, ELSEWHERE, HERE)
    (hers,) = await begun(world, stranger, HERE)
    session = await world.access.sessions.find(mine, HERE)
    assert session is not None
    ids = {each.begun_from: each.id for each in await world.access.sessions.open_of(account)}
    theirs = (await world.access.sessions.open_of(stranger))[0].id
    end = world.access.sessions.end_others
    assert await end(session, HERE, only=ids[ELSEWHERE]) == 1
    assert await alive(world, mine, lost, third, hers) == [True, False, True, True]
    assert [await end(session, HERE, only=each) for each in (ids[ELSEWHERE], theirs, session.id)] == [0, 0, 0]
    assert await end(session, HERE) == 1
    assert await alive(world, mine, lost, third, hers) == [True, False, False, True]
    noted = await ends(world)
    own = {"actor": str(account.id), "role": "cadre", "unit": "522634000000", "object_id": str(account.id)}
    assert [each | {"detail": each["detail"]["why"]} for each in noted] == [
        own | {"session": session.id, "address": HERE, "outcome": "success", "detail": "ended_by_owner"}
    ] * 2
    assert noted[0]["detail"]["ended"] == ids[ELSEWHERE]


async def test_a_session_that_was_idle_is_not_said_to_be_ended(world: World) -> None:
    account = await world.open_account("leishan")
    await begun(world, account, ELSEWHERE)
    world.clock.move(minutes=30)
    await world.access.accounts.end_sessions(ADMIN, account.id)
    assert await ends(world) == []


async def test_an_administrator_ends_all_sessions_of_an_account_of_his_units(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    account, other = await world.open_account("leishan"), await world.open_account("yongle")
    tokens = [*await begun(world, account, HERE, ELSEWHERE), *await begun(world, other, HERE)]
    path = f"/v1/accounts/{account.id}/sessions"
    assert (await client.delete(path, headers=bearer("cadre", "522634000000"))).status_code == 403
    assert (await client.delete(path, headers=bearer(division="522635000000"))).status_code == 404
    assert await alive(world, *tokens) == [True, True, True]
    assert (await client.delete(path, headers=bearer(sub="77"))).status_code == 204
    assert (await client.delete(path, headers=bearer(sub="77"))).status_code == 204
    assert await alive(world, *tokens) == [False, False, True]
    noted = await ends(world)
    assert [(each["actor"], each["role"], each["unit"], each["object_id"]) for each in noted] == [
        ("77", "security-admin", "522634000000", str(account.id))
    ] * 2
    assert [each["detail"]["why"] for each in noted] == ["ended_by_administrator"] * 2


async def test_every_other_end_says_why(world: World) -> None:
    account = await world.open_account("leishan")
    await begun(world, account, HERE)
    account = await world.access.sign_in.change_password("leishan", PASSWORD, PASSWORD + "2", HERE)
    await begun(world, account, HERE)
    account = await world.access.accounts.change(ADMIN, account.id, account.version, Change(disabled=True))
    account = await world.access.accounts.change(ADMIN, account.id, account.version, Change(disabled=False))
    await begun(world, account, HERE)
    await world.access.accounts.reset_password(ADMIN, account.id, account.version)
    noted = await ends(world)
    assert [(each["detail"]["why"], each["actor"]) for each in noted] == [
        ("password_changed", str(account.id)), ("account_closed", ADMIN.sub), ("password_reset", ADMIN.sub),
    ]  # fmt: skip


async def test_a_password_guessed_in_a_session_locks_the_account(world: World) -> None:
    account = await world.open_account("leishan")
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await world.access.sign_in.check_password(account, "wrong", HERE)
    with pytest.raises(Unauthenticated):
        await world.access.sign_in.check_password(account, PASSWORD, HERE)
    assert (await world.outcomes())[-6:] == [*["wrong_password"] * 5, "locked"]
    await world.access.sign_in.check_password(account, PASSWORD, ELSEWHERE)
