"""What each unit of the small world writes by one request: service path → body, `{sign}` and `{slug}` being the unit's.

A service whose things need no more than that to be there has a line here; the others have functions in `world.py`.
"""

from collections.abc import Mapping
from typing import Any, Final

PLANTED: Final[Mapping[str, Mapping[str, Any]]] = {}


def of(unit: Any) -> list[tuple[str, dict[str, Any]]]:
    """Paths and bodies with the words of one unit in them."""
    return [(path, {name: _said(unit, value) for name, value in body.items()}) for path, body in PLANTED.items()]


def _said(unit: Any, value: Any) -> Any:
    return value.format(sign=unit.sign, slug=unit.slug) if isinstance(value, str) else value
