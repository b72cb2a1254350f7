"""Roles and scopes as data: the only place that says which role may do what."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SCOPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "registry:read": "see the register of the own units",
        "registry:write": "import and change the register of the own units",
        "exits:write": "carry out exits from poverty by household in the own units",
        "needs:write": "assess needs of women and incomes of households of the own units",
        "rights:write": "keep notices, consents and requests of women of the own units",
        "registry:resolve": "find which woman a roster row means (services only)",
        "divisions:write": "import the list of divisions",
        "training:read": "see courses and attendance of the own units",
        "training:write": "import and change courses, decide waiting rows",
        "outreach:read": "see activities of the own units",
        "outreach:write": "record activities of the own units",
        "reporting:read": "see the figures of the own units",
        "accounts:write": "make, change and close accounts and agreements inside the own units",
        "audit:read": "see who did what (the audit trail) of the own units",
        "feeds:read": "follow the events of the own units",
        "health:read": "see health facts of women of the own units",
        "personal:read": "see names and ids in clear",
        "system:read": "see what runs and what lags",
        "system:write": "hold, move and repair what runs",
    }
)

ROLES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "system-admin": frozenset({"system:read", "system:write"}),
        "security-admin": frozenset({"accounts:write"}),
        "auditor": frozenset({"audit:read"}),
        "federation": frozenset(
            {
                "registry:read",
                "registry:write",
                "exits:write",
                "needs:write",
                "rights:write",
                "divisions:write",
                "training:read",
                "training:write",
                "outreach:read",
                "outreach:write",
                "reporting:read",
                "personal:read",
                "health:read",
            }
        ),
        "cadre": frozenset(
            {
                "registry:read",
                "exits:write",
                "needs:write",
                "rights:write",
                "training:read",
                "training:write",
                "outreach:read",
                "outreach:write",
                "reporting:read",
                "personal:read",
            }
        ),
        "reader": frozenset({"reporting:read", "registry:read"}),
        "partner": frozenset({"registry:read", "registry:write", "feeds:read"}),
        "service": frozenset({"registry:resolve", "registry:read"}),
        "owner": frozenset(SCOPES) - {"registry:resolve"},
    }
)

BUILT_IN_ROLES: Final = frozenset({"service", "owner"})
"""Roles that exist only in tokens we sign for ourselves: no account and no other issuer gives them."""

EXTERNAL_ROLES: Final = frozenset(ROLES) - BUILT_IN_ROLES
"""Roles that another issuer may name."""

PARTNER: Final = "partner"
"""The role of programs under an agreement."""

ACCOUNT_ROLES: Final = EXTERNAL_ROLES - {PARTNER}
"""Roles a person's account may have; partners are programs with an agreement, never accounts."""

TWO_FACTOR_ROLES: Final = frozenset({"security-admin", "auditor", "system-admin"})
"""Roles that sign in with a second factor only, whoever vouches for them."""


def scopes_of(role: str) -> frozenset[str]:
    """The scopes of a role; an unknown role has none."""
    return ROLES.get(role, frozenset())
