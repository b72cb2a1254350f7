"""Measures the kernel by the OpenTelemetry API alone. Without instruments every call returns at once.

A composition root that has configured an SDK makes `Instruments` of its meter and hands them to each `Runtime`.
Gauges are read from the last status that a runtime's watch asked for, never by a query of the scraper.
"""

import time
from collections import Counter as Counts
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from opentelemetry.metrics import CallbackOptions, Counter, Histogram, Meter, Observation

from libs.events import metric_names as names
from libs.events.metric_names import METRICS, Metric
from libs.events.types import Clock

Attributes = dict[str, str]
Reading = tuple[float, Attributes]  # a gauge's value and what it belongs to


class Watched(Protocol):
    """What gauges are read from, by the thread that collects: it must answer from memory."""

    def readings(self, metric: Metric) -> Iterable[Reading]:
        """The present values of a gauge; none when they are not known."""


class Instruments:
    """All instruments of the kernel on one meter; one for all services of a process."""

    def __init__(self, meter: Meter, clock: Clock) -> None:
        """Names, units and bounds come from `metric_names`; by `clock` the age of an event is told."""
        self.clock = clock
        self._counters: dict[Metric, Counter] = {}
        self._histograms: dict[Metric, Histogram] = {}
        self._watched: tuple[Watched, ...] = ()
        for metric in METRICS:
            about = {"unit": metric.unit, "description": metric.description}
            match metric.kind:
                case "counter":
                    self._counters[metric] = meter.create_counter(metric.name, **about)
                case "histogram":
                    bounds = metric.bounds
                    self._histograms[metric] = meter.create_histogram(
                        metric.name, **about, explicit_bucket_boundaries_advisory=bounds
                    )
                case "gauge":
                    meter.create_observable_gauge(metric.name, callbacks=[partial(self._observe, metric)], **about)

    def count(self, metric: Metric, amount: int, attributes: Attributes) -> None:
        """Add to a counter."""
        self._counters[metric].add(amount, attributes)

    def record(self, metric: Metric, value: float, attributes: Attributes) -> None:
        """Add a value to a histogram."""
        self._histograms[metric].record(value, attributes)

    def watch(self, watched: Watched) -> None:
        """Read gauges from it, too."""
        self._watched = (*self._watched, watched)

    def forget(self, watched: Watched) -> None:
        """The reverse of `watch`."""
        self._watched = tuple(each for each in self._watched if each is not watched)

    def _observe(self, metric: Metric, _options: CallbackOptions) -> Iterator[Observation]:
        for watched in self._watched:
            for value, attributes in watched.readings(metric):
                yield Observation(value, attributes)


@dataclass(frozen=True, slots=True)
class Metrics:
    """What one service measures; silent without instruments."""

    service: str
    instruments: Instruments | None

    @contextmanager
    def command(self) -> Iterator[None]:
        """Time a command; a refusal or failure is told by its kind."""
        if self.instruments is None:
            yield
            return
        attributes = {names.SERVICE: self.service}
        began = time.perf_counter()
        try:
            yield
        except BaseException as error:
            attributes[names.ERROR_TYPE] = type(error).__name__
            raise
        finally:
            self.instruments.record(names.COMMAND_DURATION, time.perf_counter() - began, attributes)

    def appended(self, types: Iterable[str]) -> None:
        """Events that were appended, by type."""
        if self.instruments is None:
            return
        for name, amount in Counts(types).items():
            self.instruments.count(names.APPENDED, amount, {names.SERVICE: self.service, names.EVENT_TYPE: name})

    def conflict(self) -> None:
        """An append was refused."""
        self._count(names.CONFLICTS)

    def taken_over(self) -> None:
        """This process became the owner of the cursors."""
        self._count(names.TAKEOVERS)

    def reader(self, name: str) -> "ReaderMetrics":
        """The same for one reader of the service."""
        return ReaderMetrics(self.instruments, {names.SERVICE: self.service, names.READER: name})

    def messaging(self, system: str, operation: str, destination: str, group: str = "") -> "Messaging":
        """For one way to or from a transport; `destination` is the publisher's name."""
        attributes = {names.SYSTEM: system, names.OPERATION: operation, names.DESTINATION: destination}
        return Messaging(self.instruments, attributes | ({names.GROUP: group} if group else {}))

    def _count(self, metric: Metric) -> None:
        if self.instruments is not None:
            self.instruments.count(metric, 1, {names.SERVICE: self.service})


@dataclass(frozen=True, slots=True)
class ReaderMetrics:
    """What one cursor or consumer measures."""

    instruments: Instruments | None
    attributes: Attributes

    def window(self, size: int) -> None:
        """A window was opened."""
        if self.instruments is not None:
            self.instruments.record(names.WINDOW_SIZE, size, self.attributes)

    def page(self, seconds: float, published: int) -> None:
        """A page was committed, with so many new numbers in the published log."""
        if self.instruments is None:
            return
        self.instruments.record(names.PAGE_DURATION, seconds, self.attributes)
        if published:
            self.instruments.count(names.PUBLISHED, published, {names.SERVICE: self.attributes[names.SERVICE]})

    def passed(self, recorded_at: Iterable[datetime]) -> None:
        """Events were committed just now, each once; when each was recorded.

        An SDK takes some 20 µs a value, so only the oldest is recorded; those beyond the promise are counted all.
        """
        if self.instruments is None:
            return
        recorded = list(recorded_at)
        if not recorded:
            return
        now, oldest = self.instruments.clock(), min(recorded)
        limit = now - timedelta(seconds=names.PROMISED)
        late = sum(at < limit for at in recorded) if oldest < limit else 0
        self.instruments.record(names.LATENCY, max(0.0, (now - oldest).total_seconds()), self.attributes)
        self.instruments.count(names.HANDLED, len(recorded), self.attributes)
        self.instruments.count(names.LATE, late, self.attributes)

    def failed(self, error: BaseException) -> None:
        """The reader could not go on; told by the kind of error only."""
        if self.instruments is not None:
            self.instruments.count(names.ERRORS, 1, self.attributes | {names.ERROR_TYPE: type(error).__name__})


@dataclass(frozen=True, slots=True)
class Messaging:
    """What goes through a transport, under the names of the semantic conventions."""

    instruments: Instruments | None
    attributes: Attributes

    def consumed(self, amount: int) -> None:
        """Records were delivered."""
        if self.instruments is not None and amount:
            self.instruments.count(names.CONSUMED, amount, self.attributes)

    def processed(self, seconds: float) -> None:
        """A batch was committed."""
        if self.instruments is not None:
            self.instruments.record(names.PROCESS_DURATION, seconds, self.attributes)

    def sent(self, amount: int, seconds: float) -> None:
        """Records were sent, and acknowledged after so long."""
        if self.instruments is not None:
            self.instruments.record(names.SEND_DURATION, seconds, self.attributes)
            self.instruments.count(names.SENT, amount, self.attributes)


SILENT = Metrics("", None)
