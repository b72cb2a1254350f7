"""`asking: Asks` of a read that names persons: masked for colleagues, in clear only with a right and a reason."""

from typing import Annotated, Final

from fastapi import Query, Request

from libs.access.masking import LONGEST_REASON, Preset, check_why, preset_of
from libs.access.principal import Principal
from libs.service.auditing import mark
from libs.service.in_loop import made

WHY: Final = "why it is read in clear: visit, checking, correction, handover or aid, else in words; kept in the trail"


class Asking:
    """`clear` and `reason` of the query."""

    def __init__(
        self,
        request: Request,
        clear: Annotated[bool, Query(description="names and ids in clear; needs personal:read and a reason")] = False,
        reason: Annotated[str | None, Query(max_length=LONGEST_REASON, description=WHY)] = None,
    ) -> None:
        self._request = request
        self.clear = clear
        self.reason = reason

    def masks(self, principal: Principal) -> Preset:
        """How names and ids are shown to him; raises 403 or 422 for what he may not have so. In clear it is noted."""
        masks = preset_of(principal, in_clear=self.clear)
        if self.clear:
            self.reason = check_why(self.reason)
            mark(self._request, "personal.read", self.reason)
        return masks


Asks = Annotated[Asking, made(Asking)]
