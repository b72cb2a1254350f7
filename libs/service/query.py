"""Unknown query parameters are refused: a misspelt filter must never answer with everything. So is a NUL in one."""

from collections import Counter
from typing import Final

from fastapi import Request

from libs.service.bodies import check_nul
from libs.service.traits import Traits
from libs.values.errors import DomainError

LARGEST: Final = 2**63 - 1
"""The largest number that the database keeps."""


class BadParameter(DomainError):
    """A query parameter that is unknown, or given twice."""

    status = 400


def known_parameters_only(request: Request, traits: Traits) -> None:
    """400 for a query parameter the route does not declare, or a single one given twice; 422 for a NUL."""
    if not request.scope.get("query_string"):
        return
    check_nul(request.query_params.multi_items())
    known = traits.known
    for name, count in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in known:
            raise BadParameter(
                "common.unknown_parameter", f"unknown query parameter {name[:64]}", field=name[:64],
                right=", ".join(sorted(known)) or "no parameter",
            )  # fmt: skip
        if count > 1 and not known[name]:
            raise BadParameter("common.repeated_parameter", f"{name[:64]} is given twice", field=name[:64])
