"""A service in two processes of its own: one answers, the other moves its readers, and both end when told to."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import OKPKey

from libs.access.policy import scopes_of
from libs.access.principal import Principal
from libs.access.tokens import Issuer
from libs.events.wake import Pulse, until
from libs.service.clock import system_clock, system_ids
from libs.values.division import NATION
from services.registry.worker import MIGRATIONS as REGISTRY
from tests.conftest import KERNEL, MakeDatabase
from tests.integration.training.test_courses import COURSE
from tests.support.keys import KEYED

ROOT = Path(__file__).resolve().parents[3]
END_LIMIT = 20


@pytest.fixture
def issuer() -> Issuer:
    return Issuer(OKPKey.generate_key("Ed25519", private=True), clock=system_clock, ids=system_ids)


@pytest.fixture
async def settings(make_database: MakeDatabase, keys_dsn: str, issuer: Issuer, tmp_path: Path) -> dict[str, str]:
    """Training's, with a port that is free."""
    keys = tmp_path / "keys.json"
    keys.write_text(json.dumps(issuer.jwks()))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    return {
        "TRAINING_DSN": await make_database(KERNEL),
        "TRAINING_KEYS_DSN": keys_dsn,
        "TRAINING_MASTER_KEY": "6d" * 32,
        "TRAINING_PUBLIC_KEYS": str(keys),
        "TRAINING_REGISTRY_DSN": await make_database(REGISTRY),
        "TRAINING_PORT": port,
    }


@contextmanager
def running(role: str, settings: dict[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """A process of training; told to end at the end, and then it does."""
    command = [sys.executable, "-m", "services.training", role]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, **settings}, **pipes) as process:
        try:
            yield process
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=END_LIMIT)
            assert process.returncode in (0, -signal.SIGTERM), said
            assert "Traceback" not in said
            assert all(json.loads(line) for line in said.splitlines()), "logs are JSON"
        finally:
            process.kill()


async def test_one_process_answers_and_another_moves_the_readers(settings: dict[str, str], issuer: Issuer) -> None:
    everybody = Principal("a", "所有者", "owner", NATION, scopes_of("owner"))
    headers = {"Authorization": f"Bearer {issuer.user_token(everybody)}"}
    address = f"http://127.0.0.1:{settings['TRAINING_PORT']}"
    moved: dict[str, bool] = {}
    with running("api", settings), running("worker", settings):
        async with httpx.AsyncClient(base_url=address, headers=headers, trust_env=False, event_hooks=KEYED) as client:

            async def answers() -> bool:
                try:
                    return (await client.get("/health/ready")).status_code == 200
                except httpx.HTTPError:
                    return False

            async def moved_elsewhere() -> bool:
                status = (await client.get("/v1/status")).raise_for_status().json()
                readers = [*status["cursors"], *status["consumers"]]
                moved.update({each["name"]: each["elsewhere"] and not each["lag_events"] for each in readers})
                return all(moved.values())

            assert await until(answers, Pulse(), 60)
            (await client.post("/v1/courses", json=COURSE)).raise_for_status()
            assert await until(moved_elsewhere, Pulse(), 30), moved
    assert {"publisher", "projection.courses", "process.training.waitlist", "training.registry"} <= set(moved)


@pytest.mark.parametrize(
    ("arguments", "missing", "words"),
    [((), "", "usage: python -m services.training api|worker"), (("api",), "TRAINING_PUBLIC_KEYS", "issuer's public")],
)
def test_what_is_wrong_is_said_in_a_sentence(
    settings: dict[str, str], arguments: tuple[str, ...], missing: str, words: str
) -> None:
    known = {name: value for name, value in settings.items() if name != missing}
    done = subprocess.run(
        [sys.executable, "-m", "services.training", *arguments],
        cwd=ROOT, env={**os.environ, **known}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert words in done.stderr
    assert missing in done.stderr
    assert "Traceback" not in done.stderr
