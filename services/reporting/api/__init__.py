"""The REST API of reporting; it only reads."""

from services.reporting.api import freshness, lines, match, women

ROUTERS = (match.router, women.router, lines.router, freshness.router)
