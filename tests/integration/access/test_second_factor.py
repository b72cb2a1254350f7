"""Two factors: administrators must, others may; a code is good once, and a wrong one tells no more than a password."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest
from cryptography.exceptions import InvalidTag

from libs.access.accounts import Account
from libs.access.second_factor import SecondFactors
from libs.events.types import Pool
from libs.values.errors import Conflict, Invalid, Refused, Unauthenticated
from tests.integration.access.conftest import ADMIN, KEY, PASSWORD, World

Bearer = Callable[..., dict[str, str]]
HERE = "10.0.0.1"


async def enrolled(world: World, username: str = "leishan") -> tuple[Account, pyotp.TOTP, list[str]]:
    """An account with a telephone; the clock stands one step after its enrolment."""
    account = await world.open_account(username)
    totp = pyotp.TOTP((await world.access.factors.begin(account)).secret)
    codes = await world.access.factors.confirm(account, totp.at(world.clock()), HERE)
    world.clock.move(seconds=30)
    return account, totp, codes


async def signed_in(world: World, code: str, password: str = PASSWORD) -> bool:
    try:
        await world.access.sign_in.sign_in("leishan", password, HERE, code)
    except Unauthenticated:
        return False
    return True


async def test_after_enrolment_password_and_digits_are_needed(world: World) -> None:
    _, totp, _ = await enrolled(world)
    assert not await signed_in(world, "")
    assert not await signed_in(world, "000000")
    assert await signed_in(world, totp.at(world.clock()))
    digits = totp.at(world.clock() + timedelta(seconds=30))
    assert await signed_in(world, f"{digits[:3]} {digits[3:]}"), "half a minute ahead, as telephones show it"
    assert (await world.outcomes())[-4:] == ["wrong_code", "wrong_code", "signed_in", "signed_in"]


async def test_a_code_cannot_be_replayed_in_its_window(world: World) -> None:
    _, totp, _ = await enrolled(world)
    code = totp.at(world.clock())
    assert [await signed_in(world, code), await signed_in(world, code)] == [True, False]
    world.clock.move(seconds=29)
    assert not await signed_in(world, code)
    world.clock.move(seconds=30)
    assert not await signed_in(world, totp.at(world.clock() - timedelta(seconds=60))), "older than half a minute"


async def test_of_two_sign_ins_at_once_with_one_code_one_succeeds(world: World) -> None:
    _, totp, _ = await enrolled(world)
    code = totp.at(world.clock())
    assert sorted(await asyncio.gather(*(signed_in(world, code) for _ in range(4)))) == [False, False, False, True]


async def test_a_wrong_password_does_not_use_the_code_up(world: World) -> None:
    _, totp, codes = await enrolled(world)
    for code in (totp.at(world.clock()), codes[0]):
        assert not await signed_in(world, code, "wrong")
        assert await signed_in(world, code)


async def test_wrong_password_and_wrong_code_answer_alike(world: World, client: httpx.AsyncClient) -> None:
    await enrolled(world)
    answers = [
        await client.post("/v1/sign-in", json={"username": name, "password": password, "code": code})
        for name, password, code in [
            ("leishan", "wrong", "000000"),
            ("leishan", PASSWORD, "000000"),
            ("leishan", PASSWORD, ""),
            ("nobody", PASSWORD, "000000"),
        ]
    ]
    assert {answer.status_code for answer in answers} == {401}
    bodies = [answer.json() | {"trace_id": ""} for answer in answers]
    assert all(body == bodies[0] for body in bodies)


async def test_the_lock_counts_wrong_codes_too(world: World) -> None:
    _, totp, _ = await enrolled(world)
    tries = [await signed_in(world, "000000") for _ in range(3)] + [await signed_in(world, "", "wrong")] * 2
    assert not any(tries)
    assert not await signed_in(world, "", "wrong")
    assert not await signed_in(world, totp.at(world.clock())), "locked, though both are right"
    world.clock.move(minutes=15)
    assert await signed_in(world, totp.at(world.clock()))


async def test_a_recovery_code_is_good_once_and_new_ones_end_the_old(world: World) -> None:
    account, _, codes = await enrolled(world)
    assert len(set(codes)) == 10
    assert [await signed_in(world, codes[0].upper()), await signed_in(world, codes[0])] == [True, False]
    assert await world.access.factors.codes_left(account) == 9
    new = await world.access.factors.renew_codes(account, HERE)
    assert [await signed_in(world, codes[1]), await signed_in(world, new[1])] == [False, True]
    assert {"recovery_code", "codes_renewed"} <= set(await world.outcomes())


async def test_secret_and_codes_lie_sealed(world: World) -> None:
    account, totp, codes = await enrolled(world)
    rows = str(await world.pool.fetch("SELECT f::text, encode(f.sealed, 'escape'), r::text FROM second_factors f, "
                                      "recovery_codes r"))  # fmt: skip
    assert totp.secret not in rows
    assert totp.byte_secret() not in await world.pool.fetchval("SELECT sealed FROM second_factors")
    assert not any(code in rows or code.replace("-", "") in rows for code in codes)
    other = await world.open_account("other")
    await world.access.factors.begin(other, "s")
    await world.pool.execute("UPDATE second_factors SET sealed = (SELECT sealed FROM second_factors WHERE account_id = "
                             "$1) WHERE account_id = $2", account.id, other.id)  # fmt: skip
    with pytest.raises(InvalidTag):
        await world.access.factors.begin(other, "s")


async def test_an_administrator_gets_no_token_before_enrolling(world: World, client: httpx.AsyncClient) -> None:
    account = await world.open_account("leishan")
    await world.pool.execute("UPDATE accounts SET role = 'security-admin' WHERE id = $1", account.id)
    body = {"username": "leishan", "password": PASSWORD}
    answer = await client.post("/v1/sign-in", json=body)
    assert (answer.status_code, answer.json()["code"]) == (403, "access.second_factor_required")
    begun = (await client.post("/v1/second-factor", json=body)).json()
    assert begun["uri"].startswith("otpauth://totp/Jinguo:leishan?secret=" + begun["secret"])
    known = pyotp.TOTP(begun["secret"])
    begun = (await client.post("/v1/second-factor", json=body)).json()
    totp = pyotp.TOTP(begun["secret"])
    assert totp.secret != known.secret, "who read the first one does not know the one that is bound"
    old = await client.post("/v1/second-factor/confirmation", json=body | {"code": known.at(world.clock())})
    assert old.status_code == 422
    wrong = await client.post("/v1/second-factor/confirmation", json=body | {"code": "000000"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "access.wrong_code")
    token, _ = await world.access.sessions.start(account, "10.0.0.1", "")
    right = await client.post("/v1/second-factor/confirmation", json=body | {"code": totp.at(world.clock())})
    assert len(right.json()["recovery_codes"]) == 10
    assert await world.access.sessions.find(token, "10.0.0.1") is None, "sessions without the factor end"
    world.clock.move(seconds=30)
    assert (await client.post("/v1/sign-in", json=body | {"code": totp.at(world.clock())})).status_code == 200
    world.clock.move(seconds=30)
    again = await client.post("/v1/second-factor", json=body | {"code": totp.at(world.clock())})
    assert (again.status_code, again.json()["code"]) == (409, "access.factor_exists")


async def test_by_setting_everybody_must(world: World) -> None:
    account = await world.open_account("leishan")
    for_all = SecondFactors(world.pool, KEY, clock=world.clock, trail=world.access.trail, for_all=True)
    assert (world.access.factors.missing(account), for_all.missing(account)) == (False, True)
    assert all(world.access.factors.required(role) for role in ("security-admin", "auditor", "system-admin"))


async def test_a_password_is_changed_with_the_code_only(world: World, client: httpx.AsyncClient) -> None:
    _, totp, _ = await enrolled(world)
    body = {"username": "leishan", "password": PASSWORD, "new_password": PASSWORD + "!"}
    assert (await client.post("/v1/password", json=body)).status_code == 401
    assert (await client.post("/v1/password", json=body | {"code": totp.at(world.clock())})).status_code == 204


async def test_who_need_not_have_one_may_remove_it_and_who_must_may_not(world: World) -> None:
    account, _, _ = await enrolled(world)
    factors = SecondFactors(world.pool, KEY, clock=world.clock, trail=world.access.trail, for_all=True)
    with pytest.raises(Refused):
        await factors.remove(account, HERE)
    await world.access.factors.remove(account, HERE)
    assert await signed_in(world, "")
    assert (await world.outcomes())[-2:] == ["factor_removed", "signed_in"]


async def test_codes_guessed_in_a_session_lock_the_account(world: World) -> None:
    account, totp, _ = await enrolled(world)
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            await world.access.sign_in.check_code(account, "000000", HERE)
    with pytest.raises(Unauthenticated):
        await world.access.sign_in.check_code(account, totp.at(world.clock()), HERE)
    assert (await world.outcomes())[-6:] == [*["wrong_code"] * 5, "locked"]


async def test_an_administrator_resets_a_lost_telephone_but_not_his_own(
    world: World, client: httpx.AsyncClient, bearer: Bearer
) -> None:
    account, _, _ = await enrolled(world)
    path = f"/v1/accounts/{account.id}/second-factor-reset"
    token, _ = await world.access.sessions.start(account, "10.0.0.1", "")
    assert (await client.post(path, headers=bearer())).status_code == 428
    version = (await client.get(f"/v1/accounts/{account.id}", headers=bearer())).json()["version"]
    seen = {"If-Match": f'"{version}"'}
    assert (await client.post(path, headers=bearer(division="522635000000") | seen)).status_code == 404
    own = await client.post(path, headers=bearer(sub=str(account.id)) | seen)
    assert (own.status_code, own.json()["code"]) == (422, "access.own_account")
    assert (await client.get(f"/v1/accounts/{account.id}", headers=bearer())).json()["second_factor"] is True
    assert (await client.post(path, headers=bearer() | seen)).status_code == 204
    assert await world.access.sessions.find(token, "10.0.0.1") is None
    assert await signed_in(world, "")
    assert (await world.outcomes())[-3:] == ["factor_reset", "session_ended", "signed_in"]


async def test_enrolling_twice_at_once_gives_one_telephone(world: World) -> None:
    account = await world.open_account("leishan")
    first, second = await asyncio.gather(*(world.access.factors.begin(account, "a") for _ in range(2)))
    assert first == second, "the page shows one secret for as long as the session lasts"
    code = pyotp.TOTP(first.secret).at(world.clock())
    made = await asyncio.gather(
        *(world.access.factors.confirm(account, code, HERE, "a") for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(each).__name__ for each in made) == ["Conflict", "list"]
    with pytest.raises(Conflict):
        await world.access.factors.begin(account)


async def test_a_secret_shown_to_somebody_else_is_never_the_one_she_binds(world: World) -> None:
    account = await world.open_account("leishan")
    thief = pyotp.TOTP((await world.access.factors.begin(account)).secret)
    hers = pyotp.TOTP((await world.access.factors.begin(account, "her session")).secret)
    assert thief.secret != hers.secret
    with pytest.raises(Invalid):
        await world.access.factors.confirm(account, thief.at(world.clock()), HERE, "her session")
    again = pyotp.TOTP((await world.access.factors.begin(account)).secret)
    for code in (hers, again):
        with pytest.raises(Invalid):
            await world.access.factors.confirm(account, code.at(world.clock()), HERE, "her session")


async def test_a_new_password_and_a_reset_drop_what_was_only_begun(world: World) -> None:
    account = await world.open_account("leishan")
    await world.access.factors.begin(account, "a")
    account = await world.access.sign_in.change_password("leishan", PASSWORD, PASSWORD + "2", HERE)
    assert await world.pool.fetchval("SELECT count(*) FROM second_factors") == 0
    await world.access.factors.begin(account, "a")
    await world.access.accounts.reset_password(ADMIN, account.id, account.version)
    assert await world.pool.fetchval("SELECT count(*) FROM second_factors") == 0


async def test_whatever_is_wrong_the_same_statements_run_and_one_entry_is_written(
    world: World, client: httpx.AsyncClient
) -> None:
    await enrolled(world)
    ran: dict[str, list[str]] = {}
    for name, username, password in (("code", "leishan", PASSWORD), ("password", "leishan", "x"), ("user", "no", "x")):
        seen = ran.setdefault(name, [])
        async with world.pool.acquire() as connection:
            before = await connection.fetchval("SELECT count(*) FROM audit_trail")
        with recorded(world.pool, seen):
            answer = await client.post(
                "/v1/sign-in", json={"username": username, "password": password, "code": "000000"}
            )
        assert answer.status_code == 401
        assert await world.pool.fetchval("SELECT count(*) FROM audit_trail") == before + 1
    assert ran["code"] == ran["password"] == ran["user"]
    assert len(ran["code"]) > 5


@contextmanager
def recorded(pool: Pool, statements: list[str]) -> Iterator[None]:
    """The statements that run meanwhile, in order."""
    kept = {name: getattr(type(pool), name) for name in ("fetchval", "fetchrow", "execute", "fetch")}

    def listening(name: str) -> Callable[..., Any]:
        async def run(self: Pool, query: str, *values: Any, **options: Any) -> Any:
            statements.append(query)
            return await kept[name](self, query, *values, **options)

        return run

    with pytest.MonkeyPatch.context() as patch:
        for name in kept:
            patch.setattr(type(pool), name, listening(name))
        yield
