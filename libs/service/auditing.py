"""What a request leaves in the audit trail, decided in one place and written before its answer leaves.

Noted are: every refusal (401, 403, and the 404 that means 'not there or not yours'), every change and its failure, and
reads that a route marks with `sensitive`. A change that wrote events has its entry from the transaction of these (see
libs/audit/migrations), and gets no second one here; so has a sign-in that failed. What no route answers, and what is
sent back unread (405, 408, 413, 415, 429, and 400 to nobody known), is counted by the metrics and not noted: an entry
lies there for half a year, and anybody can send such requests without end.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import structlog
from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.types import Scope

from libs.access.deciding import Decision
from libs.access.principal import Principal
from libs.audit.entry import Entry, Outcome
from libs.audit.trail import Trail
from libs.events.act import Act
from libs.service.context import RequestContext
from libs.service.openapi import operation_id
from libs.service.traits import Noted, traits_of

REFUSED: Final = frozenset({401, 403, 404})
UNREAD: Final = frozenset({405, 408, 413, 415, 429})
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_PLAIN: Final = re.compile(r"[0-9a-fA-F-]{8,36}|[0-9]{1,20}|[a-z_]{1,40}")  # ids, codes and words of ours, no names
_MARK: Final = "jinguo.audited"
_log = structlog.get_logger("jinguo.audit")


class Sensitive(Noted):
    """A dependency that says of a route: whoever reads this is noted."""

    def __init__(self, action: str) -> None:
        self.action = action

    async def __call__(self, request: Request) -> None:
        """Mark the request; the entry is written when its outcome is known."""
        mark(request, self.action)


def sensitive(action: str) -> Any:
    """`dependencies=[sensitive("women.opened")]`: exports, searches for a person, numbers opened down to persons."""
    return Depends(Sensitive(action))


def mark(request: Request, action: str, reason: str | None = None, **detail: Any) -> None:
    """The same inside a route, with why, and with ids, counts and names of fields; never with a value of a person."""
    request.scope.setdefault("state", {})[_MARK] = (action, reason, detail)


def is_marked(scope: Scope) -> bool:
    """Whether this request is noted as a read."""
    return _MARK in scope.get("state", {})


class Auditing:
    """The audit of one request."""

    def __init__(self, scope: Scope, context: RequestContext) -> None:
        """`scope` as it will be known when the answer begins."""
        self._scope = scope
        self._context = context
        self.act = Act(self._facts)
        self.failed = False

    async def before_answer(self, status: int) -> None:
        """Write what is to be noted; raises NotAudited, and then nothing else may be answered."""
        trail = getattr(self._scope.get("app"), "state", None) and getattr(self._scope["app"].state, "trail", None)
        if not isinstance(trail, Trail) or self.failed:
            return
        entry = self._entry(status)
        if entry is not None:
            self.failed = True  # until it is written
            await trail.note(entry)
            self.failed = False

    def _entry(self, status: int) -> Entry | None:
        if self._scope.get("route") is None or self._unread(status):
            return None
        action, reason, detail = self._state().get(_MARK) or (None, None, {})
        noted = self.act.written and (status < 400 or status == 401)
        changed = self._scope["method"] not in _READS and not traits_of(Request(self._scope)).only_reads
        if not action and (noted or not (changed or status in REFUSED)):
            return None
        kind, object_id = self._object()
        return Entry(
            action or self._action(),
            _outcome(status),
            kind,
            object_id,
            code=str(status) if status >= 400 else None,
            reason=reason,
            detail=detail,
        )

    def _unread(self, status: int) -> bool:
        return status in UNREAD or (status == 400 and self._state().get("principal") is None)

    def _facts(self) -> Mapping[str, str | None]:
        state = self._state()
        principal, decision = state.get("principal"), state.get("decision")
        _, reason, _ = state.get(_MARK) or (None, None, {})
        client = self._scope.get("client")
        facts: dict[str, str | None] = {
            "address": client[0] if client else None,
            "action": self._action(),
            "reason": reason,
            "purpose": decision.purpose if isinstance(decision, Decision) else None,
            "correlation_id": str(self._context.correlation_id),
            "trace_id": self._context.trace_id,
        }
        if isinstance(principal, Principal):
            facts |= {"actor": principal.sub, "role": principal.role, "unit": principal.division.code}
            facts["session"] = principal.session or None
            facts["address"] = principal.address or facts["address"]
        return facts

    def _state(self) -> Mapping[str, Any]:
        state: Mapping[str, Any] = self._scope.get("state", {})
        return state

    def _action(self) -> str:
        """The operation's name in the OpenAPI document."""
        route = self._scope.get("route")
        return operation_id(route) if isinstance(route, APIRoute) else str(getattr(route, "name", None) or "request")

    def _object(self) -> tuple[str | None, str | None]:
        """The last id of the path; text that is no id of ours is left out, for it may be anything."""
        given = [(name, str(value)) for name, value in self._scope.get("path_params", {}).items()]
        if not given:
            return None, None
        name, value = given[-1]
        return name.removesuffix("_id"), value if _PLAIN.fullmatch(value) else None


def _outcome(status: int) -> Outcome:
    if status in REFUSED:
        return "refused"
    return "failed" if status >= 400 else "success"
