"""Who is calling: what every route and every query is decided by."""

from dataclasses import dataclass, field
from typing import Literal

from libs.values.division import Division
from libs.values.errors import Forbidden, NotFound

Kind = Literal["user", "service", "client"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A caller with a good token; `division` is the root of the subtree he may see."""

    sub: str
    name: str
    role: str
    division: Division
    scopes: frozenset[str]
    kind: Kind = "user"
    measures: frozenset[str] | None = None
    """The measures it is limited to; None: all."""
    agreement: str = ""
    """Name and version of a client's agreement, e.g. `2016-03@2`; a client without one may do nothing."""
    fields: frozenset[str] | None = None
    """Classes of fields that the agreement gives; a client without any sees none."""
    purpose: str | None = None
    """The purpose of the agreement: the only one a client may state."""
    event_types: frozenset[str] | None = None
    """The types of events that the agreement names, for feeds; None: all."""
    session: str = field(default="", compare=False)
    """Id of the browser's session, else of the token: for the audit trail."""
    address: str = field(default="", compare=False)
    """Where the browser is that the console calls for."""

    def may(self, scope: str) -> bool:
        """Whether the token carries this scope."""
        return scope in self.scopes

    def require(self, scope: str) -> None:
        """Raise `Forbidden` naming the missing scope."""
        if scope not in self.scopes:
            raise Forbidden("access.scope_missing", f"this needs the scope {scope}", rule="scope", right=scope)


def covers_or_404(principal: Principal, division: Division, what: str = "resource") -> None:
    """Raise `NotFound` unless `division` lies in the caller's units: the same answer as for what does not exist.

    Only for single objects whose division is known; lists filter in SQL by `principal.division.range()`.
    """
    if not principal.division.covers(division):
        raise not_found(what)


def not_found(what: str = "resource") -> NotFound:
    """The one answer for 'not there' and for 'not yours'."""
    return NotFound("common.not_found", f"no such {what} in your units")
