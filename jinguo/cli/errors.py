"""What a command ends with when it cannot do its work: one message, one code, one exit status."""

from collections.abc import Mapping
from typing import Any

from libs.values.errors import DomainError

FAILED = 1  # the work was not done
USAGE = 2  # the command was called in a wrong way (typer's own)
ROWS_REFUSED = 3  # --strict: the work was done, but rows were refused


class Failure(Exception):
    """Ends the command: `message` for a person, `code` for a script, `details` one line each."""

    def __init__(
        self,
        code: str,
        message: str,
        details: tuple[str, ...] = (),
        *,
        exit_status: int = FAILED,
        http_status: int | None = None,
    ) -> None:
        """`code` is dotted and stable; `http_status` is the server's, if it was the server that refused."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.exit_status = exit_status
        self.http_status = http_status

    @property
    def passing(self) -> bool:
        """The server asked to come back later."""
        return self.http_status == 503

    def lines(self) -> list[str]:
        """As printed on stderr."""
        return [f"error: {self.message} [{self.code}]", *(f"  {line}" for line in self.details)]


def from_domain(error: DomainError) -> Failure:
    """An error of our own code, raised in this process."""
    details = (f"→ {error.right}",) if error.right else ()
    return Failure(error.code, error.message, details)


def from_problem(problem: Mapping[str, Any], status: int) -> Failure:
    """An answer of kind problem+json."""
    message = str(problem.get("detail") or problem.get("title") or f"The server answered {status}.")
    code = str(problem.get("code") or f"http.{status}")
    details = tuple(_detail(item) for item in problem.get("errors") or ())
    return Failure(code, message, details, http_status=status)


_SHOWN = {"value": "Given", "right": "Right"}


def _detail(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    place = item.get("field") or item.get("pointer") or item.get("loc")
    text = item.get("detail") or item.get("message") or item.get("msg") or item.get("rule")
    given = "".join(f" {word}: {item[name]}." for name, word in _SHOWN.items() if item.get(name))
    return f"{place}: {text}{given}" if place else f"{text}{given}"
