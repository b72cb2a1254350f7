"""What of a service's status a person should look at: one judgement for the health routes, the doctor and the page.

`jinguo.*` metrics carry the same figures; the rules for Prometheus use the same limits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from libs.events.status import ReaderStatus, RuntimeStatus

LAG_SECONDS: Final = 60.0
WRITE_SECONDS: Final = 60.0
SNAPSHOT_TRANSACTIONS: Final = 20_000
"""Half of what was seen to make a cursor four times slower."""

Code = Literal["forked", "hole", "stopped", "parked", "paused", "late", "write_transaction", "snapshot"]
GRAVE: Final[frozenset[Code]] = frozenset({"forked", "hole", "stopped"})
"""Nothing moves until somebody acts, or the cause goes away; the others are warnings."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not well; `reader` is None where it concerns the whole log. `detail` names nobody."""

    code: Code
    reader: str | None
    detail: str


def findings(status: RuntimeStatus, lag_seconds: float = LAG_SECONDS) -> tuple[Finding, ...]:
    """Everything that is not well, readers first; `lag_seconds` is how late a reader may be."""
    readers = (*status.cursors, *status.consumers)
    return (*(found for reader in readers for found in _of_reader(reader, lag_seconds)), *_of_log(status))


def _of_reader(reader: ReaderStatus, lag_seconds: float) -> Iterator[Finding]:
    if reader.error is not None:
        code: Code = "forked" if reader.forked else "hole" if reader.holes else "stopped"
        yield Finding(code, reader.name, reader.error)
    if reader.parked:
        yield Finding("parked", reader.name, f"{reader.parked} events")
    if reader.paused is not None:
        yield Finding("paused", reader.name, reader.paused)
    elif reader.error is None and reader.lag_seconds > lag_seconds:
        yield Finding("late", reader.name, f"{reader.lag_events} events, {reader.lag_seconds:.0f} s")


def _of_log(status: RuntimeStatus) -> Iterator[Finding]:
    if status.timers.error is not None:
        yield Finding("stopped", "timers", status.timers.error)
    log = status.log
    if log.write_transaction_seconds > WRITE_SECONDS:
        yield Finding("write_transaction", None, f"{log.write_transaction_seconds:.0f} s")
    if log.snapshot_transactions > SNAPSHOT_TRANSACTIONS:
        yield Finding("snapshot", None, f"{log.snapshot_transactions} transactions")
