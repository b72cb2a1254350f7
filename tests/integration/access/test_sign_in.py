"""Signing in, first passwords, lockout, sessions."""

import asyncio
import secrets
from datetime import timedelta

import asyncpg
import httpx
import pytest

from libs.access.accounts import FIRST_USERNAME, Change
from libs.access.sign_in import PasswordChangeRequired
from libs.values.errors import Invalid, Unauthenticated
from tests.integration.access.conftest import ADMIN, PASSWORD, World


async def test_the_first_password_is_given_once_and_must_be_changed(world: World) -> None:
    once = await world.access.accounts.ensure_first()
    assert once is not None
    assert await world.access.accounts.ensure_first() is None
    with pytest.raises(PasswordChangeRequired):
        await world.access.sign_in.sign_in(FIRST_USERNAME, once, "10.0.0.1")
    with pytest.raises(Invalid):
        await world.access.sign_in.change_password(FIRST_USERNAME, once, "1234567890", "10.0.0.1")
    await world.access.sign_in.change_password(FIRST_USERNAME, once, PASSWORD, "10.0.0.1")
    account = await world.access.sign_in.sign_in_to_enrol("  ADMIN ", PASSWORD, "10.0.0.1")
    assert (account.role, account.division.level) == ("security-admin", "nation")
    with pytest.raises(Unauthenticated):
        await world.access.sign_in.sign_in(FIRST_USERNAME, once, "10.0.0.1")


async def test_two_first_starts_make_one_administrator(world: World) -> None:
    made = await asyncio.gather(*(world.access.accounts.ensure_first() for _ in range(4)))
    assert len([password for password in made if password]) == 1
    assert await world.pool.fetchval("SELECT count(*) FROM accounts") == 1


async def test_passwords_and_sessions_are_not_in_the_database(world: World) -> None:
    account = await world.open_account("leishan")
    token, session = await world.access.sessions.start(account, "10.0.0.1", "")
    rows = str(await world.pool.fetch("SELECT a::text, s::text FROM accounts a, sessions s"))
    assert PASSWORD not in rows
    assert token not in rows
    assert session.csrf != token


async def test_five_wrong_passwords_lock_for_a_quarter_of_an_hour(world: World) -> None:
    await world.open_account("leishan")
    sign_in = world.access.sign_in.sign_in
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await sign_in("leishan", "wrong", "10.0.0.1")
    with pytest.raises(Unauthenticated):
        await sign_in("leishan", PASSWORD, "10.0.0.1")
    world.clock.move(minutes=14, seconds=59)
    with pytest.raises(Unauthenticated):
        await sign_in("leishan", PASSWORD, "10.0.0.1")
    world.clock.move(seconds=1)
    await sign_in("leishan", PASSWORD, "10.0.0.1")
    assert await world.outcomes() == ["password_changed", *["wrong_password"] * 5, "locked", "locked", "signed_in"]


async def test_after_a_lock_five_more_guesses_are_counted_from_one(world: World) -> None:
    await world.open_account("leishan")
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await world.access.sign_in.sign_in("leishan", "wrong", "10.0.0.1")
    world.clock.move(minutes=15)
    for _ in range(4):
        with pytest.raises(Unauthenticated):
            await world.access.sign_in.sign_in("leishan", "wrong", "10.0.0.1")
    await world.access.sign_in.sign_in("leishan", PASSWORD, "10.0.0.1")


async def test_guesses_made_at_once_count_one_by_one(world: World) -> None:
    await world.open_account("leishan")
    guesses = (world.access.sign_in.sign_in("leishan", secrets.token_hex(8), "10.0.0.1") for _ in range(20))
    await asyncio.gather(*guesses, return_exceptions=True)
    outcomes = await world.outcomes()
    assert (outcomes.count("wrong_password"), outcomes.count("locked")) == (5, 15)


async def test_a_right_password_clears_the_count(world: World) -> None:
    await world.open_account("leishan")
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(Unauthenticated):
                await world.access.sign_in.sign_in("leishan", "wrong", "10.0.0.1")
        await world.access.sign_in.sign_in("leishan", PASSWORD, "10.0.0.1")


