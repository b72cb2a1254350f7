"""`asking: Asks` of a reading route: whether names come in clear, and why."""

from typing import Annotated

from fastapi import Depends, Query, Request

from libs.access.principal import Principal
from libs.service.auditing import mark
from services.registry.handlers import reading
from services.registry.handlers.reading import Reading, Reason


class Asking:
    """`clear` and `reason` of the query."""

    def __init__(
        self,
        request: Request,
        clear: Annotated[bool, Query(description="names and ids in clear; needs personal:read and a reason")] = False,
        reason: Annotated[Reason | None, Query(description="why they are read in clear; kept in the trail")] = None,
    ) -> None:
        self._request = request
        self._clock = request.app.state.clock
        self.clear = clear
        self._reason = reason

    def by(self, principal: Principal, route: str) -> Reading:
        """The reading, if the caller may have it so: else 403 or 422."""
        asked = Reading(principal, route, self._clock(), self.clear, self._reason)
        reading.check(asked)
        if asked.clear:
            mark(self._request, "personal.read", asked.reason)
        return asked


Asks = Annotated[Asking, Depends(Asking)]
