"""A real Keycloak on this machine, fetched by Maven, with the realm of deploy/keycloak; and a person with a browser."""

import base64
import hashlib
import html
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pyotp

from tests.support.cached import cached

VERSION = "26.7.3"
FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "keycloak"
REALM: dict[str, Any] = json.loads((FOLDER / "realm.json").read_text(encoding="utf-8"))
CALLBACK = "https://jinguo.example/callback"
PASSWORD = "苗岭山下有十二个寨子"
PERIOD = 30  # seconds of a one-time code
START_LIMIT = 600.0  # seconds: at its first start it builds itself
FETCH_LIMIT = 900
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"


class Keycloak:
    """The running server and its administrator."""

    def __init__(self, http: httpx.Client, password: str) -> None:
        self.http = http
        self._password = password
        self._realm = f"/admin/realms/{REALM['realm']}"

    @property
    def issuer(self) -> str:
        return f"{str(self.http.base_url).rstrip('/')}/realms/{REALM['realm']}"

    def admin(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask the administrator's API about our realm."""
        form = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": self._password}
        token = self.http.post("/realms/master/protocol/openid-connect/token", data=form).raise_for_status().json()
        headers = {"Authorization": f"Bearer {token['access_token']}"}
        answer = self.http.request(method, self._realm + path, json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer

    def secret(self, client: str) -> str:
        """A new secret of one of the realm's clients."""
        (found,) = [each for each in self.admin("GET", "/clients").json() if each["clientId"] == client]
        made: str = self.admin("POST", f"/clients/{found['id']}/client-secret").json()["value"]
        return made

    def person(self, role: str, division: str) -> "Person":
        """Somebody with a password, who has no second factor yet."""
        username = f"person-{secrets.token_hex(3)}"
        user = {
            "username": username, "enabled": True, "firstName": "秀兰", "lastName": "杨",
            "attributes": {"jinguo_division": [division]},
            "credentials": [{"type": "password", "value": PASSWORD, "temporary": False}],
        }  # fmt: skip
        path = self.admin("POST", "/users", user).headers["Location"].partition(self._realm)[2]
        self.admin("POST", f"{path}/role-mappings/realm", [self.admin("GET", f"/roles/{role}").json()])
        return Person(self, username)

    def partner_token(self, scope: str) -> str:
        """What the partner's program gets."""
        form = {"grant_type": "client_credentials", "scope": scope}
        return self.token(form, ("partner-example", self.secret("partner-example")))

    def token(self, form: dict[str, str], client: tuple[str, str]) -> str:
        """An access token of the token endpoint."""
        answer = self.http.post(f"{self.issuer}/protocol/openid-connect/token", data=form, auth=client)
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token


class Person:
    """Signs in with a browser: password, one-time digits, code with PKCE."""

    def __init__(self, keycloak: Keycloak, username: str) -> None:
        self._keycloak = keycloak
        self._username = username
        self._secret = ""
        self._app = keycloak.secret("jinguo-app")
        self._used = 0

    def token(self, scope: str) -> str:
        """Sign in anew; at the first time the second factor is set up."""
        verifier = secrets.token_urlsafe(48)
        hashed = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        asked = {
            "client_id": "jinguo-app", "response_type": "code", "redirect_uri": CALLBACK, "state": "s",
            "scope": f"openid {scope}", "code_challenge": hashed, "code_challenge_method": "S256",
        }  # fmt: skip
        code = self._browse(f"{self._keycloak.issuer}/protocol/openid-connect/auth", asked)
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": verifier}
        return self._keycloak.token(form, ("jinguo-app", self._app))

    def _browse(self, url: str, asked: dict[str, str]) -> str:
        with httpx.Client(timeout=120, trust_env=False) as browser:
            page = browser.get(url, params=asked)
            for _ in range(8):
                for cookie in browser.cookies.jar:
                    cookie.secure = False  # as browsers treat this machine
                target = page.headers.get("location", "")
                if target.startswith(CALLBACK):
                    return dict(parse_qsl(urlsplit(target).query))["code"]
                if target:
                    page = browser.get(target)
                else:
                    action, data = self._filled(page)
                    page = browser.post(action, data=data)
        raise AssertionError(f"no code after eight pages: {page.text[:2000]}")

    def _filled(self, page: httpx.Response) -> tuple[str, dict[str, str]]:
        """Where the form of a page goes, and what this person writes into it."""
        form = re.search(r'<form[^>]*action="([^"]+)"', page.text)
        assert page.status_code == 200, page.text[:2000]
        assert form is not None, page.text[:2000]
        if new := re.search(r'name="totpSecret" value="([^"]+)"', page.text):
            self._secret = base64.b32encode(new[1].encode()).decode().rstrip("=")
            data = {"totp": self._digits(), "totpSecret": new[1], "userLabel": "phone"}
        elif 'name="otp"' in page.text:
            data = {"otp": self._digits()}
        else:
            data = {"username": self._username, "password": PASSWORD}
        return html.unescape(form[1]), data

    def _digits(self) -> str:
        """Six digits of a period of which none were used: no provider takes them twice."""
        while int(time.time()) // PERIOD <= self._used:
            time.sleep(0.2)  # digits change with the clock of the provider, which is the machine's
        self._used = int(time.time()) // PERIOD
        return pyotp.TOTP(self._secret).at(self._used * PERIOD)


@contextmanager
def keycloak(folder: Path) -> Iterator[Keycloak]:
    """Start it on a free port with the realm imported, and stop it."""
    home, password = folder / "keycloak", secrets.token_urlsafe(16)
    shutil.copytree(cached(f"keycloak-{VERSION}", _fetch), home)
    (home / "data" / "import").mkdir(parents=True)
    shutil.copy(FOLDER / "realm.json", home / "data" / "import")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        "bash",
        home / "bin" / "kc.sh",
        "start-dev",
        "--http-host=127.0.0.1",
        f"--http-port={port}",
        "--import-realm",
    ]
    env = {**os.environ, "KC_BOOTSTRAP_ADMIN_USERNAME": "admin", "KC_BOOTSTRAP_ADMIN_PASSWORD": password}
    log = folder / "keycloak.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=env, start_new_session=True)
    try:
        url = f"http://127.0.0.1:{port}"
        _await(process, url, log)
        with httpx.Client(base_url=url, timeout=120, trust_env=False) as http:
            yield Keycloak(http, password)
    finally:
        os.killpg(process.pid, signal.SIGKILL)  # nothing of it is kept
        process.wait(60)


def _await(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    end = time.monotonic() + START_LIMIT
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            if httpx.get(f"{url}/realms/{REALM['realm']}", trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            time.sleep(0.5)  # until it listens
    raise AssertionError(f"Keycloak did not start: {log.read_text(errors='replace')[-3000:]}")


def _fetch(work: Path) -> Path:
    """The distribution by Maven, unpacked."""
    artifact = f"-Dartifact=org.keycloak:keycloak-quarkus-dist:{VERSION}:zip"
    subprocess.run(["mvn", "-q", "-B", COPY, artifact, f"-DoutputDirectory={work}"], check=True, timeout=FETCH_LIMIT)
    with zipfile.ZipFile(work / f"keycloak-quarkus-dist-{VERSION}.zip") as packed:
        packed.extractall(work)
    return work / f"keycloak-{VERSION}"
