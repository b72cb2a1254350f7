"""Names and ancestors of divisions; public facts, kept in memory once asked."""

from collections.abc import Mapping
from typing import Any

from libs.values.division import NATION, Division
from services.console.adapters.services import Problem, Services


class Places:
    """Asks the registry once for each division."""

    def __init__(self) -> None:
        """Knows only the whole country."""
        self._known: dict[str, Mapping[str, Any]] = {NATION.code: {"code": NATION.code, "name": "全国", "parent": ""}}

    async def find(self, services: Services, code: str) -> Mapping[str, Any]:
        """A division by its code; its code stands for its name where the registry does not tell one."""
        if code not in self._known:
            try:
                self._known[code] = await services.get(f"registry/v1/divisions/{code}")
            except Problem:
                return {"code": code, "name": code, "parent": ""}
        return self._known[code]

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
