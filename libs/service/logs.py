"""Structured logs: JSON lines on standard error, without personal data.

Two walls: what is known to be personal is dropped by the key's name, and digits that look like a resident id, a phone
or a bank account are blotted out of every text. Exceptions are logged as kind and place, never by their message.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any, Final, TextIO

import orjson
import structlog

PERSONAL_KEYS: Final = frozenset(
    {
        *("name", "names", "full_name", "username", "resident_id", "id_number", "id_card", "birthday", "birth_date"),
        *("phone", "mobile", "telephone", "address", "bank_account", "account_number", "disability", "disease"),
        *("password", "new_password", "token", "authorization", "cookie", "set_cookie", "secret"),
        *("body", "query", "query_string", "params", "value", "row", "rows", "filename", "file_name", "url"),
    }
)
WITHHELD: Final = "[withheld]"

_LONG_NUMBERS: Final = re.compile(r"(?<![0-9A-Fa-f-])(?:\d{17}[\dXx]|\d{15,19}|1[3-9]\d{9})(?![0-9A-Fa-f-])")
_STANDARD: Final = ("uvicorn", "uvicorn.error", "asyncio", "pogo_core")

_WRITE_URLS: Final = ("uvicorn.access", "httpx", "httpcore")  # whole URLs with their queries: the Gate's line is enough


def configure_logs(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send structlog's and the standard library's logs to `stream`; called by composition roots only."""
    number = logging.getLevelNamesMapping()[level]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        exceptions_by_place,
        without_personal_data,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, as_json],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name in _STANDARD:
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True
    for name in _WRITE_URLS:
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = False


def without_personal_data(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop values under personal keys and blot out numbers that identify a person."""
    for key, value in event.items():
        event[key] = _clean(key, value)
    return event


def exceptions_by_place(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace `exc_info` by the kind of error and where it was raised; its message may quote a row."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        event["kind"] = type(error).__name__
        event["where"] = where(error)
    return event


def where(error: BaseException) -> list[str]:
    """The frames of an error as `file:line function`, innermost last, of itself and its causes."""
    frames = [
        f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
    ][-12:]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None and len(frames) < 40:
        frames = [*where(cause)[-6:], f"→ {type(cause).__name__}", *frames]
    return frames


def as_json(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> str:
    """One line; newlines inside values are escaped, so no value can forge a line."""
    return orjson.dumps(dict(event), default=lambda value: f"<{type(value).__name__}>").decode()


def _clean(key: str, value: Any) -> Any:
    if key.lower() in PERSONAL_KEYS:
        return WITHHELD
    match value:
        case str():
            return _LONG_NUMBERS.sub("[number]", value)
        case dict():
            return {str(inner): _clean(str(inner), item) for inner, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_clean("", item) for item in value]
        case int() if len(str(abs(value))) >= 11 and not isinstance(value, bool):
            return _LONG_NUMBERS.sub("[number]", str(value))
        case _:
            return value


def _short(path: str) -> str:
    parts = path.replace("\\", "/").split("/")
    for anchor in ("services", "libs", "jinguo", "site-packages"):
        if anchor in parts:
            return "/".join(parts[parts.index(anchor) :])
    return parts[-1]
