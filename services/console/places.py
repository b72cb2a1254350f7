"""Names and ancestors of divisions: public facts that seldom change, so each is kept in memory for a minute."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from libs.events.types import Clock
from libs.values.division import NATION, Division
from services.console.adapters.services import Problem, Services

FRESH: Final = timedelta(minutes=1)
MOST: Final = 5_000
"""Divisions kept at once; the nation has 700,000."""
_NATION: Final[Mapping[str, Any]] = {"code": NATION.code, "name": "全国", "parent": ""}


class Places:
    """Asks the registry for a division at most once a minute."""

    def __init__(self, clock: Clock) -> None:
        """Knows only the whole country."""
        self._clock = clock
        self._known: OrderedDict[str, tuple[datetime, Mapping[str, Any]]] = OrderedDict()

    async def find(self, services: Services, code: str) -> Mapping[str, Any]:
        """A division by its code; its code stands for its name where the registry does not tell one."""
        if code == NATION.code:
            return _NATION
        asked, known = self._known.get(code, (None, {}))
        if asked is not None and self._clock() < asked + FRESH:
            return known
        try:
            found: Mapping[str, Any] = await services.get(f"registry/v1/divisions/{code}")
        except Problem:
            return known or {"code": code, "name": code, "parent": ""}
        self._known[code] = self._clock(), found
        self._known.move_to_end(code)
        if len(self._known) > MOST:
            self._known.popitem(last=False)
        return found

    async def trail(self, services: Services, root: Division, code: str) -> list[Mapping[str, Any]]:
        """From the user's own unit down to `code`."""
        found: list[Mapping[str, Any]] = []
        unit = Division(code)
        while True:
            found.insert(0, await self.find(services, unit.code))
            parent = unit.parent
            if unit.code == root.code or parent is None or not root.covers(parent):
                return found
            unit = parent
