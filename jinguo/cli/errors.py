"""What a command ends with when it cannot do its work: one message, one code, one exit status."""

from collections.abc import Mapping
from typing import Any

from libs.values.errors import DomainError

FAILED = 1  # the work was not done
USAGE = 2  # the command was called in a wrong way (typer's own)
ROWS_REFUSED = 3  # --strict: the work was done, but rows were refused


class Failure(Exception):
    """Ends the command: `message` for a person, `code` for a script, `details` one line each."""

    def __init__(self, code: str, message: str, details: tuple[str, ...] = (), exit_status: int = FAILED) -> None:
        """`code` is dotted and stable."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.exit_status = exit_status

    def lines(self) -> list[str]:
        """As printed on stderr."""
        return [f"error: {self.message} [{self.code}]", *(f"  {line}" for line in self.details)]


def from_domain(error: DomainError) -> Failure:
    """An error of our own code, raised in this process."""
    return Failure(error.code, error.message)


def from_problem(problem: Mapping[str, Any], status: int) -> Failure:
    """An answer of kind problem+json."""
    message = str(problem.get("detail") or problem.get("title") or f"The server answered {status}.")
    code = str(problem.get("code") or f"http.{status}")
    return Failure(code, message, tuple(_detail(item) for item in problem.get("errors") or ()))


def _detail(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    place = item.get("field") or item.get("pointer") or item.get("loc")
    text = item.get("detail") or item.get("message") or item.get("msg") or item.get("rule")
    return f"{place}: {text}" if place else str(text)
