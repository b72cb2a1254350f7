"""The one tree of errors that a user may see; libs.service turns each into problem+json.

DomainError
├── Invalid 422          the input itself is wrong (form, value, code)
├── Refused 422          a rule says no
├── NotFound 404         not there, or not in the caller's units (the same answer)
├── Conflict 409         somebody else was first
│   └── Stale 412        If-Match names an older version
├── Unauthenticated 401
├── Forbidden 403
├── TooLarge 413
├── Unsupported 415
├── TooMany 429
└── Unavailable 503
"""

from collections.abc import Mapping
from typing import Any, ClassVar, Self


class DomainError(Exception):
    """A refusal with a stable `code` and a message that names field, value, rule and right form."""

    status: ClassVar[int] = 500
    asks: Mapping[str, Any] | None = None
    """What whoever sent the file is asked, so that it can be read; may quote the file, so it is for nobody else."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        value: str | None = None,
        rule: str | None = None,
        right: str | None = None,
    ) -> None:
        """`code` is dotted and never translated; `value` must not hold personal data."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.value = value
        self.rule = rule
        self.right = right

    def __reduce__(self) -> tuple[Any, ...]:
        """The whole of it goes to another process (pickle would make it anew from the message alone)."""
        return self._bare, (self.message,), self.__dict__

    @classmethod
    def _bare(cls, message: str) -> Self:
        return cls.__new__(cls, message)


class Invalid(DomainError):
    """The input itself is wrong."""

    status = 422


class Refused(DomainError):
    """A rule says no."""

    status = 422


class NotFound(DomainError):
    """Not there, or not in the caller's units: the same answer for both."""

    status = 404


class Conflict(DomainError):
    """Somebody else was first."""

    status = 409


class Stale(Conflict):
    """The caller changed an older version than the present one."""

    status = 412


class Unauthenticated(DomainError):
    """Nobody is signed in, or the token is not good."""

    status = 401


class Forbidden(DomainError):
    """Signed in, but without the scope."""

    status = 403


class TooLarge(DomainError):
    """More than the service takes in one request or file."""

    status = 413


class Unsupported(DomainError):
    """A kind of content that the service does not read."""

    status = 415


class TooMany(DomainError):
    """More requests than allowed in this time."""

    status = 429


class Unavailable(DomainError):
    """Something the service needs is not there; try again."""

    status = 503
