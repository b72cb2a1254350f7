"""The system's clock and source of ids: the one place that reads them; composition roots hand in these or others."""

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def system_clock() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is what composition roots hand in


def system_ids() -> UUID:
    """A fresh UUIDv7."""
    return uuid7()
