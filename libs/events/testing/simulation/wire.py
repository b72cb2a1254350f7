"""The way of one process to the modelled broker: requests and answers are lost, or late, or outlive their sender."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from aiokafka.errors import KafkaConnectionError, RequestTimedOutError  # type: ignore[import-untyped]

from libs.events.testing.simulation.broker import Broker

T = TypeVar("T")


class Weather(Protocol):
    """What happens to the requests of one process."""

    def way(self) -> float:
        """Seconds until a request arrives."""

    def away(self) -> bool:
        """Whether nobody listens."""

    def arrives(self) -> bool:
        """Whether the request arrives; else its connection breaks."""

    def returns(self) -> bool:
        """Whether the answer does; else the connection breaks although the request was served."""

    def refused(self) -> Exception | None:
        """An error of the broker for one batch, instead of storing it."""


class Fine:
    """At once and without loss."""

    def way(self) -> float:
        """No time."""
        return 0.0

    def away(self) -> bool:
        """Never."""
        return False

    def arrives(self) -> bool:
        """Always."""
        return True

    def returns(self) -> bool:
        """Always."""
        return True

    def refused(self) -> Exception | None:
        """Never."""
        return None


class Wire:
    """Asks the broker; what is on its way is served whatever becomes of the process that asked."""

    def __init__(self, broker: Broker, weather: Weather, timeout: float) -> None:
        """`timeout`: seconds after which an answer is not waited for any longer."""
        self.broker = broker
        self.weather = weather
        self._timeout = timeout

    async def ask(self, what: "Callable[[], T] | Callable[[], asyncio.Future[T]]", timeout: float | None = None) -> T:
        """What `what` gives at the broker; raises its errors, KafkaConnectionError and RequestTimedOutError.

        `what` may give a future: then it is waited for.
        """
        seconds = self.weather.way()
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if seconds:
            self.broker.later(seconds, self._serve, what, answer)
        else:
            self._serve(what, answer)
        if not answer.done():
            late = RequestTimedOutError()
            over = asyncio.get_running_loop().call_later(timeout or self._timeout, _set, answer, None, late)
            try:
                await answer
            finally:
                over.cancel()
        result: T = answer.result()
        return result

    def _serve(self, what: Callable[[], Any], answer: "asyncio.Future[Any]") -> None:
        weather = self.weather
        if weather.away() or not weather.arrives():
            return _set(answer, None, KafkaConnectionError("connection refused"))
        try:
            result, error = what(), None
        except Exception as wrong:  # noqa: BLE001 - every error of the broker is an answer
            result, error = None, wrong
        if isinstance(result, asyncio.Future):
            result.add_done_callback(lambda done: _set(answer, done.result(), None))
        elif not weather.returns():
            _set(answer, None, KafkaConnectionError("connection lost"))
        else:
            _set(answer, result, error)


def _set(answer: "asyncio.Future[Any]", result: Any, error: Exception | None) -> None:
    if answer.done():
        return
    if error is None:
        answer.set_result(result)
    else:
        answer.set_exception(error)