async def test_unknown_wrong_locked_and_closed_answer_alike(world: World, client: httpx.AsyncClient) -> None:
    await world.open_account("leishan")
    closed = await world.open_account("closed")
    await world.access.accounts.change(ADMIN, closed.id, closed.version, Change(disabled=True))
    locked = await world.open_account("locked")
    await world.pool.execute("UPDATE accounts SET locked_until = $2 WHERE id = $1", locked.id,
                             world.clock() + timedelta(hours=1))  # fmt: skip
    answers = [
        await client.post("/v1/sign-in", json={"username": name, "password": password})
        for name, password in [("nobody", PASSWORD), ("leishan", "wrong"), ("closed", PASSWORD), ("locked", PASSWORD)]
    ]
    assert {answer.status_code for answer in answers} == {401}
    bodies = [answer.json() | {"trace_id": ""} for answer in answers]
    assert all(body == bodies[0] for body in bodies)
    assert (await world.outcomes())[-4:] == ["unknown", "wrong_password", "closed", "locked"]


async def test_an_unknown_user_costs_the_same_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.open_account("leishan")
    seen: list[str | None] = []
    hasher = world.access.sign_in._hasher
    really = hasher.matches

    async def counted(stored: str | None, password: str) -> bool:
        seen.append(stored)
        return await really(stored, password)

    monkeypatch.setattr(hasher, "matches", counted)
    for name in ("nobody", "leishan"):
        with pytest.raises(Unauthenticated):
            await world.access.sign_in.sign_in(name, "wrong", "10.0.0.1")
    assert len(seen) == 2
    assert seen[0] is None


async def test_an_unknown_user_name_is_not_kept_for_it_may_be_a_password(world: World) -> None:
    with pytest.raises(Unauthenticated):
        await world.access.sign_in.sign_in("my secret password", "x", "10.0.0.1")
    assert "my secret password" not in str(await world.pool.fetch("SELECT t::text FROM audit_trail t"))


