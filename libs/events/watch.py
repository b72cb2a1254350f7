"""Asks a runtime for its status every few seconds, so that gauges can be read from memory at any moment.

Runs only where there are instruments. When the database does not answer, what only it knows is not shown at all;
that readers stand still is known without it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

from libs.events import metric_names as names
from libs.events.metric_names import Metric
from libs.events.metrics import Reading
from libs.events.status import ReaderStatus, RuntimeStatus, describe

_OF_READER: Mapping[Metric, Callable[[ReaderStatus], float]] = {
    names.LAG_EVENTS: lambda reader: reader.lag_events,
    names.LAG_TIME: lambda reader: reader.lag_seconds,
    names.FORKS: lambda reader: reader.forked,
    names.HOLES: lambda reader: reader.holes,
    names.PARKED: lambda reader: reader.parked,
}
_OF_SERVICE: Mapping[Metric, Callable[[RuntimeStatus], float]] = {
    names.WRITE_TRANSACTION_AGE: lambda status: status.log.write_transaction_seconds,
    names.SNAPSHOT_AGE: lambda status: status.log.snapshot_transactions,
}

_log = logging.getLogger("jinguo.events")


class Watch:
    """The last status of one runtime; see `libs.events.metrics.Watched`."""

    def __init__(
        self, service: str, ask: Callable[[], Awaitable[RuntimeStatus]], errors: Callable[[], Mapping[str, bool]]
    ) -> None:
        """`errors`: for every reader of this process whether it stands still; answers from memory."""
        self.status: RuntimeStatus | None = None
        self._service = service
        self._ask = ask
        self._errors = errors

    async def run(self, every: float) -> None:
        """Ask until cancelled, every so many seconds."""
        while True:
            try:
                self.status = await self._ask()
            except Exception as error:  # noqa: BLE001 - the database is away; readers say so, too
                self.status = None
                _log.warning("status of %s: %s", self._service, describe(error))
            await asyncio.sleep(every)

    def readings(self, metric: Metric) -> Iterable[Reading]:
        """See `Watched.readings`."""
        if metric is names.FAILING:
            return [(failing, self._of(name)) for name, failing in self._errors().items()]
        return list(self._asked(metric))

    def _asked(self, metric: Metric) -> Iterator[Reading]:
        status = self.status
        if status is None:
            return
        if metric in _OF_SERVICE:
            yield _OF_SERVICE[metric](status), {names.SERVICE: self._service}
        elif metric is names.REBUILD_PROGRESS:
            for each in status.rebuilds:
                if each.state == "beside" and each.total:
                    yield each.passed / each.total, self._of(f"projection.{each.projection}")
        elif metric in _OF_READER:
            here = (reader for reader in status.consumers if not reader.elsewhere)  # the others are told where they run
            for reader in (*status.cursors, *here):
                yield _OF_READER[metric](reader), self._of(reader.name)

    def _of(self, reader: str) -> dict[str, str]:
        return {names.SERVICE: self._service, names.READER: reader}
