"""Which errors are an event's own fault, and how long a consumer tries before it parks the event.

A fault of the connection, the server, the disk, a lock or the schema would meet every event: for those a consumer
stops, says so and tries again, and parks nothing.
"""

import sys
from dataclasses import dataclass
from traceback import walk_tb
from typing import Final

import asyncpg
from pydantic import ValidationError

from libs.events.commands import InProgress
from libs.events.lease import LeaseLost
from libs.events.pool import is_lost
from libs.events.status import describe
from libs.events.store import VersionConflict
from libs.values.errors import Unavailable

# Classes of SQLSTATE that are no event's fault: connection, transaction state, roles, databases, lost races, schema and
# rights, resources, object in use, operator, system, configuration, server bugs.
NOT_OF_AN_EVENT: Final = frozenset({"08", "25", "28", "3D", "40", "42", "53", "55", "57", "58", "F0", "XX"})
OUTSIDE: Final = sys.stdlib_module_names | {"asyncpg", "opentelemetry", "pydantic"}


@dataclass(frozen=True, slots=True)
class Poison:
    """What a consumer does about a batch that fails for no reason outside it.

    It is tried `tries` times, `first` seconds after the first failure and twice as long after each more, up to
    `longest`; then taken apart. With `keys` keys parked the fault is not of single events: the consumer stops instead,
    as it always does when `park` is False (a rebuild).
    """

    tries: int = 5
    first: float = 0.05
    longest: float = 5.0
    keys: int = 100
    park: bool = True


PARK: Final = Poison()


class Stopped(Exception):
    """A consumer must not go on, for a reason that is no event's fault."""


class ParkedTooMany(Stopped):
    """So many keys are parked that the fault lies elsewhere; a person must look before more are set aside."""

    def __init__(self, consumer: str, keys: int) -> None:
        """Said instead of parking one more."""
        super().__init__(
            f"{keys} keys of {consumer} are parked already, so the fault is not of single events: "
            f"mend it, then jinguo parked retry {consumer} --all"
        )


class Paused(Stopped):
    """A person has paused the consumer; found under the lock of its offsets, before anything was done."""


NO_FAULT: Final = (Stopped, LeaseLost, VersionConflict, InProgress, Unavailable, MemoryError)


def is_poison(error: Exception) -> bool:
    """Whether the events themselves made `apply` fail, as far as the error can say."""
    if isinstance(error, NO_FAULT) or is_lost(error):
        return False
    return not (isinstance(error, asyncpg.PostgresError) and str(error.sqlstate)[:2] in NOT_OF_AN_EVENT)


def why(error: Exception) -> str:
    """What went wrong and where, in words that hold no personal data: kinds, field names and places in our code."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        return "ValidationError: " + ", ".join(f"{'.'.join(map(str, each['loc']))} {each['type']}" for each in faults)
    place = _place(error)
    return f"{describe(error)} in {place}" if place else describe(error)


def _place(error: Exception) -> str:
    """Module and line of the innermost frame that is not a library's."""
    found = ""
    for frame, line in walk_tb(error.__traceback__):
        module = str(frame.f_globals.get("__name__", ""))
        if module.partition(".")[0] not in OUTSIDE:
            found = f"{module}:{line}"
    return found
