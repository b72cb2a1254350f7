"""The audit trail: who did what, from where, why and how it ended, in each service's own database."""

from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"
