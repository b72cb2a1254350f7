"""Partitions as Kafka counts them, traces, wakes, failpoints, and errors told without personal data."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID, uuid5

import asyncpg
import pytest
from jinja2 import TemplateNotFound
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from libs.events import failpoints, tracing
from libs.events.contract import PARTITIONS
from libs.events.partition import murmur2, partition_of
from libs.events.pool import is_lost
from libs.events.publisher import event_id_of
from libs.events.status import describe
from libs.events.wake import LONGEST, Patience, Pulse, published_pulse, until
from libs.values.errors import Refused

ROOT = Path(__file__).resolve().parents[3]
HEADER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    ("data", "signed"),
    [  # the vectors of Kafka's own UtilsTest
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_is_kafkas(data: bytes, signed: int) -> None:
    assert murmur2(data) == signed & 0xFFFFFFFF


def test_a_key_lies_in_the_partition_in_which_kafka_puts_its_text() -> None:
    key = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    assert partition_of(key) == (murmur2(str(key).encode()) & 0x7FFFFFFF) % 24
    assert {partition_of(UUID(int=n)) for n in range(2_000)} == set(range(PARTITIONS))


def test_a_published_record_has_the_same_id_whenever_it_is_computed() -> None:
    private = UUID(int=5)
    assert event_id_of(private, 0) == uuid5(private, "0") != event_id_of(private, 1)


def test_a_traceparent_names_its_span() -> None:
    context = tracing.parse(HEADER)
    assert context is not None
    assert f"{context.trace_id:032x}" in HEADER
    assert context.is_remote


@pytest.mark.parametrize(
    "header", ["", "00-1-2", "00-xyz-1-01", "00-00000000000000000000000000000000-0000000000000000-01"]
)
def test_a_malformed_traceparent_is_no_span(header: str) -> None:
    assert tracing.parse(header) is None


def test_without_an_sdk_nothing_is_traced() -> None:
    with tracing.span("events.load", [HEADER, HEADER, None]):
        assert tracing.traceparent() is None


def test_a_page_is_linked_to_the_requests_that_caused_it(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    headers = [HEADER, HEADER, None, "junk", *(HEADER.replace("b7ad6b", f"{n:06x}") for n in range(1, 60))]
    with tracing.span("events.page", headers, reader="tally"):
        mine = tracing.traceparent()
    (span,) = exporter.get_finished_spans()
    assert span.attributes == {"jinguo.reader": "tally"}
    assert len(span.links) == 31  # at most 32 looked at, the malformed one among them
    assert mine is not None
    assert tracing.parse(mine) is not None


def test_a_failed_span_tells_the_kind_of_error_and_not_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing, "_tracer", provider.get_tracer("test"))
    with pytest.raises(ValueError, match="canary"), tracing.span("events.append"):
        raise ValueError("canary")
    (span,) = exporter.get_finished_spans()
    assert span.status.status_code.name == "ERROR"
    assert span.attributes == {"error.type": "ValueError"}
    assert "canary" not in span.to_json()


async def test_a_pulse_wakes_who_waits_and_is_not_missed() -> None:
    pulse = Pulse()
    waiting = asyncio.create_task(pulse.after(0, 60))
    await asyncio.sleep(0)
    pulse.beat()
    assert await waiting == 1
    assert await pulse.after(0, 60) == 1
    assert await pulse.after(1, 0.001) == 1


def test_a_pulse_outlives_event_loops() -> None:
    pulse = Pulse()

    async def begin() -> None:
        pulse._waiting.add(asyncio.get_running_loop().create_future())
        assert await pulse.after(pulse.count, 0.001) == pulse.count

    asyncio.run(begin())
    pulse.beat()
    asyncio.run(begin())


async def test_waiting_ends_at_its_time() -> None:
    async def never() -> bool:
        return False

    assert not await until(never, Pulse(), 0.01)


def test_patience_grows_and_begins_anew() -> None:
    patience = Patience()
    for _ in range(20):
        patience.nothing()
    assert patience.seconds == LONGEST
    patience.found()
    assert patience.seconds == 0.002


def test_readers_of_one_database_share_a_pulse_whatever_their_role() -> None:
    one = published_pulse("postgresql://postgres@/registry?host=/tmp/a")
    assert one is published_pulse("postgresql://registry_feed:secret@/registry?host=/tmp/a")
    assert one is not published_pulse("postgresql://postgres@/training?host=/tmp/a")


def test_errors_of_others_are_told_by_their_kind_alone() -> None:
    assert describe(ValueError("杨花 522634198804256703")) == "ValueError"
    assert describe(Refused("x.y", "the tally is shut")) == "Refused: the tally is shut"


def test_a_failpoint_that_is_not_armed_does_nothing() -> None:
    survived = [point for point in failpoints.POINTS if failpoints.passing(point) is None]
    assert survived == list(failpoints.POINTS)


def test_an_armed_failpoint_kills_at_its_nth_passing() -> None:
    program = (
        "from libs.events.failpoints import passing\nfor n in range(3): print(n, flush=True); passing('page.locked')"
    )
    environment = os.environ | {"JINGUO_FAILPOINT": "page.locked:2", "JINGUO_FAILPOINT_ACTION": "kill"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.split()) == (-signal.SIGKILL, ["0", "1"])


def test_a_failpoint_that_does_not_exist_is_refused() -> None:
    environment = os.environ | {"JINGUO_FAILPOINT": "page.lokced"}
    command = [sys.executable, "-c", "import libs.events.failpoints"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no such point" in done.stderr


@pytest.mark.parametrize(("setting", "sent"), [("kill", signal.SIGKILL), ("stop", signal.SIGSTOP)])
def test_a_failpoint_sends_its_signal_once(monkeypatch: pytest.MonkeyPatch, setting: str, sent: int) -> None:
    signals: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: signals.append((pid, number)))
    monkeypatch.setattr(failpoints, "_armed", "page.stored")
    monkeypatch.setattr(failpoints, "_left", 2)
    monkeypatch.setattr(failpoints, "_signal", signal.SIGSTOP if setting == "stop" else signal.SIGKILL)
    for _ in range(4):
        failpoints.passing("page.locked")
        failpoints.passing("page.stored")
    assert signals == [(os.getpid(), sent)]


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (ConnectionRefusedError(), True),
        (TimeoutError(), True),
        (asyncpg.CannotConnectNowError(), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.InterfaceError("wrong number of arguments"), False),
        (asyncpg.UniqueViolationError(), False),
    ],
)
def test_an_outage_is_told_from_a_mistake(error: Exception, lost: bool) -> None:
    assert is_lost(error) == lost


def test_a_librarys_error_that_happens_to_be_an_oserror_is_no_lost_database() -> None:
    assert not is_lost(TemplateNotFound("page.html"))
    assert is_lost(ConnectionRefusedError())
    assert is_lost(TimeoutError())
    assert is_lost(OSError(104, "reset"))
