"""What happened in a run, step by step, and its fingerprint: the same seed must leave the same one."""

import hashlib
import logging
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LOGGER = "jinguo.events"


class Trace:
    """Lines with the virtual time at which they were written."""

    def __init__(self, time: Any) -> None:
        """`time()` gives virtual seconds."""
        self.lines: list[tuple[Any, ...]] = []
        self._time = time

    def note(self, *what: Any) -> None:
        """Keep a line; its parts are put into words only when somebody reads it."""
        self.lines.append((self._time(), *what))

    def fingerprint(self, steps: "array[int]") -> str:
        """A hash of all lines and of the order of all callbacks."""
        digest = hashlib.blake2b(steps.tobytes(), digest_size=16)
        digest.update(repr(self.lines).encode())
        return digest.hexdigest()

    def last(self, count: int | None = None) -> Iterator[str]:
        """The last lines, or all, in words."""
        for time, *what in self.lines if count is None else self.lines[-count:]:
            yield f"{time:10.4f}  {' '.join(str(part) for part in what)}"

    @contextmanager
    def listening(self) -> Iterator[None]:
        """The kernel's own log goes into the trace while a run lasts."""
        logger, handler = logging.getLogger(LOGGER), _Handler(self)
        before = logger.propagate, logger.handlers
        logger.propagate, logger.handlers = False, [handler]
        try:
            yield
        finally:
            logger.propagate, logger.handlers = before


class _Handler(logging.Handler):
    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self._trace = trace

    def emit(self, record: logging.LogRecord) -> None:
        self._trace.note("log", record.levelname.lower(), record.getMessage())
