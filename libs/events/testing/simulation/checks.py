"""What must hold when a run has healed: everything that was written arrived everywhere, once and in order."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

from libs.events.partition import partition_of
from libs.events.publisher import event_id_of
from libs.events.testing.simulation import topic_checks
from libs.events.testing.simulation.broker import Broker
from libs.events.testing.simulation.clients import Request
from libs.events.testing.simulation.database import Database
from libs.events.testing.simulation.table import Values

Sums = dict[UUID, tuple[int, int]]


def converged(source: Database, target: Database, broker: Broker | None) -> bool:
    """Whether there is nothing left to do: a quick look at counts."""
    log = source.tables["events"].committed()
    told, kept = source.tables["published"].committed(), target.tables["kept"].committed()
    if not len(log) == len(told) == len(kept):
        return False
    if broker is not None and len(topic_checks.sent(broker)) != len(told):
        return False
    return all(
        sum(row["count"] for row in database.tables["tally"].committed()) == len(log) for database in (source, target)
    )


def violations(source: Database, target: Database, requests: Sequence[Request]) -> Iterator[str]:
    """Every guarantee that does not hold, in words."""
    log = sorted(source.tables["events"].committed(), key=lambda row: row["position"])
    told = sorted(source.tables["published"].committed(), key=lambda row: row["number"])
    kept = sorted(target.tables["kept"].committed(), key=lambda row: row["recorded"])
    yield from _streams(log)
    yield from _published(log, told)
    yield from _kept(told, kept, target)
    yield from _tallies(log, source, "projection")
    yield from _tallies(log, target, "consumer")
    yield from _commands(log, requests)


def _streams(log: Sequence[Values]) -> Iterator[str]:
    streams: dict[UUID, list[int]] = {}
    for row in log:
        streams.setdefault(row["stream_id"], []).append(row["version"])
    for stream, versions in streams.items():
        if versions != list(range(1, len(versions) + 1)):
            yield f"stream {stream} has the versions {versions} in the order of positions"


def _published(log: Sequence[Values], told: Sequence[Values]) -> Iterator[str]:
    if [row["number"] for row in told] != list(range(1, len(told) + 1)):
        yield f"published numbers are {[row['number'] for row in told]}"
    expected = Counter(event_id_of(row["event_id"], 0) for row in log)
    found = Counter(row["event_id"] for row in told)
    if expected != found:
        yield f"events and published differ: {len(expected - found)} lost, {len(found - expected)} too many"
    before: dict[int, int] = {}
    for row in told:
        if row["partition"] != partition_of(row["key"]) or row["previous"] != before.get(row["partition"], 0):
            yield f"the chain breaks at number {row['number']}"
        before[row["partition"]] = row["number"]
    yield from _per_key("published", ((row["key"], row["data"]["n"]) for row in told))


def _kept(told: Sequence[Values], kept: Sequence[Values], target: Database) -> Iterator[str]:
    if [row["recorded"] for row in kept] != list(range(1, len(kept) + 1)):
        yield f"recorded numbers are {[row['recorded'] for row in kept]}"
    expected, found = Counter(row["event_id"] for row in told), Counter(row["event_id"] for row in kept)
    if expected != found:
        yield f"published and kept differ: {len(expected - found)} lost, {len(found - expected)} too many"
    yield from _per_key("kept", ((row["key"], row["n"]) for row in kept))
    made = {version.values["recorded"]: version.made_by for version in target.tables["kept"].versions}
    commits = [target.transactions.committed[made[row["recorded"]]] for row in kept]
    if any(a > b for a, b in pairwise(commits)):
        yield "recorded numbers are not in the order of commits"


def _tallies(log: Sequence[Values], database: Database, place: str) -> Iterator[str]:
    expected: dict[UUID, tuple[int, int]] = {}
    for row in log:
        count, total = expected.get(row["stream_id"], (0, 0))
        expected[row["stream_id"]] = count + 1, total + row["body"]["amount"]
    rows = [row for row in database.tables["tally"].committed() if row["place"] == place]
    if {row["stream"]: (row["count"], row["total"]) for row in rows} != expected:
        yield f"the sums of the {place} are not those of the log"
    if any(row["broken"] for row in rows):
        yield f"the {place} saw a stream out of order"


def _commands(log: Sequence[Values], requests: Sequence[Request]) -> Iterator[str]:
    present = Counter(row["about"].get("command_id") for row in log)
    ids = {row["event_id"] for row in log}
    for request in requests:
        expected = 0 if request.refused else len(request.put.amounts)
        if present[str(request.command_id)] != expected:
            yield f"command {request.command_id} left {present[str(request.command_id)]} events, not {expected}"
        if len(set(request.bodies)) > 1:
            yield f"command {request.command_id} was answered in several ways: {request.bodies}"
        if request.refused and request.bodies:
            yield f"command {request.command_id} was answered and refused"
        if not ids.issuperset(request.event_ids):
            yield f"command {request.command_id} was acknowledged and is not in the log"


def _per_key(what: str, rows: Any) -> Iterator[str]:
    last: dict[UUID, int] = {}
    for key, n in rows:
        if n != last.get(key, 0) + 1:
            yield f"{what}: {n} follows {last.get(key, 0)} of key {key}"
        last[key] = n
