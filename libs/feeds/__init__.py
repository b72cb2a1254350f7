"""The published log as partners follow it over HTTP: by unit and type, in order, under ids that tell no counts."""

from pathlib import Path

MIGRATIONS = Path(__file__).parent / "migrations"
