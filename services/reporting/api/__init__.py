"""The REST API of reporting; it only reads."""

from services.reporting.api import balance, freshness, lines, match, women

ROUTERS = (match.router, balance.router, women.router, lines.router, freshness.router)
