"""Unknown query parameters are refused: a misspelt filter must never answer with everything."""

from collections import Counter

from fastapi import Request

from libs.service.traits import Traits
from libs.values.errors import DomainError


class BadParameter(DomainError):
    """A query parameter that is unknown, or given twice."""

    status = 400


def known_parameters_only(request: Request, traits: Traits) -> None:
    """400 for a query parameter the route does not declare, or a single one given twice."""
    if not request.scope.get("query_string"):
        return
    known = traits.known
    for name, count in Counter(name for name, _ in request.query_params.multi_items()).items():
        if name not in known:
            raise BadParameter(
                "common.unknown_parameter", f"unknown query parameter {name[:64]}", field=name[:64],
                right=", ".join(sorted(known)) or "no parameter",
            )  # fmt: skip
        if count > 1 and not known[name]:
            raise BadParameter("common.repeated_parameter", f"{name[:64]} is given twice", field=name[:64])
