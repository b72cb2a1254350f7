"""Roles and scopes as data: the only place that says which role may do what."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SCOPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "registry:read": "see the register of the own units",
        "registry:write": "import and change the register of the own units",
        "registry:resolve": "find which woman a roster row means (services only)",
        "divisions:write": "import the list of divisions",
        "training:read": "see courses and attendance of the own units",
        "training:write": "import and change courses, decide waiting rows",
        "reporting:read": "see the figures of the own units",
        "accounts:write": "make, change and close accounts inside the own units",
        "system:read": "see what runs and what lags",
        "personal:read": "see names and ids in clear",
    }
)

_EVERY_PERSON: Final = frozenset(SCOPES) - {"registry:resolve"}

ROLES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "admin": _EVERY_PERSON,
        "federation": frozenset(
            {
                "registry:read",
                "registry:write",
                "divisions:write",
                "training:read",
                "training:write",
                "reporting:read",
                "personal:read",
            }
        ),
        "cadre": frozenset({"registry:read", "training:read", "training:write", "reporting:read", "personal:read"}),
        "reader": frozenset({"reporting:read", "registry:read"}),
        "partner": frozenset({"registry:read", "registry:write"}),
        "service": frozenset({"registry:resolve", "registry:read"}),
    }
)

ACCOUNT_ROLES: Final = frozenset(ROLES) - {"service"}
"""Roles a person's or partner's account may have; `service` exists only in tokens services give themselves."""


def scopes_of(role: str) -> frozenset[str]:
    """The scopes of a role; an unknown role has none."""
    return ROLES.get(role, frozenset())


def may_grant(granter: frozenset[str], role: str) -> bool:
    """Nobody hands out a right that he has not himself."""
    return role in ACCOUNT_ROLES and scopes_of(role) <= granter
