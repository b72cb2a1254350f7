"""One finding of the doctor, and how findings add up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class State(IntEnum):
    """Worst last; the value is the exit status of `jinguo doctor`."""

    OK = 0
    WARN = 1
    FAIL = 2


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at, how it is, and one line that mends it."""

    name: str
    state: State
    message: str
    fix: str = ""

    def as_json(self) -> dict[str, str]:
        """As printed by --json; secrets are blanked."""
        plain = {"name": self.name, "state": self.state.name, "message": self.message, "fix": self.fix}
        return {key: redact(value) for key, value in plain.items()}


def ok(name: str, message: str) -> Check:
    """All is well."""
    return Check(name, State.OK, message)


def warn(name: str, message: str, fix: str) -> Check:
    """Works, but somebody should look."""
    return Check(name, State.WARN, message, fix)


def fail(name: str, message: str, fix: str) -> Check:
    """Does not work."""
    return Check(name, State.FAIL, message, fix)


def worst(checks: Sequence[Check]) -> State:
    """The state of the whole."""
    return max((check.state for check in checks), default=State.OK)


_SECRETS = (
    (re.compile(r"(\w+://[^:/@\s]+):[^@/\s]+@"), r"\1:***@"),  # password in an address
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "***"),  # bearer token
    (re.compile(r"(?i)\b(password|passwd|secret|token)([=:]\s*)\S+"), r"\1\2***"),
)


def redact(text: str) -> str:
    """The text without passwords and tokens."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text
