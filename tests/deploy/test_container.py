"""The Dockerfile and the compose file, checked without an engine: schemas, references, commands that exist."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from jinguo.services import part
from libs.service.settings import ServiceSettings
from services import SERVICES
from services.console.settings import ConsoleSettings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DOCKERFILE = ROOT / "Dockerfile"
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    """The file with its merges resolved."""
    return dict(yaml.safe_load(COMPOSE.read_text(encoding="utf-8")))


def test_the_compose_file_fits_the_specification() -> None:
    command = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_check_of_the_compose_file_bites(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    broken.write_text(COMPOSE.read_text(encoding="utf-8").replace("restart: unless-stopped", "restrat: always", 1))
    command = [BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", broken]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def dangling(compose: dict[str, Any]) -> list[str]:
    """References of services to services, volumes, secrets and configs that are not declared."""
    missing = []
    for name, service in compose["services"].items():
        wanted = {
            "services": list(service.get("depends_on", ())),
            "secrets": [each if isinstance(each, str) else each["source"] for each in service.get("secrets", ())],
            "configs": [each if isinstance(each, str) else each["source"] for each in service.get("configs", ())],
            "volumes": [each.split(":")[0] for each in service.get("volumes", ()) if not each.startswith((".", "/"))],
        }
        for kind, names in wanted.items():
            missing += [f"{name}: {kind}.{each}" for each in names if each not in compose.get(kind, {})]
    return missing


def test_everything_the_compose_file_refers_to_is_in_it(compose: dict[str, Any]) -> None:
    assert dangling(compose) == []


def test_a_dangling_reference_is_found(compose: dict[str, Any]) -> None:
    broken = {**compose, "volumes": {}}
    assert "postgres: volumes.postgres" in dangling(broken)


def test_postgresql_and_kafka_are_there(compose: dict[str, Any]) -> None:
    images = [service["image"] for service in compose["services"].values()]
    assert any(image.startswith("postgres:18") for image in images)
    assert any(image.startswith("apache/kafka:4") for image in images)


def test_each_service_has_one_process_per_role(compose: dict[str, Any]) -> None:
    commands = {
        tuple(service["command"]) for service in compose["services"].values() if service["image"] == "jinguo:local"
    }
    expected = {(f"services.{name}", role) for name in SERVICES for role in ("api", "worker")}
    assert commands == expected | {("services.console", "api")}


def test_every_command_of_the_compose_file_can_be_run(compose: dict[str, Any]) -> None:
    modules = {service["command"][0] for service in compose["services"].values() if service["image"] == "jinguo:local"}
    for module in sorted(modules):
        done = subprocess.run([sys.executable, "-m", module], capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert f"usage: python -m {module}" in done.stderr, done.stderr


@pytest.mark.parametrize("settings", [*(part(name).settings for name in SERVICES), ConsoleSettings])
def test_every_variable_of_the_compose_file_is_a_setting(
    compose: dict[str, Any], settings: type[ServiceSettings]
) -> None:
    prefix = settings.model_config["env_prefix"]
    variables = {name for service in compose["services"].values() for name in service.get("environment", {})}
    ours = {name.removeprefix(prefix).lower() for name in variables if name.startswith(prefix)}
    assert {"dsn", "host"} <= ours <= set(settings.model_fields)


def test_our_processes_run_without_rights_they_do_not_need(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        if service["image"] == "jinguo:local":
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_dockerfile_is_clean() -> None:
    done = subprocess.run([BIN / "hadolint", DOCKERFILE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_is_built_from_the_lock_and_runs_as_nobody_in_particular() -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    stages = text.split("\nFROM ")
    assert len(stages) >= 3
    assert "--require-hashes -r requirements.txt" in text
    assert "USER 10001:10001" in stages[-1]


def test_the_files_the_image_copies_are_not_ignored() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in DOCKERFILE.read_text(encoding="utf-8").splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert source.removeprefix("./") in allowed, source
                assert (ROOT / source).exists(), source
