"""`jinguo up --demo`: data and accounts at the first start, nothing at the second; accounts made by hand."""

import re
import time

import httpx
import pyotp

from tests.e2e.figures import AT_ONCE, some
from tests.e2e.product import COUNTY, Product
from tests.support.keys import KEYED_AT_ONCE

LIMIT = 120.0
PASSWORD = "a long new password 2026"


def wait_for(running: Product, line: str) -> None:
    """Until it has printed the line."""
    end = time.monotonic() + LIMIT
    while line not in running.said():
        assert time.monotonic() < end, running.said()
        assert running.process is not None
        assert running.process.poll() is None, running.said()
        time.sleep(0.05)


def sign_in(running: Product, username: str, one_time: str) -> httpx.Client:
    """Change the one-time password and come back with a client of that account."""
    with httpx.Client(base_url=running.url, trust_env=False) as http:
        body = {"username": username, "password": one_time}
        refused = http.post("/access/v1/sign-in", json=body)
        assert refused.json()["code"] == "access.password_change_required"
        http.post("/access/v1/password", json={**body, "new_password": PASSWORD}).raise_for_status()
        known = {"username": username, "password": PASSWORD}
        answer = http.post("/access/v1/sign-in", json=known)
        if answer.status_code == 403:
            answer = http.post("/access/v1/sign-in", json=known | {"code": second_factor(http, known)})
        answer.raise_for_status()
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    return httpx.Client(base_url=running.url, headers=headers, trust_env=False, event_hooks=KEYED_AT_ONCE)


def second_factor(http: httpx.Client, known: dict[str, str]) -> str:
    """Bind a telephone, as an administrator must, and give one of its recovery codes."""
    telephone = pyotp.TOTP(http.post("/access/v1/second-factor", json=known).raise_for_status().json()["secret"])
    body = known | {"code": telephone.now()}
    answer = http.post("/access/v1/second-factor/confirmation", json=body).raise_for_status()
    code: str = answer.json()["recovery_codes"][0]
    return code


def test_the_demo_is_loaded_once_and_its_accounts_see_their_units(fresh: Product) -> None:
    fresh.start("--demo")
    wait_for(fresh, "The demo is loaded")
    assert some(fresh.report()["total"], AT_ONCE) == AT_ONCE
    passwords = dict(re.findall(r"sign in as `(\w+)` .*one-time password: (\S+)", fresh.said()))
    assert set(passwords) == {"leishan", "xijiang", "reader"}
    with sign_in(fresh, "xijiang", passwords["xijiang"]) as cadre:
        query = {"division": COUNTY}
        assert cadre.get("/reporting/v1/reports/match", params=query).status_code == 404
        own = cadre.get("/reporting/v1/reports/match", params={"division": "522634101000"}).raise_for_status().json()
        assert own["total"]["population"] == 132
    fresh.stop()
    fresh.log.unlink()
    fresh.start("--demo")
    assert "Loading demo data" not in fresh.said()
    assert "one-time password" not in fresh.said()


def test_the_first_account_makes_the_working_ones_and_sees_no_womans_data(new: Product) -> None:
    new.start()
    once = re.search(r"Sign in as `admin` .*one-time password: (\S+)", new.said())
    assert once, new.said()
    with sign_in(new, "admin", once[1]) as security:
        body = {"username": "fulian", "name": "雷山县妇联", "role": "federation", "division": COUNTY}
        made = security.post("/access/v1/accounts", json=body).raise_for_status().json()
        for path in (
            "registry/v1/women",
            f"reporting/v1/reports/match?division={COUNTY}",
            "training/v1/courses",
            "registry/v1/status",
        ):
            assert security.get(f"/{path}").json()["code"] == "access.scope_missing", path
    with sign_in(new, "fulian", made["one_time_password"]) as federation:
        assert federation.get("/registry/v1/women").status_code == 200


def test_an_account_is_added_listed_and_given_a_new_password(fresh: Product) -> None:
    fresh.start()
    added = fresh.cli("accounts", "add", "fulian", "--role", "federation", "--division", COUNTY).stdout
    first = added.rsplit(maxsplit=1)[-1]
    assert "fulian" in fresh.cli("accounts", "list").stdout
    again = fresh.cli("accounts", "reset", "fulian").stdout.split()[-1]
    assert again != first
    sign_in(fresh, "fulian", again).close()
    refused = fresh.cli("accounts", "add", "fulian", "--role", "federation", "--division", COUNTY, ok=False)
    assert refused.returncode == 1
    assert "[access.username_taken]" in refused.stderr
