"""Every metric of the kernel: name, unit, meaning, attributes. The tables of the documentation are checked against it.

Names follow OpenTelemetry: lower case, dots between namespaces, no unit in the name. Those of messaging come from the
semantic conventions where they exist. Attributes name a service, a reader, a kind of event or error: never a person.
"""

from dataclasses import dataclass
from typing import Final, Literal

SERVICE: Final = "jinguo.service"
READER: Final = "jinguo.reader"
EVENT_TYPE: Final = "jinguo.event.type"
ERROR_TYPE: Final = "error.type"
SYSTEM: Final = "messaging.system"
OPERATION: Final = "messaging.operation.name"
DESTINATION: Final = "messaging.destination.name"
BATCH_COUNT: Final = "messaging.batch.message_count"
GROUP: Final = "messaging.consumer.group.name"

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Bounds of the conventions for short operations."""
LATENCIES: Final = (*SECONDS, 30.0, 60.0, 300.0, 3_600.0)
"""From a lone event's way to a promise of 60 s, and what a stopped reader has to make up for."""
PROMISED: Final = 60.0
"""Seconds from recording to a read model that are promised for all but one event of a thousand."""
SIZES: Final = (1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000, 5_000, 10_000, 100_000, 1_000_000)

Kind = Literal["counter", "histogram", "gauge"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One instrument. `bounds` are the upper limits of a histogram's buckets."""

    name: str
    kind: Kind
    unit: str
    description: str
    attributes: tuple[str, ...]
    bounds: tuple[float, ...] = ()


_OF_READER: Final = (SERVICE, READER)
_MESSAGING: Final = (SYSTEM, OPERATION, DESTINATION)

APPENDED: Final = Metric(
    "jinguo.append.events", "counter", "{event}", "Events appended to the private log.", (SERVICE, EVENT_TYPE)
)
CONFLICTS: Final = Metric(
    "jinguo.append.conflicts", "counter", "{conflict}", "Appends refused: the stream had moved on.", (SERVICE,)
)
COMMAND_DURATION: Final = Metric(
    "jinguo.command.duration",
    "histogram",
    "s",
    "A command from load to commit, its retries included.",
    (SERVICE, ERROR_TYPE),
    SECONDS,
)
PUBLISHED: Final = Metric(
    "jinguo.publish.records", "counter", "{record}", "Records added to the published log.", (SERVICE,)
)
HANDLED: Final = Metric(
    "jinguo.reader.events", "counter", "{event}", "Events a reader has passed, each once, after commit.", _OF_READER
)
LATENCY: Final = Metric(
    "jinguo.reader.latency",
    "histogram",
    "s",
    "From the recording of a page's oldest event to the commit that applied it.",
    _OF_READER,
    LATENCIES,
)
LATE: Final = Metric(
    "jinguo.reader.late.events",
    "counter",
    "{event}",
    "Events applied more than 60 s after their recording.",
    _OF_READER,
)
WINDOW_SIZE: Final = Metric(
    "jinguo.reader.window.size", "histogram", "{event}", "Events in a window when it was opened.", _OF_READER, SIZES
)
PAGE_DURATION: Final = Metric(
    "jinguo.reader.page.duration", "histogram", "s", "Transaction of one page of a cursor.", _OF_READER, SECONDS
)
ERRORS: Final = Metric(
    "jinguo.reader.errors",
    "counter",
    "{error}",
    "Failures of a reader; each but a fork is tried again.",
    (*_OF_READER, ERROR_TYPE),
)
LAG_EVENTS: Final = Metric(
    "jinguo.reader.lag.events", "gauge", "{event}", "Events not yet handled; beyond 10,000 an estimate.", _OF_READER
)
LAG_TIME: Final = Metric(
    "jinguo.reader.lag.time", "gauge", "s", "Age of the oldest event that is not yet handled.", _OF_READER
)
FAILING: Final = Metric(
    "jinguo.reader.failing", "gauge", "{reader}", "1 while a reader stands still because of an error.", _OF_READER
)
FORKS: Final = Metric(
    "jinguo.reader.forks", "gauge", "{fork}", "1 while a consumer has stopped for good at a fork.", _OF_READER
)
HOLES: Final = Metric(
    "jinguo.reader.holes", "gauge", "{partition}", "Partitions held back until a missing record arrives.", _OF_READER
)
PARKED: Final = Metric("jinguo.reader.parked", "gauge", "{event}", "Events parked for a person to decide.", _OF_READER)
TAKEOVERS: Final = Metric(
    "jinguo.lease.takeovers", "counter", "{takeover}", "Times this process became the owner of the cursors.", (SERVICE,)
)
REBUILD_PROGRESS: Final = Metric(
    "jinguo.rebuild.progress", "gauge", "1", "Share of the history that a rebuild has read.", _OF_READER
)
WRITE_TRANSACTION_AGE: Final = Metric(
    "jinguo.log.write_transaction.age",
    "gauge",
    "s",
    "Age of the oldest open transaction that has written: readers see its events only when it ends.",
    (SERVICE,),
)
SNAPSHOT_AGE: Final = Metric(
    "jinguo.log.snapshot.age",
    "gauge",
    "{transaction}",
    "Transactions since the oldest snapshot still held: row versions since then cannot be cleaned.",
    (SERVICE,),
)
CONSUMED: Final = Metric(
    "messaging.client.consumed.messages",
    "counter",
    "{message}",
    "Records a transport delivered to a consumer, repeated ones included.",
    (*_MESSAGING, GROUP),
)
PROCESS_DURATION: Final = Metric(
    "messaging.process.duration",
    "histogram",
    "s",
    "Transaction of one batch of a consumer.",
    (*_MESSAGING, GROUP),
    SECONDS,
)
SENT: Final = Metric(
    "messaging.client.sent.messages", "counter", "{message}", "Records the forwarder sent to the broker.", _MESSAGING
)
SEND_DURATION: Final = Metric(
    "messaging.client.operation.duration",
    "histogram",
    "s",
    "One send of the forwarder until the broker has acknowledged it.",
    _MESSAGING,
    SECONDS,
)

METRICS: Final = tuple(value for value in tuple(globals().values()) if isinstance(value, Metric))


def prometheus_name(metric: Metric) -> str:
    """As the Prometheus endpoint shows it, without the suffixes of a histogram's series."""
    units = {"s": "_seconds", "1": "_ratio"}
    name = metric.name.replace(".", "_") + units.get(metric.unit, "")
    return f"{name}_total" if metric.kind == "counter" else name