async def test_the_list_of_sign_ins_cannot_be_rewritten(world: World) -> None:
    await world.open_account("leishan")
    for statement in ("DELETE FROM audit_trail", "UPDATE audit_trail SET code = 'unknown'", "TRUNCATE audit_trail"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await world.pool.execute(statement)


async def test_a_session_ends_when_idle_and_at_the_latest_after_twelve_hours(world: World) -> None:
    account = await world.open_account("leishan")
    token, session = await world.access.sessions.start(account, "10.0.0.1", "")
    for _ in range(23):
        world.clock.move(minutes=29)
        found = await world.access.sessions.find(token, "10.0.0.1")
        assert found is not None
        assert found.csrf == session.csrf
    world.clock.move(minutes=29)
    assert await world.access.sessions.find(token, "10.0.0.1") is not None
    world.clock.move(minutes=28)
    assert await world.access.sessions.find(token, "10.0.0.1") is None, "twelve hours are over"
    other, _ = await world.access.sessions.start(account, "10.0.0.1", "")
    world.clock.move(minutes=30)
    assert await world.access.sessions.find(other, "10.0.0.1") is None


async def test_signing_out_ends_the_session(world: World) -> None:
    token, _ = await world.access.sessions.start(await world.open_account("leishan"), "10.0.0.1", "")
    await world.access.sessions.end(token, "10.0.0.1")
    assert await world.access.sessions.find(token, "10.0.0.1") is None
    assert await world.access.sessions.find("made up", "10.0.0.1") is None


async def test_a_moved_or_closed_user_feels_it_at_the_next_request(world: World) -> None:
    account = await world.open_account("leishan")
    token, _ = await world.access.sessions.start(account, "10.0.0.1", "")
    moved = await world.access.accounts.change(ADMIN, account.id, account.version, Change(role="reader"))
    session = await world.access.sessions.find(token, "10.0.0.1")
    assert session is not None
    assert session.account.principal().scopes == {"reporting:read", "registry:read"}
    await world.access.accounts.change(ADMIN, account.id, moved.version, Change(disabled=True))
    assert await world.access.sessions.find(token, "10.0.0.1") is None


async def test_a_new_password_ends_every_session(world: World) -> None:
    token, _ = await world.access.sessions.start(await world.open_account("leishan"), "10.0.0.1", "")
    await world.access.sign_in.change_password("leishan", PASSWORD, PASSWORD + "2", "10.0.0.1")
    assert await world.access.sessions.find(token, "10.0.0.1") is None


async def test_a_token_for_a_password(world: World, client: httpx.AsyncClient) -> None:
    account = await world.open_account("leishan")
    answer = await client.post("/v1/sign-in", json={"username": "leishan", "password": PASSWORD})
    assert answer.headers["cache-control"] == "no-store"
    principal = world.access.issuer.verifier().verify(answer.json()["access_token"])
    assert (principal.sub, principal.division.code) == (str(account.id), "522634000000")
    assert answer.json()["expires_in"] == 300


async def test_a_one_time_password_gives_no_token_and_is_changed_over_the_api(
    world: World, client: httpx.AsyncClient
) -> None:
    once = await world.access.accounts.ensure_first()
    body = {"username": "admin", "password": once}
    answer = await client.post("/v1/sign-in", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "access.password_change_required")
    assert (await client.post("/v1/password", json=body | {"new_password": "short"})).status_code == 422
    assert (await client.post("/v1/password", json=body | {"new_password": PASSWORD})).status_code == 204
    answer = await client.post("/v1/sign-in", json=body | {"password": PASSWORD})
    assert (answer.status_code, answer.json()["code"]) == (403, "access.second_factor_required")


async def test_a_stranger_locks_only_his_own_network_out(world: World) -> None:
    await world.open_account("leishan")
    for number in range(12):
        with pytest.raises(Unauthenticated):
            await world.access.sign_in.sign_in("leishan", "wrong", f"2001:db8::{number}")
    assert (await world.outcomes()).count("locked") == 7, "one machine has a whole /64"
    account = await world.access.sign_in.sign_in("leishan", PASSWORD, "10.0.0.1")
    with pytest.raises(Unauthenticated):
        await world.access.sign_in.sign_in("leishan", PASSWORD, "2001:db8::77")
    await world.access.accounts.reset_password(ADMIN, account.id, account.version)
    assert await world.pool.fetchval("SELECT count(*) FROM attempts") == 0


async def test_a_hundred_wrong_passwords_from_everywhere_lock_it_for_all(world: World) -> None:
    account = await world.open_account("leishan")
    await world.pool.execute("UPDATE accounts SET failed = 99 WHERE id = $1", account.id)
    with pytest.raises(Unauthenticated):
        await world.access.sign_in.sign_in("leishan", "wrong", "10.0.0.2")
    with pytest.raises(Unauthenticated):
        await world.access.sign_in.sign_in("leishan", PASSWORD, "10.0.0.1")
    world.clock.move(minutes=15)
    await world.access.sign_in.sign_in("leishan", PASSWORD, "10.0.0.1")


async def test_tries_are_forgotten_after_a_day(world: World) -> None:
    for number in range(5):
        with pytest.raises(Unauthenticated):
            await world.access.sign_in.sign_in("nobody", "x", f"10.0.0.{number}")
    world.clock.move(days=1, seconds=1)
    with pytest.raises(Unauthenticated):
        await world.access.sign_in.sign_in("nobody", "x", "10.0.0.9")
    assert await world.pool.fetchval("SELECT count(*) FROM attempts") == 1


async def test_signing_out_stands_in_the_trail_once(world: World) -> None:
    token, session = await world.access.sessions.start(await world.open_account("leishan"), "10.0.0.1", "")
    await world.access.sessions.end(token, "10.0.0.1")
    await world.access.sessions.end(token, "10.0.0.1")
    assert (await world.outcomes()).count("signed_out") == 1
    assert await world.pool.fetchval("SELECT session FROM audit_trail WHERE code = 'signed_out'") == session.id


async def test_who_must_still_enrol_is_not_noted_as_signed_in(world: World, client: httpx.AsyncClient) -> None:
    await world.open_account("boss", role="security-admin", division="000000000000")
    body = {"username": "boss", "password": PASSWORD}
    assert (await client.post("/v1/sign-in", json=body)).json()["code"] == "access.second_factor_required"
    assert (await client.post("/v1/second-factor", json=body)).status_code == 200
    assert (await world.outcomes())[-2:] == ["factor_missing", "factor_begun"]
    assert "signed_in" not in await world.outcomes()


async def test_an_auditor_of_the_unit_finds_sign_ins_with_role_and_unit(world: World) -> None:
    await world.open_account("leishan", role="cadre", division="522634101000")
    await world.access.sign_in.sign_in("leishan", PASSWORD, "10.0.0.1")
    for name in ("leishan", "nobody"):
        with pytest.raises(Unauthenticated):
            await world.access.sign_in.sign_in(name, "wrong", "10.0.0.1")
    found = await world.pool.fetch("SELECT code, role, unit FROM audit_trail WHERE action = 'sign_in' ORDER BY id")
    own = ("cadre", "522634101000")
    assert [tuple(record) for record in found] == [
        ("password_changed", *own), ("signed_in", *own), ("wrong_password", *own), ("unknown", None, None),
    ]  # fmt: skip
