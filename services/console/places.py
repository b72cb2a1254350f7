"""Names and ancestors of divisions for breadcrumbs; public facts, kept in memory once asked."""

from collections.abc import Mapping
from typing import Any

from libs.values.division import Division
from services.console.adapters.services import Problem, Services

_NOT_FOUND = 404


class Places:
    """Asks the registry once for each division."""

    def __init__(self) -> None:
        """Knows none yet."""
        self._known: dict[str, Mapping[str, Any]] = {}

    async def find(self, services: Services, code: str) -> Mapping[str, Any]:
        """A division by its code; its code stands for its name where the registry has none."""
        if code not in self._known:
            try:
                self._known[code] = await services.get(f"registry/v1/divisions/{code}")
            except Problem as problem:
                if problem.status != _NOT_FOUND:
                    raise
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
