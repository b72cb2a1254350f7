"""Checks of the running server through its own addresses: health, and what lags behind."""

import socket
from collections.abc import Iterator
from typing import Any

import httpx

from jinguo.doctor.check import Check, fail, ok, warn
from jinguo.folder import DataFolder, Running
from libs.events.findings import SNAPSHOT_TRANSACTIONS, WRITE_SECONDS
from services import SERVICES

_TIMEOUT = 5.0
_LAG_WARN = 10.0
_LAG_FAIL = 120.0
_GUIDE = "docs/how-to/when-something-is-wrong.md"


def server_checks(folder: DataFolder, port: int, transport: httpx.BaseTransport | None = None) -> Iterator[Check]:
    """The server that runs on the folder, or why none can be started."""
    running = folder.running()
    if running is None:
        if folder.is_owned():
            yield warn("server", "is starting or stopping", "look again in a few seconds")
        else:
            yield warn("server", "is stopped", f"jinguo up --data {folder.path}")
            yield free_port(port)
        return
    try:
        token = folder.token_file.read_text().strip()
    except OSError:
        token = ""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(
        base_url=running.url, headers=headers, timeout=_TIMEOUT, trust_env=False, transport=transport
    ) as http:
        yield from _ask(http, running)


def free_port(port: int) -> Check:
    """Somebody else may hold the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return warn("port", f"{port} is taken by another program", f"jinguo up --port {port + 1}")
    return ok("port", f"{port} is free")


def _ask(http: httpx.Client, running: Running) -> Iterator[Check]:
    try:
        http.get("/health/live").raise_for_status()
    except httpx.HTTPError as error:
        fix = f"see the terminal of jinguo (process {running.pid}); stop it with Ctrl-C and start it again"
        yield fail("server", f"{running.url} does not answer: {type(error).__name__}", fix)
        return
    yield ok("server", f"{running.url}, process {running.pid}, version {running.version}")
    for service in SERVICES:
        yield from _service(http, service)


def _service(http: httpx.Client, service: str) -> Iterator[Check]:
    try:
        answer = http.get(f"/{service}/v1/status")
        answer.raise_for_status()
        status = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        detail = (
            f"HTTP {error.response.status_code}" if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
        )
        yield fail(service, f"does not answer: {detail}", "PostgreSQL may be restarting: look again in a few seconds")
        return
    readers = list(_readers(status))
    yield from (reader_check(service, reader) for reader in readers)
    if not readers:
        yield ok(service, "answers")
    if "log" in status:
        yield log_check(service, status["log"])
    yield from (rebuild_check(service, rebuild) for rebuild in status.get("rebuilds", []))


def _readers(status: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Cursors, publisher and consumers, under whatever heading the status lists them; each has a name."""
    for part in status.values():
        if isinstance(part, list):
            yield from (item for item in part if isinstance(item, dict) and "name" in item)


def reader_check(service: str, reader: dict[str, Any]) -> Check:
    """One projection, publisher or consumer: stopped, late, or up to date."""
    name = f"{service}.{reader['name']}"
    stopped = _stopped(name, reader)
    if stopped:
        return stopped
    if reader.get("elsewhere") and reader.get("kind") == "consumer":
        return ok(name, f"read to {reader['position']}, not by this process: its lag is told where it runs")
    seconds = float(reader.get("lag_seconds") or 0)
    who = ", moved by another process" if reader.get("elsewhere") else ""
    text = f"{reader.get('lag_events') or 0} events, {seconds:.0f} s behind{_rate(reader)}{who}"
    if seconds > _LAG_FAIL:
        return fail(name, text, "is an import running? else restart jinguo and see its log")
    if seconds > _LAG_WARN:
        return warn(name, text, "is an import running? then wait; else restart jinguo")
    return ok(name, text)


def _stopped(name: str, reader: dict[str, Any]) -> Check | None:
    """What keeps a reader from going on, or waits for a person, with the next step."""
    error, parked = reader.get("error"), reader.get("parked")
    if error and reader.get("forked"):
        return fail(name, f"stopped for good: {error}", f"the publisher was restored or copied: see {_GUIDE}")
    if error and reader.get("holes"):
        return fail(name, f"waits: {error}", f"they are asked for again by themselves; if they stay away see {_GUIDE}")
    if error:
        return fail(name, f"stopped: {error}", f"it tries again by itself; if it stays so see {_GUIDE}")
    if reader.get("paused") is not None:
        return warn(name, f"paused: {reader['paused']}", f"jinguo consumer resume {reader['name']}")
    if parked:
        return warn(name, f"{parked} events are parked, the others flow", f"jinguo parked list {reader['name']}")
    return None


def rebuild_check(service: str, rebuild: dict[str, Any]) -> Check:
    """A version of a read model beside the serving one: how far it has come, or that it is kept."""
    name, passed, total = f"{service}.{rebuild['projection']}", int(rebuild["passed"]), int(rebuild["total"])
    if rebuild["state"] != "beside":
        return ok(name, f"version {rebuild['version']} is kept to go back to: jinguo projection drop {name}")
    share = f"{passed / total:.0%} of {total} events" if total else "not begun"
    return ok(name, f"version {rebuild['version']} is rebuilt beside: {share}, {rebuild['rate']:.0f} a second")


def _rate(reader: dict[str, Any]) -> str:
    rate = reader.get("rate")
    return f", {rate:.1f} a second" if rate else ""


def log_check(service: str, log: dict[str, Any]) -> Check:
    """What holds back the log's database: readers wait for open writes, and old snapshots make cursors slow."""
    name = f"{service}.log"
    seconds, held = float(log["write_transaction_seconds"]), int(log["snapshot_transactions"])
    text = f"oldest open write {seconds:.0f} s, oldest snapshot {held} transactions"
    if seconds > WRITE_SECONDS:
        return warn(name, f"{text}: its events are read when it ends", "end what `transactions` names above")
    if held > SNAPSHOT_TRANSACTIONS:
        return warn(name, f"{text}: cursors become slow", "end what `transactions` names above")
    return ok(name, text)
